// setup below a folder of its own, with the private database: all of it but nginx and systemd, which the package's test
// has.

#include <boost/test/unit_test.hpp>

#include "admin/database.hpp"
#include "admin/files.hpp"
#include "admin/site.hpp"
#include "admin/sizing.hpp"
#include "tests/admin/support.hpp"
#include "tests/fixtures/mariadb_server.hpp"

using namespace sotto;
using namespace sotto::admin;
using test::has;

namespace {

struct Fixture {
    test::Stand stand;
    std::filesystem::path root = stand.folder() / "root";

    Fixture() {
        std::filesystem::create_directories(root / "usr/share/sotto");
        std::filesystem::copy(std::string(SOTTO_SOURCE) + "/nginx/sotto.conf.in",
                              root / "usr/share/sotto/sotto.conf.in");
    }

    Outcome setup(Words words, const Words& environment = {}) const {
        words.insert(words.begin(), {"setup", "--root", root});
        return stand.ctl_with(environment, words);
    }

    std::string text(const std::string& file) const { return read_file(root / file).value_or("missing"); }

    /// A certificate for a name, and its key.
    Words certificate(const std::string& name) const {
        const std::string path = stand.folder() / name;
        make_self_signed(name, path + ".crt", path + ".key");
        return {"--cert", path + ".crt", "--key", path + ".key"};
    }
};

Words operator+(Words one, const Words& two) {
    one.insert(one.end(), two.begin(), two.end());
    return one;
}

constexpr const char* site = "etc/nginx/sites-available/sotto";
constexpr const char* settings = "etc/mysql/mariadb.conf.d/70-sotto.cnf";

} // namespace

BOOST_FIXTURE_TEST_SUITE(setup, Fixture)

BOOST_AUTO_TEST_CASE(one_command_makes_an_install) {
    const auto outcome = setup({"--domain", "chat.example.org"});
    BOOST_TEST(outcome.good(), outcome.err);
    BOOST_TEST(has(outcome.out, "browsers will warn"));
    BOOST_TEST(has(outcome.out, "sottoctl doctor"));
    const std::string configuration = text("etc/sotto/sotto.conf");
    BOOST_TEST(has(configuration, "\nSOTTO_DOMAIN=chat.example.org\n"));
    BOOST_TEST(has(configuration, "\nSOTTO_DB_NAME=" + stand.database().name() + "\n"));
    BOOST_TEST(has(text("etc/sotto/keys"), " "));
    const std::string nginx = text(site);
    BOOST_TEST(nginx.starts_with(ours));
    BOOST_TEST(has(nginx, "server_name chat.example.org;"));
    BOOST_TEST(has(nginx, "server \"unix:/run/sotto/api.sock\";"));
    BOOST_TEST(has(nginx, "ssl_certificate     \"/etc/sotto/tls/chat.example.org.crt\";"));
    BOOST_TEST(std::filesystem::exists(root / "etc/nginx/sites-enabled/sotto"));
    BOOST_TEST(certificate_fault("chat.example.org", root / "etc/sotto/tls/chat.example.org.crt",
                                 root / "etc/sotto/tls/chat.example.org.key") == "");
    BOOST_TEST(is_self_signed(root / "etc/sotto/tls/chat.example.org.crt"));
    const Sizing sizing = choose_sizing(this_machine());
    BOOST_TEST(text("etc/systemd/system/sotto.target.d/workers.conf") == worker_units(sizing));
    BOOST_TEST(text(settings) == database_settings(sizing));
}

BOOST_AUTO_TEST_CASE(a_second_run_changes_what_differs_and_nothing_else) {
    BOOST_TEST(setup({"--domain", "chat.example.org"}).good());
    const std::string keys = text("etc/sotto/keys");
    const std::string certificate_before = text("etc/sotto/tls/chat.example.org.crt");
    write_file(root / "etc/sotto/sotto.conf", text("etc/sotto/sotto.conf") + "# mine\nSOTTO_PASSWORD_PASSES=3\n", 0644);
    write_file(root / site, text(site) + "# forgotten\n", 0644);
    write_file(root / settings, "[mariadbd]\n", 0644);

    const auto again = setup({});
    BOOST_TEST(again.good(), again.err);
    BOOST_TEST(has(again.out, "wrote /etc/nginx/sites-available/sotto"));
    BOOST_TEST(!has(again.out, "wrote /etc/sotto/sotto.conf"));
    BOOST_TEST(has(again.out, "left alone, since it is not ours: /etc/mysql"));
    BOOST_TEST(!has(text(site), "# forgotten"));
    BOOST_TEST(text(settings) == "[mariadbd]\n");
    BOOST_TEST(text("etc/sotto/keys") == keys);
    BOOST_TEST(text("etc/sotto/tls/chat.example.org.crt") == certificate_before);
    BOOST_TEST(has(text("etc/sotto/sotto.conf"), "# mine\nSOTTO_PASSWORD_PASSES=3\n"));

    const auto third = setup({});
    BOOST_TEST(!has(third.out, "wrote"), third.out);
}

BOOST_AUTO_TEST_CASE(a_real_certificate_takes_the_place_of_ours_and_stays) {
    BOOST_TEST(setup({"--domain", "chat.example.org"}).good());
    const Words given = certificate("chat.example.org");
    BOOST_TEST(setup(given).good());
    BOOST_TEST(has(text(site), "ssl_certificate     \"" + given[1] + "\";"));
    BOOST_TEST(setup({}).good());
    BOOST_TEST(has(text(site), "ssl_certificate     \"" + given[1] + "\";"));
}

BOOST_AUTO_TEST_CASE(a_certificate_that_is_in_place_does_not_stop_an_upgrade) {
    BOOST_TEST(setup({"--domain", "chat.example.org"}).good());
    write_file(root / "etc/sotto/tls/chat.example.org.crt", "expired, say\n", 0644);
    BOOST_TEST(setup({}).good());
    BOOST_TEST(text("etc/sotto/tls/chat.example.org.crt") == "expired, say\n");
}

BOOST_AUTO_TEST_CASE(what_can_not_work_is_refused_before_anything_is_changed) {
    const Words good = certificate("chat.example.org");
    const Words other = certificate("other.example.org");
    const auto refused = [&](const Words& words, int status, const std::string& why) {
        const auto outcome = setup(words);
        BOOST_TEST_CONTEXT(why) {
            BOOST_TEST(outcome.status == status);
            BOOST_TEST(has(outcome.err, why), outcome.err);
            BOOST_TEST(!std::filesystem::exists(root / "etc"));
        }
    };
    refused({}, 2, "--domain");
    for (const std::string name :
         {"Chat.example.org", "chat example", "-a.org", "192.0.2.1", "a..b", "a_b.org", ".org"}) {
        refused({"--domain", name}, 2, "no host name");
    }
    refused({"--domain", "chat.example.org", "--cert", good[1]}, 2, "go together");
    refused({"--domain", "chat.example.org", "--cert", other[1], "--key", other[3]}, 1, "is not for chat.example.org");
    refused({"--domain", "chat.example.org", "--cert", good[1], "--key", other[3]}, 1, "is not the key of");
    refused({"--domain", "chat.example.org", "--cert", "/nonexistent", "--key", good[3]}, 1, "no certificate");
    const auto no_database = setup({"--domain", "chat.example.org"}, {"SOTTO_DB_SOCKET=/nonexistent"});
    BOOST_TEST(no_database.status == 1);
    BOOST_TEST(has(no_database.err, "apt install mariadb-server"));
    std::filesystem::remove(root / "usr/share/sotto/sotto.conf.in");
    refused({"--domain", "chat.example.org"}, 1, "is the package installed?");
}

BOOST_AUTO_TEST_CASE(the_site_can_be_printed_instead) {
    const auto outcome = setup({"--domain", "chat.example.org", "--print"});
    BOOST_TEST(outcome.good(), outcome.err);
    BOOST_TEST(outcome.out.starts_with(ours));
    BOOST_TEST(has(outcome.out, "server_name chat.example.org;"));
    BOOST_TEST(has(outcome.err, "yours to install"));
    BOOST_TEST(!std::filesystem::exists(root / site));
    BOOST_TEST(std::filesystem::exists(root / "etc/sotto/sotto.conf"));
}

BOOST_AUTO_TEST_CASE(a_database_on_another_machine) {
    test::MariadbServer server;
    server.start(test::MariadbServer::Tls::on);
    write_file(stand.folder() / "password", server.password() + "\n", 0600);
    write_file(stand.folder() / "wrong", "wrong\n", 0600);
    const Words remote{
        "--domain", "chat.example.org", "--db-host",  "localhost", "--db-port",          std::to_string(server.port()),
        "--db-ca",  server.right_ca(),  "--db-admin", "remote",    "--db-password-file", stand.folder() / "password"};
    const auto wrong = setup(remote + Words{"--db-admin-password-file", stand.folder() / "wrong"});
    BOOST_TEST(wrong.status == 1);
    BOOST_TEST(has(wrong.err, "CREATE USER IF NOT EXISTS 'sotto'@'%'"), wrong.err);

    const Words right = remote + Words{"--db-admin-password-file", stand.folder() / "password"};
    // The administrator has not made the workers' user yet.
    const auto no_worker = setup(right);
    BOOST_TEST(no_worker.status == 1);
    db::Connection(server.as_admin())
        .run_script("CREATE USER 'sotto'@'%' IDENTIFIED BY " +
                    db::Connection(server.as_admin()).quote(server.password()));
    const auto outcome = setup(right);
    BOOST_TEST(outcome.good(), outcome.err);
    const std::string configuration = text("etc/sotto/sotto.conf");
    BOOST_TEST(has(configuration, "\nSOTTO_DB_HOST=localhost\n"));
    BOOST_TEST(has(configuration, "\nSOTTO_DB_PASSWORD_FILE=/etc/sotto/db-password\n"));
    BOOST_TEST(!has(configuration, server.password()));
    BOOST_TEST(text("etc/sotto/db-password") == server.password() + "\n");
    const std::string unit = "etc/systemd/system/sotto-api@.service.d/remote-database.conf";
    BOOST_TEST(has(text(unit), "\nPrivateNetwork=no\n"));
    BOOST_TEST(has(remote_database_unit("192.0.2.7"), "\nIPAddressAllow=192.0.2.7\n"));
    BOOST_TEST(!has(remote_database_unit("192.0.2.7"), "IPAddressDeny"));
    BOOST_TEST(!std::filesystem::exists(root / settings)); // it is not this machine's

    // What was set up is enough for the other commands, the programs of MariaDB included.
    const Words there{"SOTTO_CONFIG=" + (root / "etc/sotto/sotto.conf").string(),
                      "SOTTO_DB_PASSWORD_FILE=" + (root / "etc/sotto/db-password").string(),
                      "SOTTO_DB_ADMIN_PASSWORD_FILE=" + (root / "etc/sotto/db-admin-password").string()};
    BOOST_TEST(stand.ctl_with(there, {"migrate", "--check"}).good());
    const std::string backup = stand.folder() / "backup";
    const auto made = stand.ctl_with(there, {"backup", backup});
    BOOST_TEST(made.good(), made.err);
    const auto restored = stand.ctl_with(there, {"restore", backup});
    BOOST_TEST(restored.good(), restored.err);

    // Back on this machine, workers need no network.
    write_file(root / "etc/sotto/sotto.conf", replaced(configuration, "SOTTO_DB_HOST=localhost\n", ""), 0644);
    const auto back = setup({}, {"SOTTO_DB_ADMIN=root", "SOTTO_DB_PASSWORD_FILE=", "SOTTO_DB_ADMIN_PASSWORD_FILE="});
    BOOST_TEST(back.good(), back.err);
    BOOST_TEST(!std::filesystem::exists(root / unit));
    write_file(root / "etc/sotto/sotto.conf", configuration, 0644);

    server.start(test::MariadbServer::Tls::off);
    BOOST_TEST(stand.ctl_with(there, {"migrate", "--check"}).status == 1);
}

BOOST_AUTO_TEST_SUITE_END()

// What doctor makes of a database; tests/e2e/doctor.test.mjs has the rest of a running stack.

#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "admin/checks.hpp"
#include "db/migrate.hpp"
#include "tests/admin/support.hpp"
#include "tests/fixtures/ear.hpp"
#include "tests/fixtures/mariadb_server.hpp"

using namespace sotto;
using namespace sotto::admin;
using test::has;

namespace {

/// An install whose database is a server of its own, which settings may be changed of.
struct Fixture {
    test::MariadbServer server;
    Install install{};

    Fixture() {
        server.start(test::MariadbServer::Tls::off);
        install.config = Config::from_environment();
        install.config.db_socket = server.as_admin().socket;
        install.config.db_name = "sotto";
    }

    void sql(const std::string& text) const { db::Connection(server.as_admin()).run_script(text); }
};

bool is(const Findings& findings, Level level) {
    return findings.size() == 1 && findings.front().level == level;
}

void make_socket(const std::filesystem::path& path, mode_t mode) {
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    BOOST_REQUIRE(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    BOOST_REQUIRE(chmod(path.c_str(), mode) == 0);
}

} // namespace

BOOST_AUTO_TEST_SUITE(doctor)

BOOST_FIXTURE_TEST_CASE(the_database_is_looked_at, Fixture) {
    BOOST_TEST(is(check_schema(install), Level::problem));
    {
        db::Connection admin(server.as_admin());
        db::migrate(admin, "sotto", db::embedded_migrations());
    }
    BOOST_TEST(is(check_schema(install), Level::ok));

    BOOST_TEST(is(check_durability(install), Level::ok));
    sql("SET GLOBAL innodb_flush_log_at_trx_commit = 2");
    BOOST_TEST(is(check_durability(install), Level::problem));
    BOOST_TEST(has(check_durability(install).front().text, "power failure"));

    BOOST_TEST(is(check_strict_mode(install), Level::ok));
    sql("SET GLOBAL sql_mode = ''");
    BOOST_TEST(is(check_strict_mode(install), Level::warning));

    BOOST_TEST((compare_clocks(install).level == Level::ok));
}

BOOST_AUTO_TEST_CASE(sockets_are_there_and_not_for_everybody) {
    const test::Stand stand;
    Install install{};
    install.sockets = stand.folder();
    BOOST_TEST(check_sockets(install).size() == 4U);
    for (const char* name : {"api.sock", "auth.sock", "hub.sock"}) {
        make_socket(stand.folder() / name, 0660);
    }
    make_socket(stand.folder() / "notice.sock", 0666);
    const auto findings = check_sockets(install);
    BOOST_TEST((findings.back().level == Level::problem));
    BOOST_TEST(has(findings.back().text, "open to every user"));
    chmod((stand.folder() / "notice.sock").c_str(), 0660);
    for (const Finding& finding : check_sockets(install)) {
        BOOST_TEST((finding.level != Level::problem), finding.text);
    }
}

BOOST_AUTO_TEST_CASE(before_setup_it_says_so) {
    const test::Stand stand;
    const auto outcome = stand.ctl({"doctor"});
    BOOST_TEST(outcome.status == 1);
    BOOST_TEST(has(outcome.err, "run sottoctl setup first"));
}

BOOST_AUTO_TEST_CASE(where_nothing_runs_every_check_says_so_and_none_is_left_out) {
    const test::Stand stand;
    const auto outcome =
        stand.ctl_with({"SOTTO_URL=https://localhost:1", "SOTTO_DB_SOCKET=/nonexistent"}, {"doctor", "--json"});
    BOOST_TEST(outcome.status == 3);
    for (const std::string name : {"nginx", "tls", "sockets", "file limits", "clock", "schema", "strict mode",
                                   "durability", "hub", "end to end"}) {
        BOOST_TEST(has(outcome.out, "\"check\":\"" + name + "\""), name);
    }
    BOOST_TEST(has(outcome.out, "nothing speaks TLS on port 1"));
    BOOST_TEST(has(outcome.out, "could not be checked"));
}

BOOST_AUTO_TEST_SUITE_END()

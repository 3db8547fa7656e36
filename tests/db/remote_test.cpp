// A database on another machine, which here is a MariaDB of its own on a TCP port.

#include <boost/test/unit_test.hpp>

#include "db/connection.hpp"
#include "tests/fixtures/database.hpp"
#include "tests/fixtures/mariadb_server.hpp"

using namespace sotto;
using namespace std::chrono_literals;
using test::MariadbServer;

namespace {

std::string cipher(const db::Settings& settings) {
    return db::Connection(settings)
        .query_value("SELECT variable_value FROM information_schema.session_status WHERE variable_name = 'Ssl_cipher'")
        .value_or("");
}

} // namespace

BOOST_AUTO_TEST_SUITE(remote)

BOOST_AUTO_TEST_CASE(it_is_spoken_to_over_tls_that_names_it_and_in_no_other_way) {
    MariadbServer server;
    server.start(MariadbServer::Tls::on);
    BOOST_TEST(!cipher(server.over_tcp()).empty());

    auto wrong_authority = server.over_tcp();
    wrong_authority.certificates = server.wrong_ca();
    BOOST_CHECK_THROW(cipher(wrong_authority), db::Unavailable);

    auto not_in_the_system = server.over_tcp();
    not_in_the_system.certificates = "/etc/ssl/certs/ca-certificates.crt";
    BOOST_CHECK_THROW(cipher(not_in_the_system), db::Unavailable);

    auto no_authority = server.over_tcp();
    no_authority.certificates.clear();
    BOOST_CHECK_THROW(cipher(no_authority), db::Unavailable);

    auto other_name = server.over_tcp();
    other_name.host = "127.0.0.1"; // its certificate is for localhost
    BOOST_CHECK_THROW(cipher(other_name), db::Unavailable);

    auto wrong_password = server.over_tcp();
    wrong_password.password += 'x';
    BOOST_CHECK_THROW(cipher(wrong_password), db::Unavailable);

    server.start(MariadbServer::Tls::off);
    BOOST_CHECK_THROW(cipher(server.over_tcp()), db::Unavailable);
    BOOST_TEST(cipher(server.as_admin()).empty()); // it runs, and the socket needs no TLS
}

BOOST_AUTO_TEST_CASE(a_silent_server_is_given_up_after_as_long_as_was_said) {
    auto settings = test::Database::shared().as_admin();
    settings.patience = 1s;
    db::Connection hasty(settings);
    hasty.run_script("SET max_statement_time = 0");
    BOOST_CHECK_THROW(hasty.query_value("SELECT SLEEP(3)"), db::Unavailable);
    settings.patience = 20s;
    BOOST_TEST(db::Connection(settings).query_value("SELECT SLEEP(1.5)").value_or("") == "0");
}

BOOST_AUTO_TEST_SUITE_END()

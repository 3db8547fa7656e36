#include <boost/test/unit_test.hpp>

#include "db/connection.hpp"
#include "db/migrate.hpp"
#include "db/sessions.hpp"
#include "db/users.hpp"
#include "tests/fixtures/database.hpp"

using namespace sotto;

BOOST_AUTO_TEST_SUITE(statement)

BOOST_AUTO_TEST_CASE(every_statement_of_the_table_prepares) {
    db::Connection connection(test::Database::shared().as_admin());
    for (std::size_t i = 0; i < db::sql_count; ++i) {
        const std::string text = db::text_of(static_cast<db::Sql>(i));
        BOOST_TEST_CONTEXT(text) {
            BOOST_CHECK_NO_THROW(
                connection.run_script("PREPARE probe FROM " + connection.quote(text) + "; DEALLOCATE PREPARE probe"));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_text_longer_than_its_buffer_arrives_whole) {
    db::Connection connection(test::Database::shared().as_worker());
    // 64 characters of 4 bytes, and an address of 254: the first buffers hold 256 bytes.
    std::string wide;
    for (int i = 0; i < 64; ++i) {
        wide += "\U0001F600";
    }
    const std::string email = std::string(250, 'e') + "@b.c";
    for (const std::string& display_name : {std::string("short"), wide, std::string("x")}) {
        const std::string name = test::unique_name("wide");
        BOOST_REQUIRE(db::create_user(connection, {name, display_name, email, "hash"}));
        const auto user = db::find_user_for_log_in(connection, name);
        BOOST_REQUIRE(user);
        BOOST_TEST(user->display_name == display_name);
        BOOST_TEST(*user->email == email);
    }
}

BOOST_AUTO_TEST_CASE(a_value_that_does_not_fit_is_an_error) {
    db::Connection connection(test::Database::shared().as_worker());
    BOOST_CHECK_THROW(db::create_user(connection, {std::string(33, 'a'), "x", {}, "hash"}), db::Error);
    BOOST_CHECK_THROW(db::create_user(connection, {test::unique_name("long"), std::string(65, 'a'), {}, "hash"}),
                      db::Error);
}

BOOST_AUTO_TEST_CASE(a_wrong_number_of_values_is_refused) {
    db::Connection connection(test::Database::shared().as_worker());
    BOOST_CHECK_THROW(connection.execute(db::Sql::user_for_log_in, {}), std::logic_error);
    const std::vector<db::Parameter> three(3, std::int64_t{1}); // of which each set has two
    BOOST_CHECK_THROW(connection.execute_for_each(db::Sql::block_delete, three), std::logic_error);
    BOOST_CHECK_THROW(connection.execute_for_each(db::Sql::block_delete, {}), std::logic_error);
}

BOOST_AUTO_TEST_CASE(a_connection_that_was_killed_is_made_again) {
    db::Connection connection(test::Database::shared().as_worker());
    db::Connection admin(test::Database::shared().as_admin());
    const std::string name = test::unique_name("killed");
    BOOST_REQUIRE(db::create_user(connection, {name, "x", {}, "hash"}));
    const auto id = connection.query_value("SELECT CONNECTION_ID()");
    admin.run_script("KILL " + *id);
    BOOST_TEST(db::find_user_for_log_in(connection, name).has_value());
    BOOST_TEST((connection.query_value("SELECT CONNECTION_ID()") != id));
}

BOOST_AUTO_TEST_CASE(a_write_after_the_connection_was_killed_happens_once) {
    db::Connection connection(test::Database::shared().as_worker());
    db::Connection admin(test::Database::shared().as_admin());
    admin.run_script("KILL " + *connection.query_value("SELECT CONNECTION_ID()"));
    BOOST_TEST(db::create_user(connection, {test::unique_name("once"), "x", {}, "hash"}).has_value());
}

BOOST_AUTO_TEST_CASE(an_absent_server_is_unavailable) {
    db::Connection connection({"/nonexistent/socket", "sotto", "sotto"});
    BOOST_CHECK_THROW(db::schema_version(connection), db::Unavailable);
}

BOOST_AUTO_TEST_CASE(a_transaction_is_all_or_nothing) {
    db::Connection connection(test::Database::shared().as_worker());
    const auto user = db::create_user(connection, {test::unique_name("atomic"), "x", {}, "old"});
    BOOST_REQUIRE(user);
    BOOST_CHECK_THROW(connection.transaction([&] {
        db::renew_password_hash(connection, user->id, {.verified = "old", .renewed = "new"});
        throw std::runtime_error("on the way");
    }),
                      std::runtime_error);
    BOOST_TEST(db::find_user_for_log_in(connection, user->user_name)->password_hash == "old");
}

/// Whose worker hangs, or whose machine is gone.
BOOST_AUTO_TEST_CASE(a_transaction_that_stands_still_gives_back_its_locks) {
    db::Connection stuck(test::Database::shared().as_worker());
    db::Connection other(test::Database::shared().as_worker());
    const auto user = db::create_user(stuck, {test::unique_name("stuck"), "x", {}, "old"});
    const auto renew = [&](db::Connection& connection, const std::string& to) {
        db::renew_password_hash(connection, user->id, {.verified = "old", .renewed = to});
    };
    BOOST_CHECK_THROW(stuck.transaction([&] {
        renew(stuck, "stuck's");
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        bool renewed = false;
        while (!renewed && std::chrono::steady_clock::now() < deadline) {
            try {
                renew(other, "other's");
                renewed = true;
            } catch (const db::Unavailable&) { // a lock wait
            }
        }
        BOOST_TEST(renewed);
        renew(stuck, "too late");
    }),
                      db::Unavailable);
    BOOST_TEST(db::find_user_for_log_in(other, user->user_name)->password_hash == "other's");
}

BOOST_AUTO_TEST_CASE(a_transaction_is_tried_again_whole) {
    db::Connection connection(test::Database::shared().as_worker());
    const auto user = db::create_user(connection, {test::unique_name("again"), "x", {}, "old"});
    int attempts = 0;
    connection.transaction([&] {
        db::renew_password_hash(connection, user->id,
                                {.verified = "old", .renewed = "attempt" + std::to_string(++attempts)});
        if (attempts < 3) {
            db::throw_error(1213, "as a deadlock does");
        }
    });
    BOOST_TEST(attempts == 3);
    BOOST_TEST(db::find_user_for_log_in(connection, user->user_name)->password_hash == "attempt3");
}

BOOST_AUTO_TEST_SUITE_END()

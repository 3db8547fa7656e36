#include <boost/test/unit_test.hpp>

#include <chrono>
#include <future>

#include "db/administration.hpp"
#include "db/users.hpp"
#include "tests/fixtures/database.hpp"

using namespace sotto;
using namespace std::chrono_literals;

namespace {

std::int64_t make_user(db::Connection& connection) {
    const std::string name = test::unique_name("administered");
    return db::create_user(connection, {name, name, {}, "hash"})->id;
}

std::optional<db::Timestamp> log_in(db::Connection& connection, std::int64_t user_id, unsigned char id,
                                    db::LockedUsers locked = db::LockedUsers::refused) {
    db::Session session{
        {}, {}, {}, std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()) + 1h, "", ""};
    session.id.fill(id);
    session.id[0] = static_cast<unsigned char>(user_id);
    return db::create_session(connection, user_id, session, locked);
}

} // namespace

BOOST_AUTO_TEST_SUITE(administration)

BOOST_AUTO_TEST_CASE(a_locked_or_erased_user_gets_no_session) {
    db::Connection connection(test::Database::shared().as_worker());
    const std::int64_t user = make_user(connection);
    BOOST_TEST(log_in(connection, user, 0xa0).has_value());
    db::lock_account(connection, user);
    BOOST_TEST(!log_in(connection, user, 0xa1).has_value());
    BOOST_TEST(log_in(connection, user, 0xa2, db::LockedUsers::accepted).has_value());
    db::unlock_account(connection, user);
    BOOST_TEST(log_in(connection, user, 0xa3).has_value());
    db::erase_user(connection, user);
    BOOST_TEST(!log_in(connection, user, 0xa4).has_value());
    BOOST_TEST(!log_in(connection, user, 0xa5, db::LockedUsers::accepted).has_value());
    BOOST_TEST(!log_in(connection, 999'999'999, 0xa6).has_value());
}

BOOST_AUTO_TEST_CASE(a_log_in_under_way_makes_no_session_once_the_user_is_locked) {
    db::Connection admin(test::Database::shared().as_admin());
    db::Connection worker(test::Database::shared().as_worker());
    const std::int64_t user = make_user(worker);
    std::future<std::optional<db::Timestamp>> logged_in;
    admin.transaction([&] {
        admin.execute(db::Sql::account_lock, {user});
        admin.execute(db::Sql::session_delete_all, {user});
        // The password was right; what is left of the log-in waits for us here.
        logged_in = std::async(std::launch::async, [&] { return log_in(worker, user, 0xb0); });
        db::Connection observer(test::Database::shared().as_admin());
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (observer.query_value("SELECT variable_value FROM information_schema.global_status"
                                    " WHERE variable_name = 'Innodb_row_lock_current_waits'") == "0" &&
               std::chrono::steady_clock::now() < deadline) {
        }
        BOOST_TEST((std::chrono::steady_clock::now() < deadline));
    });
    BOOST_TEST(!logged_in.get().has_value());
    BOOST_TEST(db::end_sessions_of(admin, user) == 0U);
}

BOOST_AUTO_TEST_CASE(a_trial_is_taken_out_whole_and_nothing_else) {
    test::Database database;
    db::Connection admin(database.as_admin());
    admin.run_script(
        "INSERT INTO users (id, user_name, display_name, password_hash, created_at) VALUES"
        " (1, 'doctor-a', 'a', '', NOW()), (2, 'doctor-b', 'b', '', NOW()), (3, 'carol', 'c', '', NOW());"
        "INSERT INTO conversations (id, user_lo, user_hi, last_seq, last_at) VALUES (1, 1, 2, 1, NOW()),"
        " (2, 1, 3, 1, NOW());"
        "INSERT INTO messages (conversation_id, seq, sender_id, recipient_id, type, text, created_at) VALUES"
        " (1, 1, 1, 2, 'text', 'x', NOW()), (2, 1, 3, 1, 'text', 'y', NOW())");
    // Somebody wrote to one of them: nothing is taken from that one, and so nothing at all.
    BOOST_CHECK_THROW(db::remove_trial(admin, "doctor-a", "doctor-b"), db::Error);
    BOOST_TEST(admin.query_value("SELECT COUNT(*) FROM messages").value() == "2");
    admin.run_script("DELETE FROM messages WHERE conversation_id = 2; DELETE FROM conversations WHERE id = 2");
    db::remove_trial(admin, "doctor-a", "doctor-b");
    BOOST_TEST(admin.query_value("SELECT GROUP_CONCAT(user_name) FROM users").value() == "carol");
    BOOST_TEST(admin.query_value("SELECT COUNT(*) FROM messages").value() == "0");
    BOOST_TEST(admin.query_value("SELECT COUNT(*) FROM conversations").value() == "0");
}

BOOST_AUTO_TEST_SUITE_END()

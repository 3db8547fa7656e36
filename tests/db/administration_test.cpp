#include <boost/test/unit_test.hpp>

#include <chrono>
#include <functional>
#include <future>

#include "db/administration.hpp"
#include "db/blocks.hpp"
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
                                    const std::optional<std::string_view>& verified_hash = "hash") {
    db::Session session{
        {}, {}, {}, std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()) + 1h, "", ""};
    session.id.fill(id);
    session.id[0] = static_cast<unsigned char>(user_id);
    return db::create_session(connection, user_id, session, verified_hash);
}

} // namespace

BOOST_AUTO_TEST_SUITE(administration)

BOOST_AUTO_TEST_CASE(a_locked_or_erased_user_gets_no_session) {
    db::Connection connection(test::Database::shared().as_worker());
    const std::int64_t user = make_user(connection);
    BOOST_TEST(log_in(connection, user, 0xa0).has_value());
    db::lock_account(connection, user);
    BOOST_TEST(!log_in(connection, user, 0xa1).has_value());
    BOOST_TEST(log_in(connection, user, 0xa2, std::nullopt).has_value());
    db::unlock_account(connection, user);
    BOOST_TEST(log_in(connection, user, 0xa3).has_value());
    db::erase_user(connection, user);
    BOOST_TEST(!log_in(connection, user, 0xa4).has_value());
    BOOST_TEST(!log_in(connection, user, 0xa5, std::nullopt).has_value());
    BOOST_TEST(!log_in(connection, 999'999'999, 0xa6).has_value());
}

namespace {

/// `change` locks the user out in one way or another while a log-in is under way whose password was right.
void check_log_in_under_way(const std::function<void(db::Connection&, std::int64_t)>& change) {
    db::Connection admin(test::Database::shared().as_admin());
    db::Connection worker(test::Database::shared().as_worker());
    const std::int64_t user = make_user(worker);
    std::future<std::optional<db::Timestamp>> logged_in;
    admin.transaction([&] {
        change(admin, user);
        admin.execute(db::Sql::session_delete_all, {user});
        // What is left of the log-in waits for us here.
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

} // namespace

BOOST_AUTO_TEST_CASE(a_log_in_under_way_makes_no_session_once_the_user_is_locked) {
    check_log_in_under_way(
        [](db::Connection& admin, std::int64_t user) { admin.execute(db::Sql::account_lock, {user}); });
}

BOOST_AUTO_TEST_CASE(a_log_in_under_way_makes_no_session_once_the_password_is_another) {
    check_log_in_under_way([](db::Connection& admin, std::int64_t user) {
        admin.execute(db::Sql::user_replace_password_hash, {"another hash", user, "hash"});
    });
}

BOOST_AUTO_TEST_CASE(of_two_changes_of_a_password_the_later_finds_another_one) {
    db::Connection connection(test::Database::shared().as_worker());
    const std::int64_t user = make_user(connection);
    BOOST_REQUIRE(log_in(connection, user, 0xc0).has_value());
    BOOST_REQUIRE(log_in(connection, user, 0xc1).has_value());
    db::SessionId mine{};
    mine.fill(0xc0);
    mine[0] = static_cast<unsigned char>(user);
    BOOST_TEST(db::change_password(connection, user, {.verified = "hash", .renewed = "mine"}, mine));
    BOOST_TEST(db::find_session(connection, mine).has_value());
    db::SessionId theirs{};
    theirs.fill(0xc1);
    theirs[0] = static_cast<unsigned char>(user);
    BOOST_TEST(!db::find_session(connection, theirs).has_value());
    BOOST_TEST(!db::change_password(connection, user, {.verified = "hash", .renewed = "theirs"}, theirs));
    BOOST_TEST(db::find_own_user(connection, mine)->user.password_hash == "mine");
    db::renew_password_hash(connection, user, {.verified = "hash", .renewed = "theirs"});
    BOOST_TEST(db::find_own_user(connection, mine)->user.password_hash == "mine");
}

BOOST_AUTO_TEST_CASE(an_erased_user_gets_nothing_back) {
    db::Connection connection(test::Database::shared().as_worker());
    const std::int64_t user = make_user(connection);
    const std::int64_t other = make_user(connection);
    db::erase_user(connection, user);
    db::update_profile(connection, user, "A ghost", "ghost@example.org");
    db::change_password(connection, user, {.verified = "hash", .renewed = "another"}, {});
    db::reset_password(connection, user, "another");
    db::add_block(connection, user, other);
    db::Connection admin(test::Database::shared().as_admin());
    BOOST_TEST(*admin.query_value("SELECT CONCAT(display_name = user_name, email IS NULL, password_hash) FROM users"
                                  " WHERE id = " +
                                  std::to_string(user)) == "11");
    BOOST_TEST(*admin.query_value("SELECT COUNT(*) FROM blocks WHERE user_id = " + std::to_string(user)) == "0");
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

#include <boost/test/unit_test.hpp>

#include "tests/fixtures/api.hpp"
#include "tests/fixtures/database.hpp"
#include "tests/fixtures/ear.hpp"

using namespace sotto;

namespace {

struct Fixture {
    test::Ear ear;
    App app = test::make_app(test::Database::shared().as_worker(), ear.path());
    test::LoggedIn alice = test::log_in_new_user("alice");
    test::LoggedIn bob = test::log_in_new_user("bob");

    test::Answer call(const std::string& method, const std::string& target, const std::string& json,
                      const test::LoggedIn& user) {
        return test::call(app, test::make_request(method, target, json, user.token));
    }

    std::string user_id(const test::LoggedIn& user) {
        return *db::Connection(test::Database::shared().as_admin())
                    .query_value("SELECT id FROM users WHERE user_name = '" + user.name + "'");
    }

    std::string send(const test::LoggedIn& from, const test::LoggedIn& to) {
        return call("POST", "/api/v1/messages", R"({"recipient":")" + to.name + R"(","type":"text","text":"x"})", from)
            .body;
    }

    /// Two lines of one record: the event for the one, and for the other.
    std::string both(const std::string& type, const std::string& event_id, const std::string& rest) {
        const auto line = [&](const test::LoggedIn& to, const test::LoggedIn& with) {
            return "event " + user_id(to) + " " + event_id + R"( {"type":")" + type + R"(","with":")" + with.name +
                   "\"," + rest + "}\n";
        };
        return line(bob, alice) + line(alice, bob);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(notices, Fixture)

BOOST_AUTO_TEST_CASE(both_sides_are_told_of_every_change) {
    const std::string message = send(alice, bob);
    const std::string id = message.substr(7, message.find('"', 7) - 7);
    BOOST_TEST(ear.heard() == both("message", id, R"("message":)" + message));
    const std::string edited = call("PATCH", "/api/v1/messages/" + id, R"({"text":"y"})", alice).body;
    BOOST_TEST(ear.heard() == both("message.edited", id, R"("message":)" + edited));
    call("DELETE", "/api/v1/messages/" + id, "", alice);
    const std::string deleted = ear.heard();
    BOOST_TEST(deleted.find(R"("type":"message.deleted")") != std::string::npos);
    BOOST_TEST(deleted.find(R"("deleted_at":")") != std::string::npos);
    call("DELETE", "/api/v1/messages/" + id, "", alice);
    BOOST_TEST(ear.heard() == deleted); // who asks again may not know that it was done
    send(bob, alice);
    send(bob, alice);
    ear.heard();
    call("PUT", "/api/v1/conversations/" + bob.name + "/read", R"({"seq":99})", alice);
    BOOST_TEST(ear.heard() == both("read", "-", R"("reader":")" + alice.name + R"(","seq":3)"));
    call("PUT", "/api/v1/conversations/" + bob.name + "/read", R"({"seq":1})", alice);
    BOOST_TEST(ear.heard() == "");
}

BOOST_AUTO_TEST_CASE(a_refused_call_tells_nobody) {
    send(alice, bob);
    ear.heard();
    call("PUT", "/api/v1/blocks/" + bob.name, "", alice);
    send(bob, alice);
    call("POST", "/api/v1/conversations/" + alice.name + "/typing", "", bob);
    BOOST_TEST(ear.heard() == "");
}

BOOST_AUTO_TEST_CASE(typing_is_told_to_the_other_alone) {
    send(alice, bob);
    ear.heard();
    call("POST", "/api/v1/conversations/" + bob.name + "/typing", "", alice);
    BOOST_TEST(ear.heard() == "event " + user_id(bob) + R"( - {"type":"typing","with":")" + alice.name + "\"}\n");
}

BOOST_AUTO_TEST_CASE(a_repeated_send_is_told_again) {
    Request request = test::make_request(
        "POST", "/api/v1/messages", R"({"recipient":")" + bob.name + R"(","type":"text","text":"x"})", alice.token);
    request.idempotency_key = "once";
    test::call(app, request);
    const std::string first = ear.heard();
    BOOST_TEST(first != "");
    test::call(app, request);
    BOOST_TEST(ear.heard() == first);
}

BOOST_AUTO_TEST_CASE(ended_sessions_lose_their_connections) {
    const auto second = test::log_in(alice.name);
    call("DELETE", "/api/v1/sessions/" + second.session, "", alice);
    BOOST_TEST(ear.heard() == "close-session " + second.session + "\n");
    call("PUT", "/api/v1/users/me/password",
         R"({"current_password":")" + test::password + R"(","new_password":"another passphrase"})", alice);
    BOOST_TEST(ear.heard() == "close-user " + user_id(alice) + " " + alice.session + "\n");
    call("DELETE", "/api/v1/sessions/current", "", alice);
    BOOST_TEST(ear.heard() == "close-session " + alice.session + "\n");
    call("DELETE", "/api/v1/users/me", R"({"password":")" + test::password + "\"}", bob);
    BOOST_TEST(ear.heard() == "close-user " + user_id(bob) + "\n");
}

BOOST_AUTO_TEST_SUITE_END()

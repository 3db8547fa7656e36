#include <boost/test/unit_test.hpp>

#include "tests/admin/support.hpp"
#include "tests/fixtures/api.hpp"
#include "tests/fixtures/ear.hpp"
#include "worker/json.hpp"

using namespace sotto;
using test::has;

namespace {

const std::string good_password = "a walk in the rain";

/// sottoctl, and a worker of this process on the same database.
struct Fixture {
    test::Stand stand;
    App app = test::make_app(stand.database().as_worker());

    test::Answer call(const std::string& method, const std::string& target, const std::string& json = {},
                      const std::string& token = {}) {
        return test::call(app, test::make_request(method, target, json, token));
    }

    test::Answer log_in(const std::string& name, const std::string& password = good_password) {
        return call("POST", "/api/v1/sessions",
                    R"({"user_name":")" + name + R"(","password":")" + password + R"(","token":true})");
    }

    std::string add(const std::string& name) {
        BOOST_REQUIRE(stand.ctl({"users", "add", name}, good_password + "\n").good());
        return log_in(name).json()["token"].asString();
    }

    std::string id_of(const std::string& name) const {
        return stand.value("SELECT id FROM users WHERE user_name = '" + name + "'");
    }

    Json::Value list(const admin::Words& words) const {
        const auto parsed = parse_json(stand.ctl(words).out);
        BOOST_REQUIRE(parsed);
        return *parsed;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(users, Fixture)

BOOST_AUTO_TEST_CASE(one_who_is_added_can_log_in) {
    const auto added = stand.ctl({"users", "add", "Alice", "--display-name", "Alice A.", "--email=a@example.org"},
                                 good_password + "\n");
    BOOST_TEST(added.out == "added alice\n");
    const auto answer = log_in("alice");
    BOOST_TEST(answer.status == 201);
    BOOST_TEST(answer.json()["user"]["display_name"].asString() == "Alice A.");
    BOOST_TEST(answer.json()["user"]["email"].asString() == "a@example.org");
    const Json::Value listed = list({"users", "list", "--json"})["users"];
    BOOST_TEST(listed.size() == 1U);
    BOOST_TEST(listed[0]["user_name"].asString() == "alice");
    BOOST_TEST(listed[0]["sessions"].asInt() == 1);
    BOOST_TEST(has(stand.ctl({"users", "list"}).out, "alice"));
}

BOOST_AUTO_TEST_CASE(the_rules_of_the_api_hold) {
    const auto refused = [&](const admin::Words& words, const std::string& input) {
        admin::Words line{"users", "add"};
        line.insert(line.end(), words.begin(), words.end());
        const auto outcome = stand.ctl(line, input);
        return outcome.status == 1 ? outcome.err : "status " + std::to_string(outcome.status);
    };
    BOOST_TEST(has(refused({"al ice"}, good_password), "user_name"));
    BOOST_TEST(has(refused({std::string(33, 'a')}, good_password), "user_name"));
    BOOST_TEST(has(refused({"alice"}, "1234567"), "password"));
    BOOST_TEST(has(refused({"alice"}, "password123"), "first that anybody would try"));
    BOOST_TEST(has(refused({"alice"}, ""), "nothing was entered"));
    BOOST_TEST(has(refused({"alice", "--email", "none"}, good_password), "email"));
    BOOST_TEST(stand.value("SELECT COUNT(*) FROM users") == "0");
    BOOST_TEST(stand.ctl({"users", "add", std::string(32, 'a')}, "kxq7vzp2").status == 0);
    add("alice");
    BOOST_TEST(has(refused({"alice"}, good_password), "has the name alice already"));
}

BOOST_AUTO_TEST_CASE(a_locked_user_is_out_at_once_and_is_answered_like_a_wrong_password) {
    const std::string token = add("alice");
    test::Ear hub(stand.notice_socket());
    BOOST_TEST(call("GET", "/api/v1/users/me", "", token).status == 200);
    BOOST_TEST(stand.ctl({"users", "lock", "alice"}).out == "locked alice and ended their sessions\n");
    BOOST_TEST(hub.heard() == "close-user " + id_of("alice") + "\n");
    BOOST_TEST(call("GET", "/api/v1/users/me", "", token).status == 401);
    const auto locked = log_in("alice");
    const auto wrong = log_in("alice", "another password");
    BOOST_TEST(locked.status == 401);
    BOOST_TEST(locked.body == wrong.body);
    BOOST_TEST(list({"users", "list", "--json"})["users"][0].isMember("locked_at"));

    BOOST_TEST(stand.ctl({"users", "unlock", "alice"}).good());
    BOOST_TEST(log_in("alice").status == 201);
    BOOST_TEST(!list({"users", "list", "--json"})["users"][0].isMember("locked_at"));
}

BOOST_AUTO_TEST_CASE(a_new_password_ends_all_sessions) {
    const std::string token = add("alice");
    test::Ear hub(stand.notice_socket());
    BOOST_TEST(stand.ctl({"users", "passwd", "alice"}, "short\n").status == 1);
    BOOST_TEST(call("GET", "/api/v1/users/me", "", token).status == 200);
    BOOST_TEST(stand.ctl({"users", "passwd", "alice"}, "another good one\n").good());
    BOOST_TEST(hub.heard() == "close-user " + id_of("alice") + "\n");
    BOOST_TEST(call("GET", "/api/v1/users/me", "", token).status == 401);
    BOOST_TEST(log_in("alice").status == 401);
    BOOST_TEST(log_in("alice", "another good one").status == 201);
}

BOOST_AUTO_TEST_CASE(erasing_asks_first_and_is_final) {
    const std::string token = add("alice");
    test::Ear hub(stand.notice_socket());
    const auto unasked = stand.ctl({"users", "erase", "alice"}, "alice\n"); // no terminal, so nobody to ask
    BOOST_TEST(unasked.status == 2);
    BOOST_TEST(call("GET", "/api/v1/users/me", "", token).status == 200);
    BOOST_TEST(stand.ctl({"users", "erase", "alice", "--yes"}).good());
    BOOST_TEST(hub.heard() == "close-user " + id_of("alice") + "\n");
    BOOST_TEST(call("GET", "/api/v1/users/me", "", token).status == 401);
    BOOST_TEST(log_in("alice").status == 401);
    BOOST_TEST(list({"users", "list", "--json"})["users"].size() == 0U);
    BOOST_TEST(stand.ctl({"users", "add", "alice"}, good_password).status == 1); // the name stays taken
    BOOST_TEST(stand.ctl({"users", "erase", "alice", "--yes"}).status == 1);
}

BOOST_AUTO_TEST_CASE(an_export_is_the_one_of_the_api) {
    const std::string alice = add("alice");
    const std::string bob = add("bob");
    for (const std::string text : {"one", "two"}) {
        call("POST", "/api/v1/messages", R"({"recipient":"bob","type":"text","text":")" + text + "\"}", alice);
    }
    call("POST", "/api/v1/messages", R"({"recipient":"alice","type":"text","text":"three"})", bob);
    call("PUT", "/api/v1/blocks/bob", "", alice);
    std::string own = call("GET", "/api/v1/export", "", alice).body;
    const std::string current = R"("current":true)";
    own.replace(own.find(current), current.size(), R"("current":false)"); // no session of hers is asking
    const auto exported = stand.ctl({"users", "export", "alice"});
    BOOST_TEST(exported.good());
    BOOST_TEST(exported.out == own);
    BOOST_TEST(exported.out.ends_with("{\"kind\":\"end\"}\n"));
    BOOST_TEST(stand.value("SELECT COUNT(*) FROM sessions") == "2"); // none is left of it
    BOOST_TEST(stand.ctl({"users", "lock", "alice"}).good());
    BOOST_TEST(has(stand.ctl({"users", "export", "alice"}).out, "\"three\""));
    BOOST_TEST(stand.ctl({"users", "export", "carol"}).status == 1);
}

BOOST_AUTO_TEST_CASE(sessions_are_listed_and_revoked_one_by_one_or_all) {
    const std::string first = add("alice");
    const Json::Value logged_in = log_in("alice").json();
    const std::string second = logged_in["token"].asString();
    const std::string bob = add("bob");
    BOOST_TEST(list({"sessions", "list", "--json"})["sessions"].size() == 3U);
    const Json::Value of_alice = list({"sessions", "list", "alice", "--json"})["sessions"];
    BOOST_TEST(of_alice.size() == 2U);
    BOOST_TEST(stand.ctl({"sessions", "list", "nobody"}).status == 1);

    test::Ear hub(stand.notice_socket());
    const std::string newest =
        logged_in["session"]["id"].asString(); // the list's first, but for two of one millisecond
    BOOST_TEST(stand.ctl({"sessions", "revoke", newest}).good());
    BOOST_TEST(hub.heard() == "close-session " + newest + "\n");
    BOOST_TEST(call("GET", "/api/v1/users/me", "", second).status == 401);
    BOOST_TEST(call("GET", "/api/v1/users/me", "", first).status == 200);
    BOOST_TEST(stand.ctl({"sessions", "revoke", newest}).status == 1);
    BOOST_TEST(stand.ctl({"sessions", "revoke", newest.substr(1)}).status == 2);
    BOOST_TEST(stand.ctl({"sessions", "revoke"}).status == 2);
    BOOST_TEST(stand.ctl({"sessions", "revoke", newest, "--user", "alice"}).status == 2);

    BOOST_TEST(stand.ctl({"sessions", "revoke", "--user", "alice"}).out == "ended 1 sessions of alice\n");
    BOOST_TEST(call("GET", "/api/v1/users/me", "", first).status == 401);
    BOOST_TEST(call("GET", "/api/v1/users/me", "", bob).status == 200);
}

BOOST_AUTO_TEST_CASE(statistics_count_what_is_there) {
    const std::string alice = add("alice");
    add("bob");
    add("carol");
    call("POST", "/api/v1/messages", R"({"recipient":"bob","type":"text","text":"one"})", alice);
    call("POST", "/api/v1/messages", R"({"recipient":"bob","type":"text","text":"two"})", alice);
    BOOST_TEST(stand.ctl({"users", "lock", "bob"}).good());
    BOOST_TEST(stand.ctl({"users", "erase", "carol", "--yes"}).good());
    const Json::Value stats = list({"stats", "--json"});
    BOOST_TEST(stats["users"].asInt() == 2);
    BOOST_TEST(stats["locked_users"].asInt() == 1);
    BOOST_TEST(stats["erased_users"].asInt() == 1);
    BOOST_TEST(stats["sessions"].asInt() == 1);
    BOOST_TEST(stats["conversations"].asInt() == 1);
    BOOST_TEST(stats["messages"].asInt() == 2);
    BOOST_TEST(!stats.isMember("live_connections")); // there is no hub to ask
}

BOOST_AUTO_TEST_SUITE_END()

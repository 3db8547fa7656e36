#include <array>
#include <barrier>
#include <functional>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/fixtures/api.hpp"
#include "tests/fixtures/database.hpp"

using namespace sotto;

namespace {

std::string sign_up(const std::string& members) {
    const auto answer = test::call("POST", "/api/v1/users", "{" + members + "}");
    return answer.status == 201 ? "201" : answer.problem() == "validation" ? answer.errors() : answer.problem();
}

std::string user_name(const std::string& name) {
    return R"("user_name":")" + name + '"';
}

const std::string good_password = R"(,"password":"a long enough passphrase")";

} // namespace

BOOST_AUTO_TEST_SUITE(users)

BOOST_AUTO_TEST_CASE(signing_up) {
    const std::string name = test::unique_name("Some.Body-_");
    const auto answer =
        test::call("POST", "/api/v1/users",
                   "{" + user_name(name) + good_password + R"(,"display_name":"Zoë 🦊","email":"z@example.org"})");
    BOOST_TEST(answer.status == 201);
    const Json::Value body = answer.json();
    const std::string folded = "some.body-_" + name.substr(11);
    BOOST_TEST(body["user_name"].asString() == folded);
    BOOST_TEST(body["display_name"].asString() == "Zoë 🦊");
    BOOST_TEST(body["email"].asString() == "z@example.org");
    BOOST_TEST(answer.header("Location") == "/api/v1/users/" + folded);
    BOOST_TEST(answer.body.find("pass") == std::string::npos);

    const auto user = test::log_in(name); // capitals and all
    const auto own = test::call("GET", "/api/v1/users/me", {}, user.token);
    BOOST_TEST(own.json() == body);
    const auto other = test::log_in_new_user("other");
    const auto seen = test::call("GET", "/api/v1/users/" + name, {}, other.token);
    BOOST_TEST(seen.status == 200);
    BOOST_TEST(!seen.json().isMember("email"));
    BOOST_TEST(test::call("GET", "/api/v1/users/nobody-" + folded.substr(0, 5), {}, other.token).problem() ==
               "user-not-found");
}

BOOST_AUTO_TEST_CASE(limits_of_signing_up) {
    struct Case {
        std::string members;
        std::string expected;
    };
    const std::string stem = test::unique_name("limits");
    const auto padded = [&](std::size_t length) { return stem + std::string(length - stem.size(), 'x'); };
    const std::string wide = "\U0001F600"; // one character, four bytes
    std::string wide64;
    for (int i = 0; i < 64; ++i) {
        wide64 += wide;
    }
    int counter = 0;
    const auto fresh = [&] { return user_name(stem + "n" + std::to_string(++counter)); };
    const auto with_password = [](const std::string& password) { return R"(,"password":")" + password + '"'; };
    for (const auto& [members, expected] : std::vector<Case>{
             {"", "user_name:required password:required"},
             {user_name("") + good_password, "user_name:too_short"},
             {user_name(padded(32)) + good_password, "201"},
             {user_name(padded(33)) + good_password, "user_name:too_long"},
             {user_name(padded(32)) + good_password, "user-name-taken"},
             {user_name(stem + " a") + good_password, "user_name:invalid"},
             {user_name(stem + "é") + good_password, "user_name:invalid"},
             {user_name(stem + "@") + good_password, "user_name:invalid"},
             {user_name("me") + good_password, "user_name:invalid"},
             {user_name("Me") + good_password, "user_name:invalid"},
             {user_name(".") + good_password, "user_name:invalid"},
             {user_name("..") + good_password, "user_name:invalid"},
             {R"("user_name":7)" + good_password, "user_name:wrong_type"},
             {R"("user_name":null)" + good_password, "user_name:required"},
             {fresh() + with_password("7bytes!"), "password:too_short"},
             {fresh() + with_password("8 bytes!"), "201"},
             {fresh() + with_password(std::string(256, 'p')), "201"},
             {fresh() + with_password(std::string(257, 'p')), "password:too_long"},
             {fresh() + with_password(wide + wide), "201"},
             {fresh() + with_password("Password"), "password:too_common"},
             {user_name(stem + "same") + with_password(stem + "same"), "password:too_common"},
             {fresh() + good_password + R"(,"display_name":"")", "display_name:too_short"},
             {fresh() + good_password + R"(,"display_name":"  ")", "display_name:invalid"},
             {fresh() + good_password + R"(,"display_name":"a\nb")", "display_name:invalid"},
             {fresh() + good_password + ",\"display_name\":\"a\x7f\"", "display_name:invalid"},
             {fresh() + good_password + ",\"display_name\":\"a\u0085\"", "display_name:invalid"},
             {fresh() + good_password + ",\"display_name\":\"a\u2028b\"", "display_name:invalid"},
             {fresh() + good_password + ",\"display_name\":\"a\u2029b\"", "display_name:invalid"},
             {fresh() + good_password + ",\"display_name\":\" \u00a0\u200b\u3000\U000e0001\"", "display_name:invalid"},
             {fresh() + good_password + ",\"display_name\":\"\u2800\u3164\"", "display_name:invalid"},
             {fresh() + good_password + ",\"display_name\":\"\u200bz\u200d\"", "201"},
             {fresh() + good_password + ",\"display_name\":\"\u00a1\"", "201"},
             {fresh() + good_password + ",\"display_name\":\"\u05e9\"", "201"},
             {fresh() + good_password + R"(,"display_name":")" + wide64 + '"', "201"},
             {fresh() + good_password + R"(,"display_name":")" + wide64 + "x\"", "display_name:too_long"},
             {fresh() + good_password + R"(,"email":"a@b")", "201"},
             {fresh() + good_password + R"(,"email":"ab")", "email:too_short"},
             {fresh() + good_password + R"(,"email":"abc")", "email:invalid"},
             {fresh() + good_password + R"(,"email":"a@b@c")", "email:invalid"},
             {fresh() + good_password + R"(,"email":"a b@c")", "email:invalid"},
             {fresh() + good_password + R"(,"email":"a\u0001@b")", "email:invalid"},
             {fresh() + good_password + ",\"email\":\"a\x7f@b\"", "email:invalid"},
             {fresh() + good_password + R"(,"email":"@bc")", "email:invalid"},
             {fresh() + good_password + R"(,"email":"ab@")", "email:invalid"},
             {fresh() + good_password + R"(,"email":")" + std::string(252, 'e') + "@b\"", "201"},
             {fresh() + good_password + R"(,"email":")" + std::string(253, 'e') + "@b\"", "email:too_long"},
             {fresh() + good_password + R"(,"admin":true)", "admin:unknown"},
         }) {
        BOOST_TEST_CONTEXT(members) {
            BOOST_TEST(sign_up(members) == expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_ascii_is_nobodys) {
    const auto user = test::log_in_new_user("ascii");
    for (const std::string name : {"\xc3\xa4lice", "alic\xc3\xa9", "\xf0\x9f\x92\xa9", "\xff"}) {
        for (const auto& [method, path] :
             std::vector<std::pair<std::string, std::string>>{{"GET", "/api/v1/users/" + name},
                                                              {"PUT", "/api/v1/blocks/" + name},
                                                              {"DELETE", "/api/v1/blocks/" + name},
                                                              {"POST", "/api/v1/conversations/" + name + "/typing"}}) {
            BOOST_TEST(test::call(method, path, {}, user.token).problem() == "user-not-found");
        }
    }
    BOOST_TEST(test::call("POST", "/api/v1/sessions", R"({"user_name":"\u00e4lice","password":"not the passphrase"})")
                   .problem() == "invalid-credentials");
}

BOOST_AUTO_TEST_CASE(log_ins_at_once_that_each_renew_the_hash) {
    const auto user = test::log_in_new_user("renewed"); // at the least cost
    const std::string json = R"({"user_name":")" + user.name + R"(","password":")" + test::password + "\"}";
    std::array<int, 2> statuses{};
    std::barrier start(2);
    const auto log_in_at_more_cost = [&](int& status) {
        App app = test::make_app(test::Database::shared().as_worker());
        app.hasher = auth::PasswordHasher({.passes = 2, .memory_bytes = std::size_t{32} * 1024 * 1024});
        start.arrive_and_wait();
        status = test::call(app, test::make_request("POST", "/api/v1/sessions", json)).status;
    };
    {
        std::jthread first(log_in_at_more_cost, std::ref(statuses[0]));
        std::jthread second(log_in_at_more_cost, std::ref(statuses[1]));
    }
    BOOST_TEST(statuses[0] == 201);
    BOOST_TEST(statuses[1] == 201);
}

BOOST_AUTO_TEST_CASE(a_wrong_log_in_says_nothing) {
    const auto user = test::log_in_new_user("wrong");
    const auto attempt = [](const std::string& name, const std::string& password) {
        return test::call("POST", "/api/v1/sessions",
                          R"({"user_name":")" + name + R"(","password":")" + password + "\"}");
    };
    const auto wrong_password = attempt(user.name, "another passphrase");
    const auto unknown_user = attempt("nobody-" + user.name, "another passphrase");
    BOOST_TEST(wrong_password.problem() == "invalid-credentials");
    BOOST_TEST(wrong_password.body == unknown_user.body);
    BOOST_TEST(wrong_password.header("Set-Cookie") == "");
}

BOOST_AUTO_TEST_CASE(only_a_post_is_a_form_that_logs_out) {
    const auto log_out = [](std::string_view method, std::string_view target) {
        Request request = test::make_request(method, target, {}, test::log_in_new_user("former").token);
        request.content_type = "application/x-www-form-urlencoded";
        return test::call(request).status;
    };
    BOOST_TEST(log_out("DELETE", "/api/v1/sessions/current") == 204);
    BOOST_TEST(log_out("POST", "/api/v1/sessions/current/delete") == 303);
}

BOOST_AUTO_TEST_CASE(sessions_are_listed_and_ended) {
    const auto first = test::log_in_new_user("devices");
    const auto second = test::log_in(first.name);
    const auto stranger = test::log_in_new_user("stranger");
    const Json::Value list = test::call("GET", "/api/v1/sessions", {}, second.token).json()["sessions"];
    BOOST_REQUIRE(list.size() == 2U);
    for (const Json::Value& session : list) {
        BOOST_TEST(session["current"].asBool() == (session["id"].asString() == second.session));
        BOOST_TEST(session["ip"].asString() == "192.0.2.1");
    }
    BOOST_TEST(test::call("DELETE", "/api/v1/sessions/" + first.session, {}, stranger.token).problem() == "not-found");
    BOOST_TEST(test::call("DELETE", "/api/v1/sessions/nonsense", {}, second.token).problem() == "not-found");
    BOOST_TEST(test::call("GET", "/api/v1/users/me", {}, first.token).status == 200);
    BOOST_TEST(test::call("DELETE", "/api/v1/sessions/" + first.session, {}, second.token).status == 204);
    BOOST_TEST(test::call("GET", "/api/v1/users/me", {}, first.token).status == 401);
    BOOST_TEST(test::call("DELETE", "/api/v1/sessions/" + first.session, {}, second.token).problem() == "not-found");
    const auto out = test::call("DELETE", "/api/v1/sessions/current", {}, second.token);
    BOOST_TEST(out.status == 204);
    BOOST_TEST(out.header("Set-Cookie").starts_with("__Host-session=;"));
    BOOST_TEST(test::call("GET", "/api/v1/users/me", {}, second.token).status == 401);
}

BOOST_AUTO_TEST_CASE(a_new_password_ends_the_other_sessions) {
    const auto here = test::log_in_new_user("renew-password");
    const auto there = test::log_in(here.name);
    const auto change = [&](const std::string& current, const std::string& renewed) {
        return test::call("PUT", "/api/v1/users/me/password",
                          R"({"current_password":")" + current + R"(","new_password":")" + renewed + "\"}", here.token);
    };
    BOOST_TEST(change("not the password", "another passphrase").errors() == "current_password:invalid");
    BOOST_TEST(change(test::password, "short").errors() == "new_password:too_short");
    BOOST_TEST(change(test::password, here.name).errors() == "new_password:too_common");
    BOOST_TEST(test::call("GET", "/api/v1/users/me", {}, there.token).status == 200);
    BOOST_TEST(change(test::password, "another passphrase").status == 204);
    BOOST_TEST(test::call("GET", "/api/v1/users/me", {}, there.token).status == 401);
    BOOST_TEST(test::call("GET", "/api/v1/users/me", {}, here.token).status == 200);
    BOOST_CHECK_THROW(test::log_in(here.name), std::runtime_error);
    BOOST_TEST(test::call("POST", "/api/v1/sessions",
                          R"({"user_name":")" + here.name + R"(","password":"another passphrase"})")
                   .status == 201);
}

BOOST_AUTO_TEST_CASE(an_old_session_is_noted_as_seen) {
    const auto user = test::log_in_new_user("seen");
    const auto peer = test::log_in_new_user("seenpeer");
    db::Connection admin(test::Database::shared().as_admin());
    const auto seen_lately = [&] {
        return admin.query_value(
                   "SELECT last_seen_at > UTC_TIMESTAMP(3) - INTERVAL 1 MINUTE FROM sessions WHERE id = UNHEX('" +
                   user.session + "')") == "1";
    };
    for (const auto& [method, target, body] : std::vector<std::tuple<std::string, std::string, std::string>>{
             {"GET", "/api/v1/users/me", ""},
             {"GET", "/api/v1/users/" + peer.name, ""},
             {"GET", "/api/v1/sessions", ""},
             {"GET", "/api/v1/messages?box=sent", ""},
             {"GET", "/api/v1/messages?with=" + peer.name + "&page=1", ""},
             {"POST", "/api/v1/messages", R"({"recipient":")" + peer.name + R"(","type":"text","text":"x"})"}}) {
        admin.run_script("UPDATE sessions SET last_seen_at = '2026-01-01' WHERE id = UNHEX('" + user.session + "')");
        BOOST_TEST(!seen_lately());
        test::call(method, target, body, user.token);
        BOOST_TEST(seen_lately(), method << ' ' << target);
    }
}

BOOST_AUTO_TEST_SUITE_END()

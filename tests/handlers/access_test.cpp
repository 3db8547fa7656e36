#include <boost/test/unit_test.hpp>

#include "auth/random.hpp"
#include "handlers/routes.hpp"
#include "tests/fixtures/api.hpp"
#include "tests/fixtures/database.hpp"

using namespace sotto;
using namespace std::string_literals;

namespace {

/// A path of the route, with something in place of its captures.
std::string path_of(const Route& route) {
    std::string path(route.path);
    for (std::size_t open = path.find('{'); open != std::string::npos; open = path.find('{')) {
        path.replace(open, path.find('}') - open + 1, "somebody");
    }
    return path;
}

std::string sign_with(std::string_view key_id, char secret, const auth::Claims& claims) {
    std::vector<auth::Key> keys;
    keys.push_back({std::string(key_id), auth::Secret(std::string(32, secret))});
    return auth::TokenSigner(auth::KeyRing(std::move(keys))).sign(claims);
}

auth::Claims claims_of(const test::LoggedIn& user, std::chrono::seconds age, std::chrono::seconds left) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    return {user.name, *auth::session_id_from_hex(user.session), now - age, now + left};
}

} // namespace

BOOST_AUTO_TEST_SUITE(access_rules)

BOOST_AUTO_TEST_CASE(every_route_behind_a_session_refuses_every_bad_token) {
    const auto user = test::log_in_new_user("tokens");
    const auto revoked = test::log_in(user.name);
    BOOST_TEST(test::call("DELETE", "/api/v1/sessions/" + revoked.session, {}, user.token).status == 204);

    using std::chrono::hours;
    const std::string& good = user.token;
    const std::size_t last_dot = good.rfind('.');
    const std::vector<std::pair<std::string, std::string>> tokens{
        {"none", ""},
        {"nonsense", "nonsense"},
        {"unsigned", good.substr(0, last_dot + 1)},
        {"cut signature", good.substr(0, good.size() - 1)},
        {"other signature", good.substr(0, last_dot + 1) + std::string(43, 'A')},
        // {"alg":"none","typ":"JWT"}
        {"alg none",
         "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0" + good.substr(good.find('.'), last_dot - good.find('.') + 1)},
        {"forged with another secret", sign_with("test", 'x', claims_of(user, hours(0), hours(1)))},
        {"of an unknown key", sign_with("other", 'k', claims_of(user, hours(0), hours(1)))},
        {"expired", sign_with("test", 'k', claims_of(user, hours(2), hours(-1)))},
        {"issued tomorrow", sign_with("test", 'k', claims_of(user, hours(-24), hours(48)))},
        {"revoked", revoked.token},
        {"of no session", sign_with("test", 'k', claims_of({user.name, "", std::string(32, '0')}, hours(0), hours(1)))},
    };
    for (const Route& route : routes) {
        if (route.access != Access::session) {
            continue;
        }
        for (const auto& [what, token] : tokens) {
            for (const bool by_cookie : {false, true}) {
                BOOST_TEST_CONTEXT(route.method << ' ' << route.path << " with a "
                                                << (by_cookie ? "cookie: " : "token: ") << what) {
                    Request request = test::make_request(route.method, path_of(route), "{}", by_cookie ? "" : token);
                    if (by_cookie) {
                        request.cookie = "__Host-session=" + token;
                        request.sec_fetch_site = "same-origin";
                    }
                    const auto answer = test::call(request);
                    if (route.produces == "text/html") { // a page leads to the log-in
                        BOOST_TEST(answer.status == 303);
                        BOOST_TEST(answer.header("Location") == "/#unauthenticated");
                        continue;
                    }
                    BOOST_TEST(answer.status == 401);
                    BOOST_TEST(answer.problem() == "unauthenticated");
                    BOOST_TEST(answer.header("WWW-Authenticate") == "Bearer");
                }
            }
        }
    }
    // None of them, DELETE users/me among them, has done anything.
    BOOST_TEST(test::call("GET", "/api/v1/sessions", {}, user.token).json()["sessions"].size() == 1);
}

BOOST_AUTO_TEST_CASE(every_state_change_from_another_site_is_refused) {
    const auto user = test::log_in_new_user("crosssite");
    struct Case {
        std::string sec_fetch_site;
        std::string origin;
    };
    for (const Route& route : routes) {
        if (route.method == "GET") {
            continue;
        }
        for (const auto& [site, origin] : std::vector<Case>{{"cross-site", "https://evil.test"},
                                                            {"same-site", "https://other.sotto.test"},
                                                            {"", "https://evil.test"},
                                                            {"", "null"},
                                                            {"", "http://sotto.test"}}) {
            BOOST_TEST_CONTEXT(route.method << ' ' << route.path << " from " << site << ' ' << origin) {
                Request request = test::make_request(route.method, path_of(route), "{}");
                request.cookie = "__Host-session=" + user.token;
                request.sec_fetch_site = site;
                request.origin = origin;
                BOOST_TEST(test::call(request).problem() == "cross-origin");
                request.authorization = "Bearer " + user.token; // which no browser sends by itself
                BOOST_TEST(test::call(request).problem() != "cross-origin");
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_cookie_from_the_same_origin_is_accepted) {
    const auto user = test::log_in_new_user("cookie");
    const auto other = test::log_in_new_user("cookiepeer");
    struct Case {
        std::string sec_fetch_site;
        std::string origin;
    };
    for (const auto& [site, origin] :
         std::vector<Case>{{"same-origin", "https://sotto.test"}, {"", "https://sotto.test"}, {"", ""}}) {
        Request request = test::make_request("POST", "/api/v1/messages",
                                             R"({"recipient":")" + other.name + R"(","type":"text","text":"x"})");
        request.cookie = "theme=dark; __Host-session=" + user.token;
        request.sec_fetch_site = site;
        request.origin = origin;
        BOOST_TEST(test::call(request).status == 201);
    }
}

BOOST_AUTO_TEST_CASE(paths_methods_and_types) {
    const auto user = test::log_in_new_user("paths");
    for (const auto path : {"/", "/api", "/api/v1", "/api/v1/", "/api/v1/user", "/api/v1/users/", "/api/v1/users/me/",
                            "/api/v1/messages/", "/api/v2/users", "/api/v1//users"}) {
        BOOST_TEST(test::call("GET", path, {}, user.token).problem() == "not-found");
    }
    const auto wrong_method = test::call("DELETE", "/api/v1/messages", {}, user.token);
    BOOST_TEST(wrong_method.problem() == "method-not-allowed");
    BOOST_TEST(wrong_method.header("Allow") == "POST, GET, HEAD");
    BOOST_TEST(test::call("BREW", "/livez").header("Allow") == "GET, HEAD");
    BOOST_TEST(test::call("HEAD", "/livez").status == 200);

    Request picky = test::make_request("GET", "/api/v1/users/me", {}, user.token);
    for (const auto& [accept, status] : std::vector<std::pair<std::string, int>>{
             {"application/json", 200}, {"*/*", 200}, {"text/html", 406}, {"application/json;q=0", 406}}) {
        picky.accept = accept;
        BOOST_TEST(test::call(picky).status == status);
    }

    Request typed = test::make_request("POST", "/api/v1/messages", "{}", user.token);
    for (const auto type : {"", "text/plain", "application/xml", "application/json; charset=latin1"}) {
        typed.content_type = type;
        BOOST_TEST(test::call(typed).problem() == "unsupported-media");
    }
    typed.content_type = "application/json; charset=UTF-8";
    BOOST_TEST(test::call(typed).problem() == "validation");
    typed.body = "{";
    BOOST_TEST(test::call(typed).problem() == "malformed-request");
    typed.body = "[]";
    BOOST_TEST(test::call(typed).problem() == "malformed-request");
}

BOOST_AUTO_TEST_CASE(a_route_without_parameters_refuses_any) {
    const auto user = test::log_in_new_user("query");
    for (const Route& route : routes) {
        if (route.query == Query::none) {
            BOOST_TEST_CONTEXT(route.method << ' ' << route.path) {
                BOOST_TEST(test::call(route.method, path_of(route) + "?x=1", "{}", user.token).errors() == "x:unknown");
                BOOST_TEST(test::call(route.method, path_of(route) + "?%", "{}", user.token).problem() ==
                           "malformed-request");
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_lost_database_is_503_in_the_documented_form) {
    const auto user = test::log_in_new_user("lost");
    App away = test::make_app({"/nonexistent/socket", "sotto", "sotto"});
    const auto answer = test::call(away, test::make_request("GET", "/api/v1/users/me", {}, user.token));
    BOOST_TEST(answer.problem() == "unavailable");
    BOOST_TEST(answer.header("Retry-After") == "1");
    BOOST_TEST(answer.body.find("socket") == std::string::npos); // nothing of the database's own text
    BOOST_TEST(answer.json()["request_id"].asString() == "0123456789abcdef0123456789abcdef");
    BOOST_TEST(test::call(away, test::make_request("GET", "/livez")).status == 200);
    BOOST_TEST(test::call(away, test::make_request("GET", "/readyz")).problem() == "unavailable");
}

BOOST_AUTO_TEST_SUITE_END()

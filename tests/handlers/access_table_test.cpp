#include <algorithm>
#include <array>

#include <boost/test/unit_test.hpp>

#include "handlers/routes.hpp"
#include "tests/fixtures/api.hpp"

using namespace sotto;

namespace {

/// What a well-formed call of a route is answered with, by who makes it.
struct Expected {
    std::string_view method;
    std::string_view path;
    std::string_view body; ///< the JSON that makes the call well-formed; {user_name} is the other user
    int owner;             ///< whose profile, session or message it is; {user_name} is whom that user writes with
    int stranger;          ///< who has never written to the owner; {user_name} is the owner from here on
    int blocked;           ///< who has written with the owner, until the owner blocked them
};

/// Every route, in the table's order. The statuses are docs/api.md's.
constexpr std::array expectations{
    Expected{"POST", "/api/v1/users", R"({"user_name":"{user_name}","password":"a long enough passphrase"})", 409, 409,
             409},
    Expected{"GET", "/api/v1/users/me", "", 200, 200, 200},
    Expected{"PATCH", "/api/v1/users/me", R"({"display_name":"Another"})", 200, 200, 200},
    Expected{"DELETE", "/api/v1/users/me", R"({"password":"a long enough passphrase"})", 204, 204, 204},
    Expected{"PUT", "/api/v1/users/me/password",
             R"({"current_password":"a long enough passphrase","new_password":"another long passphrase"})", 204, 204,
             204},
    Expected{"GET", "/api/v1/users/{user_name}", "", 200, 200, 200},

    Expected{"POST", "/api/v1/sessions", R"({"user_name":"{user_name}","password":"not the passphrase"})", 401, 401,
             401},
    Expected{"GET", "/api/v1/sessions", "", 200, 200, 200},
    Expected{"DELETE", "/api/v1/sessions/current", "", 204, 204, 204},
    Expected{"POST", "/api/v1/sessions/current/delete", "", 204, 204, 204},
    Expected{"DELETE", "/api/v1/sessions/{id}", "", 204, 404, 404},

    Expected{"POST", "/api/v1/messages", R"({"recipient":"{user_name}","type":"text","text":"x"})", 403, 201, 403},
    Expected{"GET", "/api/v1/messages", "", 200, 403, 200},
    Expected{"PATCH", "/api/v1/messages/{id}", R"({"text":"changed"})", 200, 404, 403},
    Expected{"DELETE", "/api/v1/messages/{id}", "", 204, 404, 403},

    Expected{"GET", "/api/v1/conversations", "", 200, 200, 200},
    Expected{"PUT", "/api/v1/conversations/{user_name}/read", R"({"seq":1})", 204, 404, 204},
    Expected{"POST", "/api/v1/conversations/{user_name}/read", R"({"seq":1})", 204, 404, 204},
    Expected{"POST", "/api/v1/conversations/{user_name}/typing", "", 204, 404, 204},

    Expected{"GET", "/api/v1/blocks", "", 200, 200, 200},
    Expected{"PUT", "/api/v1/blocks/{user_name}", "", 204, 204, 204},
    Expected{"DELETE", "/api/v1/blocks/{user_name}", "", 204, 204, 204},

    Expected{"GET", "/api/v1/live", "", 200, 200, 200},
    Expected{"GET", "/api/v1/export", "", 200, 200, 200},

    Expected{"GET", "/plain", "", 200, 200, 200},
    Expected{"GET", "/plain/{user_name}", "", 200, 200, 200},

    Expected{"GET", "/livez", "", 200, 200, 200},
    Expected{"GET", "/readyz", "", 200, 200, 200},
    Expected{"GET", "/metrics", "", 200, 200, 200},
};

constexpr auto find_expected(const Route& route) {
    return std::ranges::find_if(expectations, [&](const Expected& expected) {
        return expected.method == route.method && expected.path == route.path;
    });
}

static_assert(std::ranges::all_of(routes,
                                  [](const Route& route) { return find_expected(route) != expectations.end(); }),
              "each route has an expectation");
static_assert(expectations.size() == routes.size(), "each expectation has a route");

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    if (const std::size_t at = text.find(what); at != std::string::npos) {
        text.replace(at, what.size(), with);
    }
    return text;
}

constexpr std::string_view secret_text = "between the two of us";

/// An owner, the three who may call, and what is the owner's.
struct World {
    test::LoggedIn owner = test::log_in_new_user("owner");
    test::LoggedIn stranger = test::log_in_new_user("stranger");
    test::LoggedIn blocked = test::log_in_new_user("blocked");
    std::string other_session = test::log_in(owner.name).session;
    std::string message;

    World() {
        const auto sent = test::call("POST", "/api/v1/messages",
                                     R"({"recipient":")" + blocked.name + R"(","type":"text","text":")" +
                                         std::string(secret_text) + R"("})",
                                     owner.token);
        message = sent.json()["id"].asString();
        BOOST_REQUIRE(test::call("PUT", "/api/v1/blocks/" + blocked.name, {}, owner.token).status == 204);
    }

    /// The expected call as `caller`, on what is the owner's.
    Request request(const Expected& expected, const test::LoggedIn& caller) const {
        const std::string& other = caller.name == owner.name ? blocked.name : owner.name;
        const bool of_session = expected.path.starts_with("/api/v1/sessions/");
        std::string target = replaced(std::string(expected.path), "{user_name}", other);
        target = replaced(target, "{id}", of_session ? other_session : message);
        if (expected.method == "GET" && target == "/api/v1/messages") {
            target += "?between=" + owner.name + "," + blocked.name;
        }
        Request request = test::make_request(expected.method, target,
                                             replaced(std::string(expected.body), "{user_name}", other), caller.token);
        if (expected.path.ends_with("/live")) {
            request.accept = "text/event-stream";
        }
        return request;
    }

    test::Answer call(const Expected& expected, const test::LoggedIn& caller) const {
        return test::call(request(expected, caller));
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(access_table)

BOOST_AUTO_TEST_CASE(each_kind_of_user_gets_what_is_expected) {
    for (const Expected& expected : expectations) {
        BOOST_TEST_CONTEXT(expected.method << ' ' << expected.path) {
            // Each call has a world of its own, since some of them end it.
            const World for_owner;
            BOOST_TEST(for_owner.call(expected, for_owner.owner).status == expected.owner);
            const World for_stranger;
            const auto to_stranger = for_stranger.call(expected, for_stranger.stranger);
            BOOST_TEST(to_stranger.status == expected.stranger);
            BOOST_TEST(to_stranger.body.find(secret_text) == std::string::npos);
            const World for_blocked;
            BOOST_TEST(for_blocked.call(expected, for_blocked.blocked).status == expected.blocked);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_page_of_another_site_may_read_nothing_and_open_no_live_channel) {
    // What a GET answers, only its own origin can read: no answer names another one (Fetch, 3.2). A WebSocket knows no
    // such rule, so its handshake is refused.
    for (const Expected& expected : expectations) {
        if (expected.method != "GET") {
            continue;
        }
        BOOST_TEST_CONTEXT(expected.path) {
            const World world;
            Request request = world.request(expected, world.owner);
            request.authorization.clear();
            request.cookie = "__Host-session=" + world.owner.token;
            request.sec_fetch_site = "cross-site";
            request.origin = "https://evil.test";
            const auto answer = test::call(request);
            BOOST_TEST(answer.status == (expected.path.ends_with("/live") ? 403 : expected.owner));
            for (const auto& [name, value] : answer.headers) {
                BOOST_TEST(!name.starts_with("Access-Control-"));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(an_open_route_looks_at_no_token) {
    for (const Route& route : routes) {
        if (route.access == Access::open) {
            BOOST_TEST_CONTEXT(route.method << ' ' << route.path) {
                const Expected& expected = *find_expected(route);
                const World world;
                for (const std::string& token : {std::string(), std::string("nonsense"), std::string(1 << 20, 'a')}) {
                    Request request = world.request(expected, world.stranger);
                    request.authorization = token.empty() ? "" : "Bearer " + token;
                    BOOST_TEST(test::call(request).status == expected.stranger);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_huge_token_is_a_bad_token) {
    const auto user = test::log_in_new_user("huge");
    for (const Route& route : routes) {
        if (route.access == Access::session) {
            BOOST_TEST_CONTEXT(route.method << ' ' << route.path) {
                for (const std::string& token :
                     {std::string(1 << 20, 'a'), user.token + std::string(1 << 20, 'a'), std::string(1 << 20, '.')}) {
                    Request request = test::make_request(route.method, route.path, {}, token);
                    BOOST_TEST(test::call(request).status == (route.produces == "text/html" ? 303 : 401));
                    request.authorization.clear();
                    request.cookie = "__Host-session=" + token;
                    BOOST_TEST(test::call(request).status == (route.produces == "text/html" ? 303 : 401));
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_method_that_a_path_does_not_know_is_405_and_changes_nothing) {
    const World world;
    for (const Route& route : routes) {
        for (const std::string_view method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"}) {
            // A capture may be what a literal is, so that what a path knows is asked of its own words.
            const std::string_view known = method == "HEAD" ? "GET" : method;
            const bool is_known = std::ranges::any_of(routes, [&](const Route& other) {
                return other.method == known &&
                       (other.path == route.path ||
                        (route.path == "/api/v1/users/me" && other.path == "/api/v1/users/{user_name}") ||
                        (route.path == "/api/v1/sessions/current" && other.path == "/api/v1/sessions/{id}"));
            });
            if (!is_known) {
                BOOST_TEST_CONTEXT(method << ' ' << route.path) {
                    const auto answer = test::call(method, route.path, {}, world.owner.token);
                    BOOST_TEST(answer.problem() == "method-not-allowed");
                    BOOST_TEST(answer.header("Allow").find(route.method) != std::string::npos);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_body_of_another_type_is_refused_wherever_one_is_read) {
    for (const Expected& expected : expectations) {
        if (expected.body.empty()) {
            continue;
        }
        const World world;
        for (const std::string_view type : {"", "text/plain", "application/xml", "application/json; charset=latin1"}) {
            BOOST_TEST_CONTEXT(expected.method << ' ' << expected.path << " with a body of the type '" << type << "'") {
                const std::string target = replaced(
                    replaced(std::string(expected.path), "{user_name}", world.blocked.name), "{id}", world.message);
                Request request = test::make_request(expected.method, target, expected.body, world.owner.token);
                request.content_type = type;
                BOOST_TEST(test::call(request).problem() == "unsupported-media");
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

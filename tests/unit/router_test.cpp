#include <boost/test/unit_test.hpp>

#include <array>

#include "worker/router.hpp"

using namespace sotto;

namespace {

constexpr std::array table{
    RoutePattern{"POST", "/users"},
    RoutePattern{"GET", "/users/me"},
    RoutePattern{"PUT", "/users/me"},
    RoutePattern{"GET", "/users/{name}"},
    RoutePattern{"GET", "/a/{first}/b/{second}"},
    RoutePattern{"DELETE", "/users/{name}"},
    RoutePattern{"GET", "/folder/"},
};

std::string found(std::string_view method, std::string_view path) {
    const auto match = find_route(table, method, path);
    if (!match) {
        const Problem& problem = match.problem();
        return problem.type == ProblemType::not_found ? "404" : "405 " + problem.headers.at(0).second;
    }
    std::string text = std::to_string(match->index);
    for (const std::string& capture : match->captures) {
        text += " " + capture;
    }
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(router)

BOOST_AUTO_TEST_CASE(routes_are_found_by_method_and_path) {
    struct Case {
        std::string_view method;
        std::string_view path;
        std::string_view expected;
    };
    for (const auto& [method, path, expected] : {
             Case{"POST", "/users", "0"},
             Case{"GET", "/users/me", "1"},
             Case{"HEAD", "/users/me", "1"},
             Case{"PUT", "/users/me", "2"},
             Case{"GET", "/users/bob", "3 bob"},
             Case{"DELETE", "/users/me", "5 me"},
             Case{"GET", "/a/x/b/y", "4 x y"},
             Case{"GET", "/folder/", "6"},
             Case{"GET", "/folder/x", "404"},
             Case{"GET", "/folder", "404"},
             Case{"GET", "/users", "405 POST"},
             Case{"PATCH", "/users/me", "405 GET, HEAD, PUT, DELETE"},
             Case{"GET", "/users/", "404"},
             Case{"POST", "/users/", "404"},
             Case{"GET", "/users/bob/", "404"},
             Case{"GET", "/users/bob/x", "404"},
             Case{"GET", "/a//b/y", "404"},
             Case{"GET", "/a/x/b/", "404"},
             Case{"GET", "/a/x/b", "404"},
             Case{"GET", "users", "404"},
             Case{"GET", "", "404"},
             Case{"get", "/users/me", "405 GET, HEAD, PUT, DELETE"},
         }) {
        BOOST_TEST(found(method, path) == expected, method << ' ' << path << ": " << found(method, path));
    }
}

BOOST_AUTO_TEST_SUITE_END()

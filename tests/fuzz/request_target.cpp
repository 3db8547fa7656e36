// A request's path in the router, and its query string. Input: "METHOD path?query".

#include <algorithm>
#include <string>
#include <vector>

#include "handlers/routes.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "worker/query.hpp"
#include "worker/router.hpp"

namespace sotto::fuzz {

namespace {

const std::vector<RoutePattern>& patterns() {
    static const std::vector<RoutePattern> list = [] {
        std::vector<RoutePattern> result;
        for (const Route& route : routes) {
            result.push_back({route.method, route.path});
        }
        return result;
    }();
    return list;
}

std::vector<std::string_view> segments(std::string_view path) {
    std::vector<std::string_view> result;
    for (std::size_t slash = 0; (slash = path.find('/')) != std::string_view::npos;) {
        result.push_back(path.substr(0, slash));
        path.remove_prefix(slash + 1);
    }
    result.push_back(path);
    return result;
}

/// Whether `path` is one of the pattern's, found in another way than the router's.
bool fits(std::string_view pattern, std::string_view path) {
    return std::ranges::equal(segments(pattern), segments(path), [](std::string_view wanted, std::string_view segment) {
        return wanted.starts_with('{') ? !segment.empty() : wanted == segment;
    });
}

std::string filled(std::string_view pattern, const std::vector<std::string>& captures) {
    std::string path;
    std::size_t next = 0;
    for (const std::string_view segment : segments(pattern)) {
        path += segment.starts_with('{') ? std::string_view(captures.at(next++)) : segment;
        path += '/';
    }
    path.pop_back();
    return path;
}

void try_path(std::string_view method, std::string_view path) {
    const auto match = find_route(patterns(), method, path);
    if (match) {
        const RoutePattern& pattern = patterns().at(match->index);
        require(pattern.method == (method == "HEAD" ? "GET" : method), "a route is found for its own method");
        require(filled(pattern.path, match->captures) == path, "the captures filled in make the path again");
        return;
    }
    std::string allow;
    for (const auto& [name, value] : match.problem().headers) {
        allow += name == "Allow" ? value : "";
    }
    bool known = false;
    for (const RoutePattern& pattern : patterns()) {
        if (fits(pattern.path, path)) {
            known = true;
            require(pattern.method != method, "a route that fits is found");
            require(allow.find(pattern.method) != std::string::npos, "Allow names every method that the path knows");
        }
    }
    require(match.problem().type == (known ? ProblemType::method_not_allowed : ProblemType::not_found),
            "an unknown path is not found, and a known one lacks the method");
}

void try_query(std::string_view query) {
    const auto object = parse_query(query);
    if (!object) {
        require(object.problem().type == ProblemType::malformed_request, "a bad query is a malformed request");
        return;
    }
    require(is_object_of_texts(*object), "a query is an object of texts");
    const auto again = parse_query(urlencode(*object));
    require(again && *again == *object, "a query encoded anew means the same");
}

} // namespace

void try_input(std::string_view input) {
    const std::string_view method = take_until(input, ' ');
    try_path(method, take_until(input, '?'));
    try_query(input);
    if (is_text(input)) {
        require(percent_decode(percent_encode(input)) == input, "what is escaped decodes to what it was");
    }
}

} // namespace sotto::fuzz

#include "worker/router.hpp"

#include <optional>

namespace sotto {

namespace {

std::string_view take_segment(std::string_view& path) {
    const std::size_t end = path.find('/');
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
    return segment;
}

std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
    std::vector<std::string> captures;
    while (!pattern.empty() && !path.empty()) {
        // Both are cut at the same place, so a path with a slash more or less than the pattern never gets through.
        if ((pattern.find('/') == std::string_view::npos) != (path.find('/') == std::string_view::npos)) {
            return std::nullopt;
        }
        const std::string_view wanted = take_segment(pattern);
        const std::string_view segment = take_segment(path);
        if (wanted.starts_with('{')) {
            if (segment.empty()) {
                return std::nullopt;
            }
            captures.emplace_back(segment);
        } else if (wanted != segment) {
            return std::nullopt;
        }
    }
    if (!pattern.empty() || !path.empty()) {
        return std::nullopt;
    }
    return captures;
}

} // namespace

Result<RouteMatch> find_route(std::span<const RoutePattern> table, std::string_view method, std::string_view path) {
    const std::string_view wanted = method == "HEAD" ? "GET" : method;
    std::string allow;
    for (std::size_t i = 0; i < table.size(); ++i) {
        const std::string_view pattern = table[i].path;
        if (!path.starts_with(pattern.substr(0, pattern.find('{')))) {
            continue;
        }
        auto captures = match(pattern, path);
        if (!captures) {
            continue;
        }
        if (table[i].method == wanted) {
            return RouteMatch{i, std::move(*captures)};
        }
        const std::string methods = table[i].method == "GET" ? "GET, HEAD" : std::string(table[i].method);
        if (allow.find(methods) == std::string::npos) { // a literal and a capture may both match the path
            allow += (allow.empty() ? "" : ", ") + methods;
        }
    }
    if (allow.empty()) {
        return Problem{ProblemType::not_found, "There is nothing at this path."};
    }
    return Problem{ProblemType::method_not_allowed, "This path does not know that method.", {}, {{"Allow", allow}}};
}

} // namespace sotto

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "worker/result.hpp"

namespace sotto {

/// A path with {captures} for whole segments: "/api/v1/users/{user_name}".
struct RoutePattern {
    std::string_view method;
    std::string_view path;
};

struct RouteMatch {
    std::size_t index;                 ///< into the table that was searched
    std::vector<std::string> captures; ///< in the path's order
};

/// Finds the first route of `table` for `method` and `path`; HEAD finds GET. A literal segment must stand before a
/// capture in the table to win over it. `not_found` for an unknown path, `method_not_allowed` with Allow for another
/// method (RFC 9110, 15.5.6).
Result<RouteMatch> find_route(std::span<const RoutePattern> table, std::string_view method, std::string_view path);

} // namespace sotto

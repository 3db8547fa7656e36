#pragma once

#include <span>
#include <string_view>

#include "handlers/call.hpp"

namespace sotto {

/// Who may call a route.
enum class Access {
    open,    ///< anybody
    session, ///< the holder of a session
};

/// Whether a route reads the query string; any other route refuses one.
enum class Query { none, read };

struct Route {
    std::string_view method;
    std::string_view path;
    Access access;
    Handler handler;
    Query query = Query::none;
    std::string_view produces = "application/json"; ///< what Accept must allow; "" for a route that looks itself
};

/// The whole API.
std::span<const Route> routes();

} // namespace sotto

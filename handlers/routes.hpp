#pragma once

#include <array>
#include <string_view>

#include "handlers/blocks.hpp"
#include "handlers/call.hpp"
#include "handlers/conversations.hpp"
#include "handlers/export.hpp"
#include "handlers/health.hpp"
#include "handlers/live.hpp"
#include "handlers/messages.hpp"
#include "handlers/metrics.hpp"
#include "handlers/plain_pages.hpp"
#include "handlers/sessions.hpp"
#include "handlers/users.hpp"

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

/// The whole API. A literal segment stands before a capture in the same place.
inline constexpr std::array routes{
    Route{"POST", "/api/v1/users", Access::open, create_user},
    Route{"GET", "/api/v1/users/me", Access::session, get_own_user},
    Route{"PATCH", "/api/v1/users/me", Access::session, update_own_user},
    Route{"DELETE", "/api/v1/users/me", Access::session, erase_own_user},
    Route{"PUT", "/api/v1/users/me/password", Access::session, change_password},
    Route{"GET", "/api/v1/users/{user_name}", Access::session, get_user},

    Route{"POST", "/api/v1/sessions", Access::open, log_in},
    Route{"GET", "/api/v1/sessions", Access::session, list_sessions},
    Route{"DELETE", "/api/v1/sessions/current", Access::session, log_out},
    Route{"POST", "/api/v1/sessions/current/delete", Access::session, log_out}, // a form can't DELETE
    Route{"DELETE", "/api/v1/sessions/{id}", Access::session, end_session},

    Route{"POST", "/api/v1/messages", Access::session, send_message},
    Route{"GET", "/api/v1/messages", Access::session, {list_messages, is_window}, Query::read},
    Route{"PATCH", "/api/v1/messages/{id}", Access::session, edit_message},
    Route{"DELETE", "/api/v1/messages/{id}", Access::session, delete_message},

    Route{"GET", "/api/v1/conversations", Access::session, list_conversations, Query::read},
    Route{"PUT", "/api/v1/conversations/{user_name}/read", Access::session, mark_read},
    Route{"POST", "/api/v1/conversations/{user_name}/read", Access::session, mark_read}, // a form can't PUT
    Route{"POST", "/api/v1/conversations/{user_name}/typing", Access::session, notify_of_typing},

    Route{"GET", "/api/v1/blocks", Access::session, list_blocks},
    Route{"PUT", "/api/v1/blocks/{user_name}", Access::session, add_block},
    Route{"DELETE", "/api/v1/blocks/{user_name}", Access::session, remove_block},

    Route{"GET", "/api/v1/live", Access::session, join_live, Query::none, ""},
    Route{"GET", "/api/v1/export", Access::session, export_own_data, Query::none, "application/x-ndjson"},

    Route{"GET", "/plain", Access::session, get_plain_inbox, Query::read, "text/html"},
    Route{"GET", "/plain/{user_name}", Access::session, get_plain_conversation, Query::read, "text/html"},

    Route{"GET", "/livez", Access::open, get_liveness},
    Route{"GET", "/readyz", Access::open, get_readiness},
    Route{"GET", "/metrics", Access::open, get_metrics, Query::none, "text/plain"}, // nginx asks, locally
};
static_assert(routes.size() < max_counted_routes, "and one for requests without a route");

} // namespace sotto

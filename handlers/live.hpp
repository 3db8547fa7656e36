#pragma once

#include "handlers/call.hpp"

namespace sotto {

/// GET /api/v1/live: join the live channel, by WebSocket or by server-sent events (docs/live.md).
///   out   an internal redirect that makes nginx hand the connection to the hub, which then speaks; HEAD gets what an
///         event stream starts with
///   else  403 cross-origin where a cookie came from another site's page, which could listen in
Result<Response> join_live(Call& call);

} // namespace sotto

#include "handlers/live.hpp"

#include "auth/origin.hpp"
#include "db/sessions.hpp"

namespace sotto {

Result<Response> join_live(Call& call) {
    const Request& request = call.request;
    // A WebSocket handshake is a GET that no same-origin policy guards.
    if (request.authorization.empty() && !auth::is_same_origin(request.sec_fetch_site, request.origin, request.host)) {
        return Problem{ProblemType::cross_origin, "This call came from a page of another site."};
    }
    const auto caller = db::find_session(call.app.connection, call.claims->session);
    if (!caller) {
        return unauthenticated();
    }
    call.caller = caller;
    if (request.method == "HEAD") { // which the hub doesn't know: it would have to leave the body of a stream out
        return Response{.status = 200,
                        .headers = {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}},
                        .body = {},
                        .stream = {}};
    }
    const std::string target =
        "/internal/live?user=" + std::to_string(caller->user_id) + "&session=" + auth::to_hex(call.claims->session);
    return Response{.status = 200, .headers = {{"X-Accel-Redirect", target}}, .body = {}, .stream = {}};
}

} // namespace sotto

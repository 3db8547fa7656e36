#pragma once

#include <chrono>

#include <json/value.h>

#include "db/sessions.hpp"
#include "handlers/call.hpp"

namespace sotto {

/// How long a log-in is good for.
inline constexpr std::chrono::days session_lifetime{30};

/// POST /api/v1/sessions: log in.
///   in    JSON or form: user_name, password; JSON only: token (true asks for the token in the body, for use as a
///   bearer token) out   201 with user, session and, where asked for, token; the session cookie is set. A form: 303 to
///   /#logged-in else  401 invalid-credentials, the same for an unknown or locked user and a wrong password, in text
///   and in time
Result<Response> log_in(Call& call);

/// GET /api/v1/sessions: the user's live sessions, newest first; `current` marks the asking one.
Result<Response> list_sessions(Call& call);

/// DELETE /api/v1/sessions/{id}: end one of the user's own sessions, at once and everywhere.
///   out   204
///   else  404 not-found, for another user's session as well
Result<Response> end_session(Call& call);

/// DELETE /api/v1/sessions/current, or POST /api/v1/sessions/current/delete from a form: log out.
///   out   204 and the cookie is removed; a form: 303 to /#logged-out
Result<Response> log_out(Call& call);

/// A session as its own user sees it.
Json::Value to_json_object(const db::Session& session, bool current);

} // namespace sotto

#pragma once

#include <optional>
#include <string>

#include "db/sessions.hpp"
#include "worker/response.hpp"

namespace sotto {

/// What an export of all that is kept of a user begins with.
struct UserExport {
    db::Caller caller;
    std::string user_name;
    std::string head; ///< the lines "user", "session" and "block"
};

enum class AskingSession { listed, left_out };

/// Begins the export of the session's user; nothing where the session has ended. `asking` says whether that session
/// itself is among the user's.
std::optional<UserExport> begin_export(db::Connection& connection, const db::SessionId& session, AskingSession asking);

/// The whole of it: one object a line, each with `kind`: "user", then "session" and "block" each, then "message" for
/// all that was sent and received, each box newest first, and "end" last, without which the export was cut short.
/// Throws where the session ends meanwhile. The connection must outlive the stream.
Stream stream_export(db::Connection& connection, const db::SessionId& session, UserExport user);

} // namespace sotto

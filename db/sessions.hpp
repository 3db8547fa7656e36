#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/connection.hpp"

namespace sotto::db {

/// One log-in on one device.
struct Session {
    SessionId id;
    Timestamp created_at;
    Timestamp last_seen_at;
    Timestamp expires_at;
    std::string user_agent;
    std::string ip;
};

/// The caller whose columns (user id, session's last_seen_at) a row starts with.
Caller read_caller(const Rows& rows);

/// Stores a session for `user_id` and removes the user's expired ones; a longer `user_agent` than 255 characters must
/// be cut before. `verified_hash` is what a password was held against; the administrator has none. Returns when it was
/// created; nothing where the user is erased or, with a `verified_hash`, is locked or has another one by now.
std::optional<Timestamp> create_session(Connection& connection, std::int64_t user_id, const Session& session,
                                        const std::optional<std::string_view>& verified_hash);

/// Whom the session belongs to; nothing where it is unknown, ended or expired.
std::optional<Caller> find_session(Connection& connection, const SessionId& session);

struct SessionList {
    Caller caller;
    std::vector<Session> sessions; ///< newest first, the asking one included
};

/// All live sessions of the session's user; nothing where the session itself has ended.
std::optional<SessionList> list_sessions(Connection& connection, const SessionId& session);

/// Notes that the session is in use.
void touch_session(Connection& connection, const SessionId& session);

/// Ends a session of that user; false where there is no such one.
bool end_session(Connection& connection, std::int64_t user_id, const SessionId& session);

} // namespace sotto::db

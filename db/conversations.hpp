#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "db/messages.hpp"

namespace sotto::db {

/// A place in the inbox: conversations with older last messages come next.
struct InboxCursor {
    Timestamp last_at;
    std::int64_t conversation_id = 0;
};

/// One conversation as its user's inbox shows it. Its views hold until the next row is read.
struct InboxEntry {
    std::string_view user_name;
    std::string_view display_name;
    bool erased = false; ///< the other user's account is gone; the history stays
    std::int64_t last_seq = 0;
    std::int64_t my_read_seq = 0;
    std::int64_t their_read_seq = 0;
    Timestamp last_at;
    Message last_message;
};

/// Reads up to `limit` of the session's user's conversations, newest first, from `cursor` on. Nothing where the session
/// has ended.
std::optional<Caller> read_inbox(Connection& connection, const SessionId& session,
                                 const std::optional<InboxCursor>& cursor, std::int64_t limit,
                                 const std::function<void(const Caller&, const InboxEntry&)>& visit);

/// Another user as the session's user stands to them.
struct Peer {
    Caller caller;
    std::optional<std::int64_t> user_id; ///< nothing for an unknown user
    bool erased = false;
    bool blocked = false; ///< one of the two has blocked the other
    std::optional<ConversationState> conversation;
};

/// Nothing where the session has ended.
std::optional<Peer> find_peer(Connection& connection, const SessionId& session, std::string_view user_name);

/// Moves the user's read mark forward to `seq`, or to the newest message where that is less; never backwards. Returns
/// whether it moved.
bool move_read_mark(Connection& connection, std::int64_t conversation_id, std::int64_t user_id, std::int64_t seq);

} // namespace sotto::db

#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "db/connection.hpp"

namespace sotto::db {

/// What a message carries, by its type; absent where the type has no such member.
struct Content {
    std::string_view type; ///< "text", "image" or "video"
    std::optional<std::string_view> text = {};
    std::optional<std::string_view> url = {};
    std::optional<std::int64_t> width = {};
    std::optional<std::int64_t> height = {};
    std::optional<std::int64_t> duration_s = {};
    std::optional<std::string_view> source = {};
};

/// A stored message. Its views hold until the next row is read.
struct Message {
    std::int64_t conversation_id = 0;
    std::int64_t seq = 0;
    std::int64_t sender_id = 0;
    Content content;
    Timestamp created_at;
    std::optional<Timestamp> edited_at = {};
    std::optional<Timestamp> deleted_at = {};
};

/// Reads the message whose columns (`message_columns` of statements.cpp) start at `first` of a row.
Message read_message_columns(const Rows& rows, std::int64_t conversation_id, std::size_t first);

/// After every message: where a cursor starts that has not been given.
inline constexpr Timestamp end_of_time = std::chrono::sys_days(
    std::chrono::year_month_day(std::chrono::year(9999), std::chrono::month(12), std::chrono::day(31)));

// ---- sending

struct NewMessage {
    std::string_view recipient; ///< user name
    Content content;
    std::optional<std::string_view> idempotency_key = {};
    std::optional<Fingerprint> fingerprint = {}; ///< of recipient and content; goes with the key
};

enum class SendOutcome { sent, replayed, key_reused, no_session, no_recipient, to_oneself, blocked };

struct Sent {
    SendOutcome outcome = SendOutcome::no_session;
    // Set for `sent` and `replayed` alone:
    Caller sender{};
    std::int64_t recipient_id = 0;
    std::int64_t conversation_id = 0;
    std::int64_t seq = 0;
    Timestamp created_at{};
};

/// Stores a message in one transaction and one round trip (sql/0002_send_message.sql). When it returns `sent` or
/// `replayed`, the message is committed. Where the connection is lost on the way, a message with a key is sent again,
/// since the key keeps it from being stored twice; one without a key ends in Unavailable, and may or may not have been
/// stored.
Sent send_message(Connection& connection, const SessionId& session, const NewMessage& message);

/// One of several messages that are stored together.
struct Submission {
    SessionId session{};
    NewMessage message;
};

/// Stores messages of whatever senders in one transaction, whose cost they share; at most `max_batch`. Says for each
/// that it was sent and is committed, or nothing: then it was not stored, and `send_message` must see to it. So it is
/// with the first message between two users, and with all that is to be refused; and with all of them where a key was
/// used before, or where a conversation stays locked. Where it throws, each may or may not have been stored.
std::vector<std::optional<Sent>> send_messages(Connection& connection, std::span<const Submission> submissions);

/// Hands the message with that number to `visit`, if it is there. Checks nobody's right to see it.
void read_message(Connection& connection, std::int64_t conversation_id, std::int64_t seq,
                  const std::function<void(const Message&)>& visit);

// ---- changing

enum class ChangeOutcome { changed, unchanged, no_session, not_found, not_sender, no_text };

struct Change {
    std::int64_t conversation_id = 0;
    std::int64_t seq = 0;
    bool erase = false;                        ///< leave a tombstone
    std::optional<std::string_view> text = {}; ///< else the new text or caption; nothing takes a caption away
};

struct Changed {
    ChangeOutcome outcome = ChangeOutcome::no_session;
    std::optional<Caller> caller; ///< nothing for `no_session`
};

/// Edits or deletes a message of the session's user in one transaction and one round trip
/// (sql/0003_change_message.sql), and hands the message as it is now to `visit`, with its recipient, for `changed` and
/// `unchanged`.
Changed
change_message(Connection& connection, const SessionId& session, const Change& change,
               const std::function<void(const Message&, std::int64_t recipient_id, std::string_view recipient)>& visit);

// ---- reading a conversation

/// Numbers of messages from `low` to `high`, both included.
struct Range {
    std::int64_t low = 1;
    std::int64_t high = 0;

    bool empty() const { return low > high; }
    bool has(std::int64_t seq) const { return low <= seq && seq <= high; }
};

/// A window of a conversation's numbers: `count` of them below min(upto, newest) - offset, none below `lowest`.
/// The numbers are dense, so this is a range of the clustered key, and every page of it costs the same.
struct Window {
    std::optional<std::int64_t> upto = {}; ///< the newest where absent
    std::int64_t offset = 0;
    std::int64_t count = 0;
    std::int64_t lowest = 1;

    /// What it shows of a conversation whose newest message has the number `newest`.
    Range range(std::int64_t newest) const;
};

enum class Order { newest_first, oldest_first };

/// What a conversation's pages depend on; unchanged state means unchanged pages.
struct ConversationState {
    std::int64_t conversation_id = 0;
    std::int64_t last_seq = 0;
    std::int64_t change_count = 0;

    bool operator==(const ConversationState&) const = default;
};

/// Reads it from a row that starts with `conversation_head` of statements.cpp; nothing before the first message.
std::optional<ConversationState> read_conversation_state(const Rows& rows);

struct ConversationView {
    Caller caller;
    bool peer_exists = false;
    std::optional<ConversationState> state; ///< nothing before the first message
};

/// The conversation between the session's user and `peer`, without its messages: three rows by unique key. Nothing
/// where the session has ended.
std::optional<ConversationView> read_conversation_head(Connection& connection, const SessionId& session,
                                                       std::string_view peer);

/// Reads a window of that conversation, message by message, in one round trip (two where the window is empty, three
/// where a message comes just then). `visit` gets the conversation as it was when the statement ran; what is returned
/// fits what was visited. Nothing where the session has ended.
std::optional<ConversationView>
read_conversation(Connection& connection, const SessionId& session, std::string_view peer, const Window& window,
                  Order order, const std::function<void(const ConversationView&, const Message&)>& visit);

/// A window that a reader may have already.
struct WindowRead {
    SessionId session{};
    std::string_view peer;
    Window window;
    Order order = Order::newest_first;
    std::function<bool(const ConversationState&)> is_known =
        {}; ///< whether the reader has it in that state; may be empty
    std::function<void(const ConversationView&, const Message&)> visit;
};

struct WindowSeen {
    std::optional<ConversationView> view; ///< nothing where the session has ended
    bool known = false;                   ///< so that no message was visited
};

/// Reads one window, as above; what the reader may have already costs a round trip more where it has not.
WindowSeen read_conversation(Connection& connection, const WindowRead& read);

/// Reads windows, newest first, for whatever readers, at most `max_batch`, in at most two round trips. Each is as the
/// conversation was at one moment, but for a change to a message just then, which the state of the next reading will
/// tell.
std::vector<WindowSeen> read_conversations(Connection& connection, std::span<const WindowRead> reads);

// ---- reading across conversations

enum class Box { sent, received };

/// A place in a box: messages older than this one come next.
struct BoxCursor {
    Timestamp created_at;
    std::int64_t conversation_id = 0;
    std::int64_t seq = 0;
};

/// Reads up to `limit` messages that the session's user has sent or received, newest first, from `cursor` on, with the
/// other user's name. Nothing where the session has ended.
std::optional<Caller> read_box(Connection& connection, const SessionId& session, Box box,
                               const std::optional<BoxCursor>& cursor, std::int64_t limit,
                               const std::function<void(const Message&, std::string_view other)>& visit);

} // namespace sotto::db

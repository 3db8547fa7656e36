#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace sotto::live {

/// The public name of a session as it travels: 32 lower-case hex digits.
using SessionHex = std::array<char, 32>;

/// Nothing unless `text` is exactly 32 lower-case hex digits.
std::optional<SessionHex> session_from_hex(std::string_view text);

/// A user's id: decimal, greater than zero, nothing else.
std::optional<std::int64_t> user_id_from(std::string_view text);

/// `event <user id> <event id, or -> <json>`: for every connection of that user.
struct DeliverEvent {
    std::int64_t user_id = 0;
    std::string_view id; ///< empty for none
    std::string_view json;
};

/// `close-session <session>`: ends that session's connections.
struct CloseSession {
    SessionHex session;
};

/// `close-user <user id> [<session>]`: ends that user's connections, except those of the session.
struct CloseUser {
    std::int64_t user_id = 0;
    std::optional<SessionHex> keep;
};

/// `close-all`: ends every connection, since a worker had more to close than it could remember. Whoever may come back
/// will.
struct CloseAll {};

/// `resync <user id>` or `resync *`: events for that user, or for everybody, were dropped.
struct Resync {
    std::optional<std::int64_t> user_id;
};

using Command = std::variant<DeliverEvent, CloseSession, CloseUser, CloseAll, Resync>;

/// The longest record; a SOCK_SEQPACKET send of this size fits into the default socket buffer.
inline constexpr std::size_t max_record_bytes = std::size_t{128} * 1024;

/// Parses a record, which tells the hub of one committed change: one or more lines, each ended by a line feed.
/// The commands point into `record`. Nothing where any line is malformed: a record counts whole or not at all.
std::optional<std::vector<Command>> parse_record(std::string_view record);

} // namespace sotto::live

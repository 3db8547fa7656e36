#include "db/conversations.hpp"

#include <limits>

#include "db/sessions.hpp"

namespace sotto::db {

std::optional<Caller> read_inbox(Connection& connection, const SessionId& session,
                                 const std::optional<InboxCursor>& cursor, std::int64_t limit,
                                 const std::function<void(const Caller&, const InboxEntry&)>& visit) {
    const InboxCursor from = cursor.value_or(InboxCursor{end_of_time, std::numeric_limits<std::int64_t>::max()});
    std::optional<Caller> caller;
    {
        Rows rows = connection.execute(Sql::inbox, {from.last_at, from.last_at, from.conversation_id, as_bytes(session),
                                                    limit, from.last_at, from.last_at, from.conversation_id,
                                                    as_bytes(session), limit, limit});
        while (rows.next()) {
            if (!caller) {
                caller = read_caller(rows);
            }
            visit(*caller, {
                               .user_name = rows->text(3),
                               .display_name = rows->text(4),
                               .erased = !rows->is_null(5),
                               .last_seq = rows->integer(6),
                               .my_read_seq = rows->integer(7),
                               .their_read_seq = rows->integer(8),
                               .last_at = rows->time(9),
                               .last_message = read_message_columns(rows, rows->integer(2), 10),
                           });
        }
    }
    return caller ? caller : find_session(connection, session);
}

std::optional<Peer> find_peer(Connection& connection, const SessionId& session, std::string_view user_name) {
    Rows rows = connection.execute(Sql::peer, {user_name, as_bytes(session)});
    if (!rows.next()) {
        return std::nullopt;
    }
    return Peer{
        .caller = read_caller(rows),
        .user_id = rows->optional_integer(5),
        .erased = !rows->is_null(6),
        .blocked = rows->integer(7) != 0,
        .conversation = read_conversation_state(rows),
    };
}

bool move_read_mark(Connection& connection, std::int64_t conversation_id, std::int64_t user_id, std::int64_t seq) {
    const Rows rows = connection.execute(Sql::read_mark, {user_id, seq, user_id, seq, conversation_id});
    return rows->affected_rows() == 1; // which counts rows that changed
}

} // namespace sotto::db

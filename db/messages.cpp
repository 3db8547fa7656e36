#include "db/messages.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>
#include <utility>

#include "db/sessions.hpp"

namespace sotto::db {

Message read_message_columns(const Rows& rows, std::int64_t conversation_id, std::size_t first) {
    return {
        .conversation_id = conversation_id,
        .seq = rows->integer(first),
        .sender_id = rows->integer(first + 1),
        .content =
            {
                .type = rows->text(first + 2),
                .text = rows->optional_text(first + 3),
                .url = rows->optional_text(first + 4),
                .width = rows->optional_integer(first + 5),
                .height = rows->optional_integer(first + 6),
                .duration_s = rows->optional_integer(first + 7),
                .source = rows->optional_text(first + 8),
            },
        .created_at = rows->time(first + 9),
        .edited_at = rows->optional_time(first + 10),
        .deleted_at = rows->optional_time(first + 11),
    };
}

std::optional<ConversationState> read_conversation_state(const Rows& rows) {
    if (rows->is_null(2)) {
        return std::nullopt;
    }
    return ConversationState{rows->integer(2), rows->integer(3), rows->integer(4)};
}

namespace {

/// Reads the columns of `conversation_head` in statements.cpp.
ConversationView read_conversation_columns(const Rows& rows, bool peer_exists) {
    return {read_caller(rows), peer_exists, read_conversation_state(rows)};
}

/// What a procedure calls an outcome, and what we do.
template<class Outcome, std::size_t size>
Outcome parse_outcome(const std::array<std::pair<std::string_view, Outcome>, size>& names, std::string_view text) {
    for (const auto& [name, outcome] : names) {
        if (name == text) {
            return outcome;
        }
    }
    throw std::logic_error("a procedure answered '" + std::string(text) + "'");
}

constexpr std::array<std::pair<std::string_view, SendOutcome>, 7> send_outcomes{{
    {"sent", SendOutcome::sent},
    {"replayed", SendOutcome::replayed},
    {"key_reused", SendOutcome::key_reused},
    {"no_session", SendOutcome::no_session},
    {"no_recipient", SendOutcome::no_recipient},
    {"to_oneself", SendOutcome::to_oneself},
    {"blocked", SendOutcome::blocked},
}};

constexpr std::array<std::pair<std::string_view, ChangeOutcome>, 6> change_outcomes{{
    {"changed", ChangeOutcome::changed},
    {"unchanged", ChangeOutcome::unchanged},
    {"no_session", ChangeOutcome::no_session},
    {"not_found", ChangeOutcome::not_found},
    {"not_sender", ChangeOutcome::not_sender},
    {"no_text", ChangeOutcome::no_text},
}};

} // namespace

Range Window::range(std::int64_t newest) const {
    const std::int64_t high = std::min(upto.value_or(newest), newest) - offset;
    return {std::max(high - count + 1, lowest), high};
}

Sent send_message(Connection& connection, const SessionId& session, const NewMessage& message) {
    const Content& content = message.content;
    const std::optional<std::string_view> fingerprint =
        message.fingerprint ? std::optional(as_bytes(*message.fingerprint)) : std::nullopt;
    Rows rows = connection.execute(Sql::message_send,
                                   {as_bytes(session), message.recipient, content.type, nullable(content.text),
                                    nullable(content.url), nullable(content.width), nullable(content.height),
                                    nullable(content.duration_s), nullable(content.source),
                                    nullable(message.idempotency_key), nullable(fingerprint)},
                                   message.idempotency_key ? Repeat::safe : Repeat::unsafe);
    rows.next();
    Sent sent{.outcome = parse_outcome(send_outcomes, rows->text(0))};
    if (sent.outcome == SendOutcome::sent || sent.outcome == SendOutcome::replayed) {
        sent.conversation_id = rows->integer(1);
        sent.seq = rows->integer(2);
        sent.created_at = rows->time(3);
        sent.sender = {rows->integer(4), rows->integer(6) != 0};
        sent.recipient_id = rows->integer(5);
    }
    return sent;
}

Changed change_message(
    Connection& connection, const SessionId& session, const Change& change,
    const std::function<void(const Message&, std::int64_t recipient_id, std::string_view recipient)>& visit) {
    Rows rows = connection.execute(Sql::message_change, {as_bytes(session), change.conversation_id, change.seq,
                                                         std::int64_t{change.erase}, nullable(change.text)});
    rows.next();
    Changed changed{parse_outcome(change_outcomes, rows->text(0)), std::nullopt};
    if (!rows->is_null(1)) {
        changed.caller = Caller{rows->integer(1), rows->integer(2) != 0};
    }
    if (changed.outcome == ChangeOutcome::changed || changed.outcome == ChangeOutcome::unchanged) {
        visit(read_message_columns(rows, change.conversation_id, 5), rows->integer(3), rows->text(4));
    }
    return changed;
}

void read_message(Connection& connection, std::int64_t conversation_id, std::int64_t seq,
                  const std::function<void(const Message&)>& visit) {
    Rows rows = connection.execute(Sql::message_by_number, {conversation_id, seq});
    if (rows.next()) {
        visit(read_message_columns(rows, conversation_id, 0));
    }
}

std::optional<ConversationView> read_conversation_head(Connection& connection, const SessionId& session,
                                                       std::string_view peer) {
    Rows rows = connection.execute(Sql::conversation_head, {peer, as_bytes(session)});
    return rows.next() ? std::optional(read_conversation_columns(rows, !rows->is_null(5))) : std::nullopt;
}

std::optional<ConversationView>
read_conversation(Connection& connection, const SessionId& session, std::string_view peer, const Window& window,
                  Order order, const std::function<void(const ConversationView&, const Message&)>& visit) {
    const Parameter upto = nullable(window.upto);
    const auto read_rows = [&] {
        std::optional<ConversationView> view;
        Rows rows = connection.execute(
            order == Order::newest_first ? Sql::messages_newest_first : Sql::messages_oldest_first,
            {peer, upto, window.offset, window.count, window.lowest, upto, window.offset, as_bytes(session)});
        while (rows.next()) {
            if (!view) {
                view = read_conversation_columns(rows, true);
            }
            visit(*view, read_message_columns(rows, view->state->conversation_id, 5));
        }
        return view;
    };
    if (auto view = read_rows()) {
        return view;
    }
    // No row: no message in the window, no conversation, no such peer, or no session. Which?
    auto view = read_conversation_head(connection, session, peer);
    // Stored between the two statements: the state counts it, so the messages must have it too.
    return view && view->state && !window.range(view->state->last_seq).empty() ? read_rows() : view;
}

std::optional<Caller> read_box(Connection& connection, const SessionId& session, Box box,
                               const std::optional<BoxCursor>& cursor, std::int64_t limit,
                               const std::function<void(const Message&, std::string_view other)>& visit) {
    constexpr std::int64_t end = std::numeric_limits<std::int64_t>::max();
    const BoxCursor from = cursor.value_or(BoxCursor{end_of_time, end, end});
    std::optional<Caller> caller;
    {
        Rows rows = connection.execute(box == Box::sent ? Sql::messages_sent : Sql::messages_received,
                                       {from.created_at, from.created_at, from.created_at, from.conversation_id,
                                        from.conversation_id, from.seq, as_bytes(session), limit});
        while (rows.next()) {
            if (!caller) {
                caller = read_caller(rows);
            }
            visit(read_message_columns(rows, rows->integer(3), 4), rows->text(2));
        }
    }
    return caller ? caller : find_session(connection, session);
}

} // namespace sotto::db

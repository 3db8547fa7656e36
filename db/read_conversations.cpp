#include <stdexcept>
#include <string>

#include "db/batch.hpp"
#include "db/messages.hpp"

namespace sotto::db {

namespace {

/// The conversations as they are now, without their messages.
std::vector<WindowSeen> read_heads(Connection& connection, std::span<const WindowRead> reads) {
    std::vector<SessionId> sessions;
    std::vector<std::string_view> names;
    for (const WindowRead& read : reads) {
        sessions.push_back(read.session);
        names.push_back(read.peer);
    }
    const auto callers = find_callers(connection, sessions);
    const auto peers = find_users(connection, names);
    std::vector<WindowSeen> seen(reads.size());
    std::vector<Pair> pairs(reads.size());
    std::vector<Parameter> parameters;
    for (std::size_t i = 0; i < reads.size(); ++i) {
        if (callers[i]) {
            seen[i].view = ConversationView{*callers[i], peers[i].has_value(), std::nullopt};
        }
        if (callers[i] && peers[i]) {
            pairs[i] = Pair::of(callers[i]->user_id, peers[i]->id);
            parameters.emplace_back(pairs[i].lo);
            parameters.emplace_back(pairs[i].hi);
        }
    }
    if (parameters.empty()) {
        return seen;
    }
    Rows rows = connection.execute(Sql::batch_heads, filled(std::move(parameters), 2 * max_batch));
    while (rows.next()) {
        for (std::size_t i = 0; i < reads.size(); ++i) {
            if (pairs[i] == Pair{rows->integer(0), rows->integer(1)}) {
                seen[i].view->state = ConversationState{rows->integer(2), rows->integer(3), rows->integer(4)};
            }
        }
    }
    return seen;
}

} // namespace

WindowSeen read_conversation(Connection& connection, const WindowRead& read) {
    if (read.is_known) {
        const auto head = read_conversation_head(connection, read.session, read.peer);
        const bool known = head && head->state && read.is_known(*head->state);
        if (!head || known) {
            return {head, known};
        }
    }
    return {read_conversation(connection, read.session, read.peer, read.window, read.order, read.visit), false};
}

std::vector<WindowSeen> read_conversations(Connection& connection, std::span<const WindowRead> reads) {
    if (reads.size() > max_batch) {
        throw std::logic_error("a batch of " + std::to_string(reads.size()));
    }
    std::vector<WindowSeen> seen = read_heads(connection, reads);
    std::vector<Range> ranges(reads.size());
    std::vector<Parameter> parameters;
    for (std::size_t i = 0; i < reads.size(); ++i) {
        if (!seen[i].view || !seen[i].view->state) {
            continue;
        }
        const ConversationState& state = *seen[i].view->state;
        seen[i].known = reads[i].is_known && reads[i].is_known(state);
        if (seen[i].known) {
            continue;
        }
        ranges[i] = reads[i].window.range(state.last_seq);
        if (!ranges[i].empty()) {
            parameters.insert(parameters.end(), {state.conversation_id, ranges[i].low, ranges[i].high});
        }
    }
    if (parameters.empty()) {
        return seen;
    }
    Rows rows = connection.execute(Sql::batch_messages, filled(std::move(parameters), 3 * max_batch));
    while (rows.next()) {
        const Message message = read_message_columns(rows, rows->integer(0), 1);
        for (std::size_t i = 0; i < reads.size(); ++i) {
            if (ranges[i].has(message.seq) && seen[i].view->state->conversation_id == message.conversation_id) {
                reads[i].visit(*seen[i].view, message);
            }
        }
    }
    return seen;
}

} // namespace sotto::db

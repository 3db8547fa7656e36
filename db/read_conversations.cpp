#include "db/batch.hpp"
#include "db/messages.hpp"

namespace sotto::db {

namespace {

/// The conversations as they are now, without their messages.
std::vector<WindowSeen> read_views(Connection& connection, std::span<const WindowRead> reads) {
    std::vector<HeadQuery> queries;
    queries.reserve(reads.size());
    for (const WindowRead& read : reads) {
        queries.push_back({read.session, read.peer});
    }
    std::vector<WindowSeen> seen;
    seen.reserve(reads.size());
    for (const std::optional<Head>& head : read_heads(connection, queries)) {
        WindowSeen& each = seen.emplace_back();
        if (head) {
            each.view = ConversationView{head->caller, head->peer_id.has_value(), head->state};
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
    std::vector<WindowSeen> seen = read_views(connection, reads);
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

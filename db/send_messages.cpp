#include <algorithm>

#include <mysqld_error.h>

#include "db/batch.hpp"
#include "db/messages.hpp"

namespace sotto::db {

namespace {

/// A submission whose sender and recipient have a conversation.
struct Candidate {
    std::size_t index; ///< among the submissions
    Caller sender;
    std::int64_t recipient_id;
    std::int64_t conversation_id;
};

/// A conversation whose row is locked, as it will be once all is stored.
struct Conversation {
    std::int64_t id;
    std::int64_t user_lo;
    std::int64_t last_seq;
    Timestamp now; ///< never before its last message
    std::int64_t read_lo;
    std::int64_t read_hi;

    /// Gives a message of that sender its number. What I write I have read.
    std::int64_t take_number(std::int64_t sender_id) {
        ++last_seq;
        (sender_id == user_lo ? read_lo : read_hi) = last_seq;
        return last_seq;
    }
};

std::vector<Candidate> find_candidates(Connection& connection, std::span<const Submission> submissions) {
    std::vector<HeadQuery> queries;
    queries.reserve(submissions.size());
    for (const Submission& submission : submissions) {
        queries.push_back({submission.session, submission.message.recipient});
    }
    const auto heads = read_heads(connection, queries);
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < heads.size(); ++i) {
        if (heads[i] && heads[i]->state && !heads[i]->peer_erased) {
            candidates.push_back({i, heads[i]->caller, *heads[i]->peer_id, heads[i]->state->conversation_id});
        }
    }
    return candidates;
}

/// Locks the conversations whose two have not blocked each other.
std::vector<Conversation> lock_conversations(Connection& connection, std::span<const Candidate> candidates) {
    std::vector<Parameter> ids;
    for (const Candidate& candidate : candidates) {
        ids.emplace_back(candidate.conversation_id);
    }
    std::vector<Conversation> conversations;
    Rows rows = connection.execute(Sql::batch_lock, filled(std::move(ids), max_batch));
    while (rows.next()) {
        conversations.push_back({.id = rows->integer(0),
                                 .user_lo = rows->integer(1),
                                 .last_seq = rows->integer(2),
                                 .now = rows->time(3),
                                 .read_lo = rows->integer(4),
                                 .read_hi = rows->integer(5)});
    }
    return conversations;
}

/// The parameters of `message_insert`.
void append_message(std::vector<Parameter>& rows, const NewMessage& message, const Sent& sent) {
    const Content& content = message.content;
    rows.insert(rows.end(),
                {sent.conversation_id, sent.seq, sent.sender.user_id, sent.recipient_id, content.type,
                 nullable(content.text), nullable(content.url), nullable(content.width), nullable(content.height),
                 nullable(content.duration_s), nullable(content.source), sent.created_at,
                 nullable(message.idempotency_key),
                 message.fingerprint ? Parameter(as_bytes(*message.fingerprint)) : Parameter(std::nullopt)});
}

/// Stores what can be stored, within a transaction, and says of each what became of it.
std::vector<std::optional<Sent>> store(Connection& connection, std::span<const Submission> submissions,
                                       std::span<const Candidate> candidates) {
    std::vector<std::optional<Sent>> sent(submissions.size());
    std::vector<Conversation> conversations = lock_conversations(connection, candidates);
    if (conversations.empty()) {
        return sent;
    }
    std::vector<Parameter> messages;
    for (const Candidate& candidate : candidates) {
        const auto conversation = std::ranges::find(conversations, candidate.conversation_id, &Conversation::id);
        if (conversation != conversations.end()) {
            sent[candidate.index] = {.outcome = SendOutcome::sent,
                                     .sender = candidate.sender,
                                     .recipient_id = candidate.recipient_id,
                                     .conversation_id = conversation->id,
                                     .seq = conversation->take_number(candidate.sender.user_id),
                                     .created_at = conversation->now};
            append_message(messages, submissions[candidate.index].message, *sent[candidate.index]);
        }
    }
    std::vector<Parameter> states;
    for (const Conversation& conversation : conversations) {
        states.insert(states.end(), {conversation.last_seq, conversation.now, conversation.read_lo,
                                     conversation.read_hi, conversation.id});
    }
    connection.execute_for_each(Sql::message_insert, messages);
    connection.execute_for_each(Sql::conversation_advance, states);
    return sent;
}

} // namespace

std::vector<std::optional<Sent>> send_messages(Connection& connection, std::span<const Submission> submissions) {
    const std::vector<Candidate> candidates = find_candidates(connection, submissions);
    std::vector<std::optional<Sent>> sent(submissions.size());
    if (candidates.empty()) {
        return sent;
    }
    try {
        connection.transaction([&] { sent = store(connection, submissions, candidates); }, 1);
    } catch (const Error& error) {
        if (error.number() != ER_DUP_ENTRY && !is_retryable(error.number())) {
            throw;
        }
        // Somebody's key was used before, or somebody's conversation is locked, and took all back that came along.
        std::ranges::fill(sent, std::nullopt);
    }
    return sent;
}

} // namespace sotto::db

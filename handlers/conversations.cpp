#include "handlers/conversations.hpp"

#include <algorithm>
#include <limits>

#include "auth/random.hpp"
#include "db/conversations.hpp"
#include "handlers/answer.hpp"
#include "handlers/cursor.hpp"
#include "handlers/message_json.hpp"
#include "handlers/notices.hpp"
#include "handlers/peer.hpp"
#include "handlers/user_fields.hpp"
#include "worker/fields.hpp"
#include "worker/form.hpp"
#include "worker/json.hpp"

namespace sotto {

namespace {

constexpr std::int64_t default_per_page = 50;
constexpr std::int64_t max_per_page = 200;

void append_number(std::string& out, std::string_view lead, std::int64_t value) {
    out += lead;
    out += std::to_string(value);
}

void append_entry(std::string& out, const db::InboxEntry& entry, std::string_view me, std::int64_t my_id) {
    out += R"({"with":{"user_name":")";
    out += entry.user_name;
    out += R"(","display_name":)";
    append_json_string(out, entry.display_name);
    out += entry.erased ? R"(,"erased":true},"last_message":)" : R"(},"last_message":)";
    const bool mine = entry.last_message.sender_id == my_id;
    append_message(out, entry.last_message, mine ? me : entry.user_name, mine ? entry.user_name : me);
    append_number(out, R"(,"last_seq":)", entry.last_seq);
    append_number(out, R"(,"unread":)", entry.last_seq - entry.my_read_seq);
    append_number(out, R"(,"my_read_seq":)", entry.my_read_seq);
    append_number(out, R"(,"their_read_seq":)", entry.their_read_seq);
    out += R"(,"last_at":")";
    append_rfc3339(out, entry.last_at);
    out += R"("})";
}

/// The entity tag of a body: the same body, the same tag.
std::string etag_of(std::string_view body) {
    return '"' + auth::to_hex(auth::fingerprint(body)) + '"';
}

/// The conversation with the user that the path names, for a change that concerns both.
Result<db::Peer> find_partner(Call& call) {
    auto peer = find_peer(call);
    if (peer && !peer->conversation) {
        return Problem{ProblemType::not_found, "There is no message between the two of you yet."};
    }
    return peer;
}

} // namespace

Result<Response> list_conversations(Call& call) {
    auto fields = Fields::from_query(call.request);
    if (!fields) {
        return fields.problem();
    }
    const std::int64_t count = fields->integer("per_page", 1, max_per_page).value_or(default_per_page);
    std::optional<db::InboxCursor> from;
    if (const auto text = fields->text("before", {1, max_cursor_length})) {
        if (const auto numbers = parse_cursor<2>(*text)) {
            from = db::InboxCursor{numbers->time, numbers->rest[0]};
        } else {
            fields->fail("before", "invalid", "Must be the `next` of an earlier answer.");
        }
    }
    if (auto problem = fields->problem()) {
        return *problem;
    }

    std::string body = R"({"conversations":[)";
    std::int64_t read = 0;
    std::string next;
    std::string last;
    const auto caller = db::read_inbox(call.app.connection, call.claims->session, from, count + 1,
                                       [&](const db::Caller& me, const db::InboxEntry& entry) {
                                           if (read == count) { // one more than asked for: there is a next page
                                               next = last;
                                               return;
                                           }
                                           body += read++ == 0 ? "" : ",";
                                           append_entry(body, entry, call.claims->user_name, me.user_id);
                                           last = cursor_text(entry.last_at, {entry.last_message.conversation_id});
                                       });
    if (!caller) {
        return unauthenticated();
    }
    call.caller = caller;
    body += ']';
    if (!next.empty()) {
        body += R"(,"next":")" + next + '"';
    }
    body += '}';

    const std::string etag = etag_of(body);
    Response response{
        .status = 200,
        .headers = {{"Cache-Control", "private, no-cache"}, {"ETag", etag}},
        .body = {},
        .stream = {},
    };
    if (matches_etag(call.request.if_none_match, etag)) {
        response.status = 304;
    } else {
        response.headers.emplace_back("Content-Type", "application/json");
        response.body = std::move(body);
    }
    return response;
}

Result<Response> mark_read(Call& call) {
    const bool form = call.request.method == "POST";
    auto fields = Fields::from_body(call.request, form);
    if (!fields) {
        return fields.problem();
    }
    fields->require("seq");
    const auto seq = fields->integer("seq", 1, std::numeric_limits<std::int64_t>::max());
    if (auto problem = fields->problem()) {
        return *problem;
    }
    const auto peer = find_partner(call);
    if (!peer) {
        return peer.problem();
    }
    const db::ConversationState& conversation = *peer->conversation;
    if (db::move_read_mark(call.app.connection, conversation.conversation_id, peer->caller.user_id, *seq)) {
        const std::string other = fold_user_name(call.captures[0]);
        notify_read(call.app, {peer->caller.user_id, call.claims->user_name}, {*peer->user_id, other},
                    std::min(*seq, conversation.last_seq));
    }
    if (form && is_form(call.request)) {
        return see_other("/plain/" + fold_user_name(call.captures[0]));
    }
    return no_content();
}

Result<Response> notify_of_typing(Call& call) {
    const auto peer = find_partner(call);
    if (!peer) {
        return peer.problem();
    }
    if (!peer->blocked) {
        notify_typing(call.app, call.claims->user_name, *peer->user_id);
    }
    return no_content();
}

} // namespace sotto

#include <charconv>

#include "db/messages.hpp"
#include "handlers/answer.hpp"
#include "handlers/message_json.hpp"
#include "handlers/messages.hpp"
#include "handlers/notices.hpp"
#include "worker/fields.hpp"

namespace sotto {

namespace {

constexpr std::size_t max_text = 4000;

/// What an outsider gets as well, so that nobody learns which numbers exist.
Problem message_not_found() {
    return {ProblemType::not_found, "You have no message with that id."};
}

/// The numbers of a message's id, "<conversation>-<seq>".
std::optional<db::Change> parse_message_id(std::string_view id) {
    db::Change change{};
    const char* const end = id.data() + id.size();
    const auto conversation = std::from_chars(id.data(), end, change.conversation_id);
    if (conversation.ec != std::errc() || conversation.ptr == end || *conversation.ptr != '-') {
        return std::nullopt;
    }
    const auto seq = std::from_chars(conversation.ptr + 1, end, change.seq);
    if (seq.ec != std::errc() || seq.ptr != end) {
        return std::nullopt;
    }
    return change;
}

/// Carries a change out and tells both sides; the message as it is now, in JSON.
Result<std::string> carry_out(Call& call, const db::Change& change) {
    std::string json;
    std::int64_t recipient_id = 0;
    std::string recipient;
    const auto changed = db::change_message(
        call.app.connection, call.claims->session, change,
        [&](const db::Message& message, std::int64_t recipient_user, std::string_view recipient_name) {
            recipient_id = recipient_user;
            recipient = recipient_name;
            append_message(json, message, call.claims->user_name, recipient);
        });
    call.caller = changed.caller;
    switch (changed.outcome) {
    case db::ChangeOutcome::no_session:
        return unauthenticated();
    case db::ChangeOutcome::not_found:
        return message_not_found();
    case db::ChangeOutcome::not_sender:
        return Problem{ProblemType::not_the_sender, "Only its sender can change a message."};
    case db::ChangeOutcome::no_text:
        return Problem{
            ProblemType::validation, "A text message needs a text.", {{"text", "required", "Must be there."}}};
    case db::ChangeOutcome::unchanged: // whoever asks again may have died, or the worker, before the others were told
    case db::ChangeOutcome::changed:
        break;
    }
    notify_message(call.app, change.erase ? "message.deleted" : "message.edited",
                   {changed.caller->user_id, call.claims->user_name}, {recipient_id, recipient},
                   message_id(change.conversation_id, change.seq), json);
    return json;
}

} // namespace

Result<Response> edit_message(Call& call) {
    auto fields = Fields::from_body(call.request, false);
    if (!fields) {
        return fields.problem();
    }
    const auto text = fields->text("text", {1, max_text});
    if (!fields->is_null("text")) {
        fields->require("text");
    }
    if (auto problem = fields->problem()) {
        return *problem;
    }
    auto change = parse_message_id(call.captures[0]);
    if (!change) {
        return message_not_found();
    }
    change->text = text;
    auto json = carry_out(call, *change);
    if (!json) {
        return json.problem();
    }
    return Response{
        .status = 200,
        .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
        .body = std::move(*json),
        .stream = {},
    };
}

Result<Response> delete_message(Call& call) {
    auto change = parse_message_id(call.captures[0]);
    if (!change) {
        return message_not_found();
    }
    change->erase = true;
    const auto json = carry_out(call, *change);
    if (!json) {
        return json.problem();
    }
    return no_content();
}

} // namespace sotto

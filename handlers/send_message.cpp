#include <algorithm>

#include "auth/random.hpp"
#include "db/messages.hpp"
#include "handlers/answer.hpp"
#include "handlers/batch.hpp"
#include "handlers/content_fields.hpp"
#include "handlers/message_json.hpp"
#include "handlers/messages.hpp"
#include "handlers/notices.hpp"
#include "handlers/user_fields.hpp"
#include "worker/form.hpp"

namespace sotto {

namespace {

constexpr std::size_t max_key = 64;

/// The key under which the sender may repeat this request: from the header, or from a form's field, which can't set
/// headers.
std::optional<std::string> read_idempotency_key(Fields& fields, const Request& request) {
    std::optional<std::string> key;
    if (is_form(request)) {
        key = fields.text("idempotency_key", {1, max_key});
    }
    if (!request.idempotency_key.empty()) {
        key = request.idempotency_key;
    }
    const bool good =
        !key || (key->size() <= max_key && std::ranges::all_of(*key, [](char c) { return c > 0x20 && c < 0x7f; }));
    if (!good) {
        fields.fail("idempotency_key", "invalid", "Must be 1 to 64 visible ASCII characters.");
        return std::nullopt;
    }
    return key;
}

/// Tells one request's content from another's; each part with its length, so that no two of them can run together.
db::Fingerprint fingerprint_of(std::string_view recipient, const db::Content& content) {
    std::string text;
    const auto add = [&text](const std::optional<std::string_view>& part) {
        text += part ? std::to_string(part->size()) + ':' + std::string(*part) : "-";
    };
    const auto add_number = [&text](const std::optional<std::int64_t>& part) {
        text += part ? '#' + std::to_string(*part) : "-";
    };
    add(recipient);
    add(content.type);
    add(content.text);
    add(content.url);
    add_number(content.width);
    add_number(content.height);
    add_number(content.duration_s);
    add(content.source);
    return auth::fingerprint(text);
}

Response message_response(int status, std::string body, const db::Sent& sent) {
    return {
        .status = status,
        .headers = {{"Content-Type", "application/json"},
                    {"Cache-Control", "no-store"},
                    {"Location", "/api/v1/messages/" + message_id(sent.conversation_id, sent.seq)}},
        .body = std::move(body),
        .stream = {},
    };
}

/// Tells both users' open clients of the message, whose JSON `body` is.
void tell(Call& call, const db::Sent& sent, std::string_view recipient, std::string_view body) {
    notify_message(call.app, "message", {sent.sender.user_id, call.claims->user_name}, {sent.recipient_id, recipient},
                   message_id(sent.conversation_id, sent.seq), body);
}

/// The first answer again, with what the message has become since. It is told again, too: who sends again may have
/// had no answer the first time, because a process died before anybody was told.
Response replayed(Call& call, const db::Sent& sent, std::string_view recipient) {
    std::string body;
    db::read_message(call.app.connection, sent.conversation_id, sent.seq, [&](const db::Message& message) {
        append_message(body, message, call.claims->user_name, recipient);
    });
    tell(call, sent, recipient, body);
    Response response = message_response(200, std::move(body), sent);
    response.headers.emplace_back("Idempotency-Replayed", "true");
    return response;
}

Result<Response> answer(Call& call, const db::NewMessage& message, const db::Sent& sent) {
    switch (sent.outcome) {
    case db::SendOutcome::no_session:
        return unauthenticated();
    case db::SendOutcome::no_recipient:
        return user_not_found();
    case db::SendOutcome::to_oneself:
        return Problem{ProblemType::validation,
                       "A conversation has two users.",
                       {{"recipient", "invalid", "Must be another user than the sender."}}};
    case db::SendOutcome::blocked:
        return Problem{ProblemType::blocked, "The two of you can't write to each other at present."};
    case db::SendOutcome::key_reused:
        return Problem{ProblemType::idempotency_key_reuse, "That Idempotency-Key belongs to another message."};
    case db::SendOutcome::replayed:
        call.caller = sent.sender;
        return replayed(call, sent, message.recipient);
    case db::SendOutcome::sent:
        break;
    }
    call.caller = sent.sender;
    std::string body;
    append_message(body,
                   {.conversation_id = sent.conversation_id,
                    .seq = sent.seq,
                    .sender_id = sent.sender.user_id,
                    .content = message.content,
                    .created_at = sent.created_at},
                   call.claims->user_name, message.recipient);
    tell(call, sent, message.recipient, body);
    return message_response(201, std::move(body), sent);
}

/// Sends what the request has; sets `recipient` once it is known.
Task<Result<Response>> send(Call& call, std::optional<std::string>& recipient) {
    auto fields = Fields::from_body(call.request, true);
    if (!fields) {
        co_return fields.problem();
    }
    recipient = read_user_name(*fields, "recipient");
    const auto sender = fields->text("sender", {1, 32});
    const ContentFields content = read_content(*fields);
    const auto key = read_idempotency_key(*fields, call.request);
    if (auto problem = fields->problem()) {
        co_return *problem;
    }
    if (sender && fold_user_name(*sender) != call.claims->user_name) {
        co_return Problem{ProblemType::sender_not_caller, "The sender is always the caller."};
    }

    const db::NewMessage message{
        .recipient = *recipient,
        .content = content.view(),
        .idempotency_key = key,
        .fingerprint = key ? std::optional(fingerprint_of(*recipient, content.view())) : std::nullopt,
    };
    const db::Sent sent = co_await call.batch.send(call, message);
    co_return answer(call, message, sent);
}

/// The plain page that a form's answer leads back to: the conversation, where there can be one.
std::string page_of(const std::optional<std::string>& recipient, const Result<Response>& result) {
    const bool none =
        !recipient || (!result && result.problem().type == ProblemType::user_not_found) ||
        (!result && !result.problem().errors.empty() && result.problem().errors.front().field == "recipient");
    return none ? "/plain" : "/plain/" + *recipient;
}

} // namespace

Task<Result<Response>> send_message(Call& call) {
    std::optional<std::string> recipient;
    auto result = co_await send(call, recipient);
    if (!is_form(call.request) || (!result && result.problem().type == ProblemType::unauthenticated)) {
        co_return result;
    }
    const std::string page = page_of(recipient, result);
    co_return result ? see_other(page + "#sent") : to_form_response(result.problem(), page);
}

} // namespace sotto

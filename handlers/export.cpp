#include "handlers/export.hpp"

#include <stdexcept>

#include "db/blocks.hpp"
#include "db/messages.hpp"
#include "db/sessions.hpp"
#include "db/users.hpp"
#include "handlers/answer.hpp"
#include "handlers/message_json.hpp"
#include "handlers/sessions.hpp"
#include "handlers/users.hpp"
#include "worker/json.hpp"

namespace sotto {

namespace {

constexpr std::int64_t messages_a_chunk = 500; // what a worker holds in memory

std::string line_of(std::string_view kind, Json::Value object) {
    object["kind"] = std::string(kind);
    return to_json(object) + '\n';
}

/// Writes one box, chunk by chunk; false once the reader is gone.
bool write_box(Call& call, db::Box box, BodySink& sink) {
    const std::string_view me = call.claims->user_name;
    std::optional<db::BoxCursor> cursor;
    for (std::int64_t read = messages_a_chunk; read == messages_a_chunk;) {
        std::string lines;
        read = 0;
        const auto caller =
            db::read_box(call.app.connection, call.claims->session, box, cursor, messages_a_chunk,
                         [&](const db::Message& message, std::string_view other) {
                             ++read;
                             cursor = db::BoxCursor{message.created_at, message.conversation_id, message.seq};
                             const bool sent = box == db::Box::sent;
                             lines += R"({"kind":"message","message":)";
                             append_message(lines, message, sent ? me : other, sent ? other : me);
                             lines += "}\n";
                         });
        if (!caller) {
            throw std::runtime_error("the session ended while its user's data was exported");
        }
        if (!sink.write(lines)) {
            return false;
        }
    }
    return true;
}

} // namespace

Result<Response> export_own_data(Call& call) {
    const auto own = db::find_own_user(call.app.connection, call.claims->session);
    const auto sessions = db::list_sessions(call.app.connection, call.claims->session);
    const auto blocks = db::list_blocks(call.app.connection, call.claims->session);
    if (!own || !sessions || !blocks) {
        return unauthenticated();
    }
    call.caller = own->caller;
    std::string head = line_of("user", to_json_object(own->user));
    for (const db::Session& session : sessions->sessions) {
        head += line_of("session", to_json_object(session, session.id == call.claims->session));
    }
    for (const db::Block& block : blocks->blocks) {
        Json::Value object(Json::objectValue);
        object["user_name"] = block.user_name;
        object["created_at"] = to_rfc3339(block.created_at);
        head += line_of("block", object);
    }
    return Response{
        .status = 200,
        .headers = {{"Content-Type", "application/x-ndjson"},
                    {"Cache-Control", "no-store"},
                    {"Content-Disposition", "attachment; filename=\"sotto-" + call.claims->user_name + ".ndjson\""}},
        .body = {},
        .stream =
            [&call, head = std::move(head)](BodySink& sink) {
                if (sink.write(head) && write_box(call, db::Box::sent, sink) &&
                    write_box(call, db::Box::received, sink)) {
                    sink.write("{\"kind\":\"end\"}\n");
                }
            },
    };
}

} // namespace sotto

#include "handlers/user_export.hpp"

#include <stdexcept>

#include "db/blocks.hpp"
#include "db/messages.hpp"
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
bool write_box(db::Connection& connection, const db::SessionId& session, std::string_view me, db::Box box,
               BodySink& sink) {
    std::optional<db::BoxCursor> cursor;
    for (std::int64_t read = messages_a_chunk; read == messages_a_chunk;) {
        std::string lines;
        read = 0;
        const auto caller =
            db::read_box(connection, session, box, cursor, messages_a_chunk,
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

std::optional<UserExport> begin_export(db::Connection& connection, const db::SessionId& session, AskingSession asking) {
    const auto own = db::find_own_user(connection, session);
    const auto sessions = db::list_sessions(connection, session);
    const auto blocks = db::list_blocks(connection, session);
    if (!own || !sessions || !blocks) {
        return std::nullopt;
    }
    UserExport user{own->caller, own->user.user_name, line_of("user", to_json_object(own->user))};
    for (const db::Session& device : sessions->sessions) {
        if (device.id != session || asking == AskingSession::listed) {
            user.head += line_of("session", to_json_object(device, device.id == session));
        }
    }
    for (const db::Block& block : blocks->blocks) {
        Json::Value object(Json::objectValue);
        object["user_name"] = block.user_name;
        object["created_at"] = to_rfc3339(block.created_at);
        user.head += line_of("block", object);
    }
    return user;
}

void write_export(db::Connection& connection, const db::SessionId& session, const UserExport& user, BodySink& sink) {
    if (sink.write(user.head) && write_box(connection, session, user.user_name, db::Box::sent, sink) &&
        write_box(connection, session, user.user_name, db::Box::received, sink)) {
        sink.write("{\"kind\":\"end\"}\n");
    }
}

} // namespace sotto

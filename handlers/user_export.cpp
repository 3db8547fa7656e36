#include "handlers/user_export.hpp"

#include <stdexcept>
#include <utility>

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

class ExportStream {
  public:
    ExportStream(db::Connection& connection, const db::SessionId& session, UserExport user)
        : connection_(connection),
          session_(session),
          user_(std::move(user)) {}

    std::optional<std::string> operator()() {
        switch (next_) {
        case Part::head:
            next_ = Part::sent;
            return std::move(user_.head);
        case Part::sent:
            return read_chunk(db::Box::sent, Part::received);
        case Part::received:
            return read_chunk(db::Box::received, Part::end);
        case Part::end:
            next_ = Part::nothing;
            return "{\"kind\":\"end\"}\n";
        case Part::nothing:
            break;
        }
        return std::nullopt;
    }

  private:
    enum class Part { head, sent, received, end, nothing };

    /// The next messages of a box, after which comes the part `after`.
    std::string read_chunk(db::Box box, Part after) {
        std::string lines;
        std::int64_t count = 0;
        const std::string_view me = user_.user_name;
        const auto caller =
            db::read_box(connection_, session_, box, cursor_, messages_a_chunk,
                         [&](const db::Message& message, std::string_view other) {
                             ++count;
                             cursor_ = db::BoxCursor{message.created_at, message.conversation_id, message.seq};
                             const bool sent = box == db::Box::sent;
                             lines += R"({"kind":"message","message":)";
                             append_message(lines, message, sent ? me : other, sent ? other : me);
                             lines += "}\n";
                         });
        if (!caller) {
            throw std::runtime_error("the session ended while its user's data was exported");
        }
        if (count < messages_a_chunk) {
            cursor_.reset();
            next_ = after;
        }
        return lines;
    }

    db::Connection& connection_;
    db::SessionId session_;
    UserExport user_;
    Part next_ = Part::head;
    std::optional<db::BoxCursor> cursor_; ///< within the box that is read
};

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

Stream stream_export(db::Connection& connection, const db::SessionId& session, UserExport user) {
    return ExportStream(connection, session, std::move(user));
}

} // namespace sotto

#include "admin/sessions.hpp"

#include <array>

#include <json/value.h>

#include "admin/desk.hpp"
#include "admin/live_connections.hpp"
#include "admin/output.hpp"
#include "auth/random.hpp"
#include "handlers/answer.hpp"
#include "handlers/sessions.hpp"

namespace sotto::admin {

namespace {

constexpr std::array list_options{
    Option{"--json", "", "print JSON, one session a line within the list"},
};
constexpr std::array revoke_options{
    Option{"--user", "USER_NAME", "all sessions of that user"},
};

std::string to_line(const db::Session& session, std::string_view user_name) {
    return in_columns({{auth::to_hex(session.id), 34},
                       {std::string(user_name), 24},
                       {session.ip, 18},
                       {"seen " + to_rfc3339(session.last_seen_at).substr(0, 16) + "Z", 25},
                       {session.user_agent, 0}});
}

} // namespace

Exit list_sessions(const Arguments& arguments) {
    Desk desk;
    db::allow_long_statements(desk.connection);
    std::optional<std::int64_t> user_id;
    if (const auto user_name = arguments.operand(0)) {
        user_id = desk.account(*user_name).id;
    }
    JsonList list("sessions", arguments.has("--json"));
    db::list_all_sessions(desk.connection, user_id, [&](const db::Session& session, std::string_view user_name) {
        if (!arguments.has("--json")) {
            print(to_line(session, user_name));
            return;
        }
        Json::Value object = to_json_object(session, false);
        object.removeMember("current");
        object["user_name"] = std::string(user_name);
        list.add(object);
    });
    return Exit::done;
}

Exit revoke_sessions(const Arguments& arguments) {
    const auto user_name = arguments.value("--user");
    const auto id_text = arguments.operand(0);
    if (user_name.has_value() == id_text.has_value()) {
        throw UsageError("revoke either SESSION_ID or --user USER_NAME");
    }
    Desk desk;
    if (user_name) {
        const db::Account account = desk.account(*user_name);
        const std::uint64_t count = db::end_sessions_of(desk.connection, account.id);
        close_live_connections(desk.config, account.id);
        print("ended " + std::to_string(count) + " sessions of " + account.user_name);
        return Exit::done;
    }
    const auto id = auth::session_id_from_hex(*id_text);
    if (!id) {
        throw UsageError("a session's id is 32 lower-case hex digits");
    }
    if (!db::end_any_session(desk.connection, *id)) {
        throw std::runtime_error("there is no session " + *id_text);
    }
    close_live_connections(desk.config, *id_text);
    print("ended session " + *id_text);
    return Exit::done;
}

std::span<const Option> list_sessions_options() {
    return list_options;
}

std::span<const Option> revoke_sessions_options() {
    return revoke_options;
}

} // namespace sotto::admin

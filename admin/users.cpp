#include "admin/users.hpp"

#include <array>
#include <cstdio>

#include <json/value.h>

#include "admin/desk.hpp"
#include "admin/live_connections.hpp"
#include "admin/output.hpp"
#include "admin/terminal.hpp"
#include "auth/password.hpp"
#include "auth/random.hpp"
#include "db/users.hpp"
#include "handlers/answer.hpp"
#include "handlers/user_export.hpp"
#include "handlers/user_fields.hpp"

namespace sotto::admin {

namespace {

constexpr std::array list_options{
    Option{"--json", "", "print JSON, one user a line within the list"},
};
constexpr std::array add_options{
    Option{"--display-name", "NAME", "what others see; the user name where absent"},
    Option{"--email", "ADDRESS", "an e-mail address"},
};
constexpr std::array erase_options{
    Option{"--yes", "", "don't ask"},
};

auth::PasswordHasher hasher_of(const Config& config) {
    return auth::PasswordHasher(
        {.passes = config.password_passes, .memory_bytes = config.password_memory_mib * 1024 * 1024});
}

/// Throws what is wrong with what was given, in words.
void refuse_faults(const Fields& fields) {
    if (const auto problem = fields.problem()) {
        std::string text;
        for (const FieldError& error : problem->errors) {
            text += (text.empty() ? "" : "; ") + error.field + ": " + error.detail;
        }
        throw std::runtime_error(text);
    }
}

Json::Value to_json_object(const db::Account& account) {
    Json::Value object(Json::objectValue);
    object["user_name"] = account.user_name;
    object["display_name"] = account.display_name;
    if (account.email) {
        object["email"] = *account.email;
    }
    object["created_at"] = to_rfc3339(account.created_at);
    if (account.locked_at) {
        object["locked_at"] = to_rfc3339(*account.locked_at);
    }
    object["sessions"] = static_cast<Json::Int64>(account.sessions);
    return object;
}

std::string to_line(const db::Account& account) {
    return in_columns({{account.user_name, 24},
                       {printable(account.display_name), 24},
                       {to_rfc3339(account.created_at).substr(0, 10), 12},
                       {account.locked_at ? "locked" : "", 8},
                       {std::to_string(account.sessions) + " sessions", 0}});
}

/// A session that lets one command read as a user, for as long as the object lives.
class BorrowedSession {
  public:
    BorrowedSession(db::Connection& connection, std::int64_t user_id) : connection_(connection), user_id_(user_id) {
        db::create_session(
            connection, user_id,
            {.id = id_,
             .created_at = {},
             .last_seen_at = {},
             .expires_at =
                 std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()) + std::chrono::days(1),
             .user_agent = "sottoctl users export",
             .ip = ""},
            std::nullopt);
    }
    BorrowedSession(const BorrowedSession&) = delete;
    BorrowedSession& operator=(const BorrowedSession&) = delete;
    ~BorrowedSession() {
        try {
            db::end_session(connection_, user_id_, id_);
        } catch (const std::exception&) {
            // It ends by itself within a day, and opens nothing without a signed token, which nobody has.
        }
    }

    const db::SessionId& id() const { return id_; }

  private:
    db::Connection& connection_;
    std::int64_t user_id_;
    db::SessionId id_ = auth::random_session_id();
};

} // namespace

Exit list_users(const Arguments& arguments) {
    Desk desk;
    db::allow_long_statements(desk.connection);
    JsonList list("users", arguments.has("--json"));
    db::list_accounts(desk.connection, [&](const db::Account& account) {
        arguments.has("--json") ? list.add(to_json_object(account)) : print(to_line(account));
    });
    return Exit::done;
}

Exit add_user(const Arguments& arguments) {
    Json::Value object(Json::objectValue);
    object["user_name"] = *arguments.operand(0);
    object["display_name"] = arguments.value("--display-name").value_or(*arguments.operand(0));
    if (const auto email = arguments.value("--email")) {
        object["email"] = *email;
    }
    object["password"] = ask_for_password();
    Fields fields(object, Fields::Encoding::json);
    const auto user_name = read_user_name(fields, "user_name");
    const auto password = read_new_password(fields, "password", user_name.value_or(""));
    const auto display_name = read_display_name(fields);
    const auto email = read_email(fields);
    refuse_faults(fields);

    Desk desk;
    const std::string hash = hasher_of(desk.config).hash(*password);
    if (!db::create_user(desk.connection, {*user_name, *display_name, email, hash})) {
        throw std::runtime_error("somebody has the name " + *user_name + " already, or had it");
    }
    print("added " + *user_name);
    return Exit::done;
}

Exit set_user_password(const Arguments& arguments) {
    Desk desk;
    const db::Account account = desk.account(*arguments.operand(0));
    Json::Value object(Json::objectValue);
    object["password"] = ask_for_password();
    Fields fields(object, Fields::Encoding::json);
    const auto password = read_new_password(fields, "password", account.user_name);
    refuse_faults(fields);
    db::reset_password(desk.connection, account.id, hasher_of(desk.config).hash(*password));
    close_live_connections(desk.config, account.id);
    print("set the password of " + account.user_name + " and ended their sessions");
    return Exit::done;
}

Exit lock_user(const Arguments& arguments) {
    Desk desk;
    const db::Account account = desk.account(*arguments.operand(0));
    db::lock_account(desk.connection, account.id);
    close_live_connections(desk.config, account.id);
    print("locked " + account.user_name + " and ended their sessions");
    return Exit::done;
}

Exit unlock_user(const Arguments& arguments) {
    Desk desk;
    const db::Account account = desk.account(*arguments.operand(0));
    db::unlock_account(desk.connection, account.id);
    print("unlocked " + account.user_name);
    return Exit::done;
}

Exit erase_user(const Arguments& arguments) {
    Desk desk;
    const db::Account account = desk.account(*arguments.operand(0));
    if (!arguments.has("--yes") &&
        !confirm("Erasing can't be undone: e-mail, display name, password, sessions and blocks go; the messages stay "
                 "with those who got them, and the name stays taken.",
                 account.user_name)) {
        throw std::runtime_error("not erased");
    }
    db::erase_user(desk.connection, account.id);
    close_live_connections(desk.config, account.id);
    print("erased " + account.user_name);
    return Exit::done;
}

Exit export_user(const Arguments& arguments) {
    Desk desk;
    const db::Account account = desk.account(*arguments.operand(0));
    const BorrowedSession session(desk.connection, account.id);
    const auto user = begin_export(desk.connection, session.id(), AskingSession::left_out);
    if (!user) {
        throw std::runtime_error("the user was erased meanwhile");
    }
    const Stream stream = stream_export(desk.connection, session.id(), *user);
    while (const auto piece = stream()) {
        if (std::fwrite(piece->data(), 1, piece->size(), stdout) != piece->size()) {
            throw std::runtime_error("standard output can't be written");
        }
    }
    return Exit::done;
}

std::span<const Option> list_users_options() {
    return list_options;
}

std::span<const Option> add_user_options() {
    return add_options;
}

std::span<const Option> erase_user_options() {
    return erase_options;
}

} // namespace sotto::admin

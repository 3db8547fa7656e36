#include "db/users.hpp"

#include <mysqld_error.h>

#include "db/sessions.hpp"

namespace sotto::db {

namespace {

/// Reads the user whose columns (user_name, display_name, email, created_at, password_hash) start at `first`.
User read_user(const Rows& rows, std::int64_t id, std::size_t first) {
    const auto email = rows->optional_text(first + 2);
    return {
        .id = id,
        .user_name = std::string(rows->text(first)),
        .display_name = std::string(rows->text(first + 1)),
        .email = email ? std::optional<std::string>(*email) : std::nullopt,
        .created_at = rows->time(first + 3),
        .password_hash = std::string(rows->text(first + 4)),
    };
}

} // namespace

std::optional<User> create_user(Connection& connection, const NewUser& user) {
    try {
        Rows rows = connection.execute(Sql::user_insert,
                                       {user.user_name, user.display_name, nullable(user.email), user.password_hash},
                                       Repeat::unsafe);
        rows.next();
        return User{
            .id = rows->integer(0),
            .user_name = std::string(user.user_name),
            .display_name = std::string(user.display_name),
            .email = user.email ? std::optional<std::string>(*user.email) : std::nullopt,
            .created_at = rows->time(1),
            .password_hash = std::string(user.password_hash),
        };
    } catch (const Error& error) {
        if (error.number() == ER_DUP_ENTRY) {
            return std::nullopt;
        }
        throw;
    }
}

std::optional<User> find_user_for_log_in(Connection& connection, std::string_view user_name) {
    Rows rows = connection.execute(Sql::user_for_log_in, {user_name});
    if (!rows.next()) {
        return std::nullopt;
    }
    return read_user(rows, rows->integer(0), 1);
}

std::optional<OwnUser> find_own_user(Connection& connection, const SessionId& session) {
    Rows rows = connection.execute(Sql::user_for_session, {as_bytes(session)});
    if (!rows.next()) {
        return std::nullopt;
    }
    const Caller caller = read_caller(rows);
    return OwnUser{caller, read_user(rows, caller.user_id, 2)};
}

std::optional<ProfileView> find_profile(Connection& connection, const SessionId& session, std::string_view user_name) {
    Rows rows = connection.execute(Sql::user_profile, {user_name, as_bytes(session)});
    if (!rows.next()) {
        return std::nullopt;
    }
    ProfileView view{read_caller(rows), std::nullopt};
    if (!rows->is_null(2)) {
        view.profile = Profile{std::string(rows->text(2)), std::string(rows->text(3)), rows->time(4)};
    }
    return view;
}

void renew_password_hash(Connection& connection, std::int64_t user_id, const HashChange& change) {
    connection.execute(Sql::user_replace_password_hash, {change.renewed, user_id, change.verified});
}

bool change_password(Connection& connection, std::int64_t user_id, const HashChange& change, const SessionId& keep) {
    bool changed = false;
    connection.transaction([&] {
        changed = connection.execute(Sql::user_replace_password_hash, {change.renewed, user_id, change.verified})
                      ->affected_rows() == 1;
        if (changed) {
            connection.execute(Sql::session_delete_others, {user_id, as_bytes(keep)});
        }
    });
    return changed;
}

void update_profile(Connection& connection, std::int64_t user_id, std::string_view display_name,
                    const std::optional<std::string>& email) {
    connection.execute(Sql::user_update,
                       {display_name, email ? Parameter(std::string_view(*email)) : Parameter(std::nullopt), user_id});
}

void erase_user(Connection& connection, std::int64_t user_id) {
    connection.transaction([&] {
        connection.execute(Sql::user_erase, {user_id});
        connection.execute(Sql::session_delete_all, {user_id});
        connection.execute(Sql::block_delete_all, {user_id});
    });
}

} // namespace sotto::db

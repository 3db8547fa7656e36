#include "db/administration.hpp"

#include <algorithm>

namespace sotto::db {

namespace {

Account read_account(const Rows& rows) {
    const auto email = rows->optional_text(3);
    return {
        .id = rows->integer(0),
        .user_name = std::string(rows->text(1)),
        .display_name = std::string(rows->text(2)),
        .email = email ? std::optional<std::string>(*email) : std::nullopt,
        .created_at = rows->time(4),
        .locked_at = rows->optional_time(5),
        .sessions = rows->integer(6),
    };
}

} // namespace

void allow_long_statements(Connection& connection) {
    connection.run_script("SET max_statement_time = 0");
}

std::optional<Account> find_account(Connection& connection, std::string_view user_name) {
    Rows rows = connection.execute(Sql::account_find, {user_name});
    if (!rows.next()) {
        return std::nullopt;
    }
    return read_account(rows);
}

void list_accounts(Connection& connection, const std::function<void(const Account&)>& visit) {
    Rows rows = connection.execute(Sql::account_list, {});
    while (rows.next()) {
        visit(read_account(rows));
    }
}

void lock_account(Connection& connection, std::int64_t user_id) {
    connection.transaction([&] {
        connection.execute(Sql::account_lock, {user_id});
        connection.execute(Sql::session_delete_all, {user_id});
    });
}

void unlock_account(Connection& connection, std::int64_t user_id) {
    connection.execute(Sql::account_unlock, {user_id});
}

void reset_password(Connection& connection, std::int64_t user_id, std::string_view hash) {
    connection.transaction([&] {
        connection.execute(Sql::user_set_password_hash, {hash, user_id});
        connection.execute(Sql::session_delete_all, {user_id});
    });
}

void list_all_sessions(Connection& connection, std::optional<std::int64_t> user_id,
                       const std::function<void(const Session&, std::string_view user_name)>& visit) {
    Rows rows = connection.execute(Sql::session_list_all, {nullable(user_id), nullable(user_id)});
    while (rows.next()) {
        Session session{
            {}, rows->time(2), rows->time(3), rows->time(4), std::string(rows->text(5)), std::string(rows->text(6))};
        std::ranges::copy(rows->text(1).substr(0, session.id.size()), session.id.begin());
        visit(session, rows->text(0));
    }
}

bool end_any_session(Connection& connection, const SessionId& session) {
    const Rows rows = connection.execute(Sql::session_delete_any, {as_bytes(session)});
    return rows->affected_rows() == 1;
}

std::uint64_t end_sessions_of(Connection& connection, std::int64_t user_id) {
    const Rows rows = connection.execute(Sql::session_delete_all, {user_id});
    return rows->affected_rows();
}

Statistics read_statistics(Connection& connection) {
    Rows rows = connection.execute(Sql::statistics, {});
    rows.next();
    return {
        .users = rows->integer(0),
        .locked_users = rows->integer(1),
        .erased_users = rows->integer(2),
        .users_seen_in_a_day = rows->integer(3),
        .sessions = rows->integer(4),
        .conversations = rows->integer(5),
        .messages = rows->integer(6),
        .bytes = rows->integer(7),
    };
}

std::string address_of_last_session(Connection& connection, std::string_view user_name) {
    Rows rows = connection.execute(Sql::session_address, {user_name});
    return rows.next() ? std::string(rows->text(0)) : "";
}

SessionAddresses session_addresses(Connection& connection) {
    Rows rows = connection.execute(Sql::session_addresses, {});
    rows.next();
    return {rows->integer(0), rows->integer(1), std::string(rows->optional_text(2).value_or(""))};
}

void remove_trial(Connection& connection, std::string_view one, std::string_view two) {
    connection.transaction([&] {
        connection.execute(Sql::trial_delete_messages, {one, two, one, two});
        connection.execute(Sql::trial_delete_conversation, {one, two, one, two});
        connection.execute(Sql::trial_delete_sessions, {one, two});
        connection.execute(Sql::trial_delete_users, {one, two});
    });
}

} // namespace sotto::db

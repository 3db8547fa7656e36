#include "db/sessions.hpp"

#include <algorithm>

namespace sotto::db {

namespace {

constexpr std::chrono::minutes last_seen_precision{5};

} // namespace

Caller read_caller(const Rows& rows) {
    // Compared here and not in the statement, which would do it again for each of its rows.
    return {rows->integer(0), rows->time(1) < std::chrono::system_clock::now() - last_seen_precision};
}

std::optional<Timestamp> create_session(Connection& connection, std::int64_t user_id, const Session& session,
                                        const std::optional<std::string_view>& verified_hash) {
    connection.execute(Sql::session_delete_expired, {user_id});
    Rows rows =
        connection.execute(Sql::session_insert,
                           {as_bytes(session.id), session.expires_at, std::string_view(session.user_agent),
                            std::string_view(session.ip), user_id, nullable(verified_hash), nullable(verified_hash)},
                           Repeat::unsafe);
    return rows.next() ? std::optional(rows->time(0)) : std::nullopt;
}

std::optional<Caller> find_session(Connection& connection, const SessionId& session) {
    Rows rows = connection.execute(Sql::session_find, {as_bytes(session)});
    if (!rows.next()) {
        return std::nullopt;
    }
    return read_caller(rows);
}

std::optional<SessionList> list_sessions(Connection& connection, const SessionId& session) {
    Rows rows = connection.execute(Sql::session_list, {as_bytes(session)});
    std::optional<SessionList> list;
    while (rows.next()) {
        if (!list) {
            list.emplace(SessionList{read_caller(rows), {}});
        }
        Session device{
            {}, rows->time(3), rows->time(4), rows->time(5), std::string(rows->text(6)), std::string(rows->text(7))};
        std::ranges::copy(rows->text(2).substr(0, device.id.size()), device.id.begin());
        list->sessions.push_back(std::move(device));
    }
    return list;
}

void touch_session(Connection& connection, const SessionId& session) {
    connection.execute(Sql::session_touch, {as_bytes(session)});
}

bool end_session(Connection& connection, std::int64_t user_id, const SessionId& session) {
    const Rows rows = connection.execute(Sql::session_delete, {as_bytes(session), user_id});
    return rows->affected_rows() == 1;
}

} // namespace sotto::db

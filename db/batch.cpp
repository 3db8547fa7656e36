#include "db/batch.hpp"

#include "db/sessions.hpp"

namespace sotto::db {

std::vector<std::optional<Caller>> find_callers(Connection& connection, std::span<const SessionId> sessions) {
    std::vector<Parameter> parameters;
    for (const SessionId& session : sessions) {
        parameters.emplace_back(as_bytes(session));
    }
    std::vector<std::optional<Caller>> callers(sessions.size());
    Rows rows = connection.execute(Sql::batch_callers, filled(std::move(parameters), max_batch));
    while (rows.next()) {
        for (std::size_t i = 0; i < sessions.size(); ++i) {
            if (rows->text(2) == as_bytes(sessions[i])) {
                callers[i] = read_caller(rows);
            }
        }
    }
    return callers;
}

std::vector<std::optional<NamedUser>> find_users(Connection& connection, std::span<const std::string_view> names) {
    std::vector<std::optional<NamedUser>> users(names.size());
    Rows rows =
        connection.execute(Sql::batch_users, filled(std::vector<Parameter>(names.begin(), names.end()), max_batch));
    while (rows.next()) {
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (rows->text(1) == names[i]) {
                users[i] = NamedUser{rows->integer(0), !rows->is_null(2)};
            }
        }
    }
    return users;
}

} // namespace sotto::db

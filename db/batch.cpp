#include "db/batch.hpp"

#include <stdexcept>
#include <string>
#include <utility>

#include "db/sessions.hpp"

namespace sotto::db {

std::vector<std::optional<Head>> read_heads(Connection& connection, std::span<const HeadQuery> queries) {
    if (queries.size() > max_batch) {
        throw std::logic_error("a batch of " + std::to_string(queries.size()));
    }
    std::vector<Parameter> parameters;
    for (const HeadQuery& query : queries) {
        parameters.emplace_back(as_bytes(query.session));
    }
    parameters = filled(std::move(parameters), max_batch);
    for (const HeadQuery& query : queries) {
        parameters.emplace_back(query.peer);
    }
    std::vector<std::optional<Head>> heads(queries.size());
    Rows rows = connection.execute(Sql::batch_heads, filled(std::move(parameters), 2 * max_batch));
    while (rows.next()) {
        heads.at(static_cast<std::size_t>(rows->integer(5) - 1)) = Head{
            .caller = read_caller(rows),
            .peer_id = rows->optional_integer(6),
            .peer_erased = !rows->is_null(7),
            .state = read_conversation_state(rows),
        };
    }
    return heads;
}

} // namespace sotto::db

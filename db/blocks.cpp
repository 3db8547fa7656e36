#include "db/blocks.hpp"

#include "db/sessions.hpp"

namespace sotto::db {

std::optional<BlockList> list_blocks(Connection& connection, const SessionId& session) {
    Rows rows = connection.execute(Sql::block_list, {as_bytes(session)});
    std::optional<BlockList> list;
    while (rows.next()) {
        if (!list) {
            list.emplace(BlockList{read_caller(rows), {}});
        }
        if (!rows->is_null(2)) {
            list->blocks.push_back({std::string(rows->text(2)), std::string(rows->text(3)), rows->time(4)});
        }
    }
    return list;
}

void add_block(Connection& connection, std::int64_t user_id, std::int64_t blocked_id) {
    connection.execute(Sql::block_insert, {blocked_id, user_id});
}

void remove_block(Connection& connection, std::int64_t user_id, std::int64_t blocked_id) {
    connection.execute(Sql::block_delete, {user_id, blocked_id});
}

} // namespace sotto::db

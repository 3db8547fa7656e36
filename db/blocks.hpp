#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"

namespace sotto::db {

/// A user whom another one has blocked.
struct Block {
    std::string user_name;
    std::string display_name;
    Timestamp created_at;
};

struct BlockList {
    Caller caller;
    std::vector<Block> blocks; ///< newest first
};

/// Whom the session's user has blocked; nothing where the session has ended.
std::optional<BlockList> list_blocks(Connection& connection, const SessionId& session);

/// Blocks a user, or does nothing where they are blocked already.
void add_block(Connection& connection, std::int64_t user_id, std::int64_t blocked_id);

/// Takes a block away, if there is one.
void remove_block(Connection& connection, std::int64_t user_id, std::int64_t blocked_id);

} // namespace sotto::db

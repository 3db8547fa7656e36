#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "db/messages.hpp"

namespace sotto::db {

// What the requests of a batch begin with alike.

/// Fills the places of a batch's statement that are left over.
inline std::vector<Parameter> filled(std::vector<Parameter> parameters, std::size_t places) {
    parameters.resize(places, std::nullopt);
    return parameters;
}

/// A session, and the user to whom it writes or with whom it reads.
struct HeadQuery {
    SessionId session{};
    std::string_view peer;
};

struct Head {
    Caller caller;
    std::optional<std::int64_t> peer_id; ///< nothing for an unknown user
    bool peer_erased = false;
    std::optional<ConversationState> state; ///< nothing before the first message
};

/// Reads what each of them, at most `max_batch`, starts from, in one statement; nothing where the session has ended.
/// Throws std::logic_error where there are more.
std::vector<std::optional<Head>> read_heads(Connection& connection, std::span<const HeadQuery> queries);

} // namespace sotto::db

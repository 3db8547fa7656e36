#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "db/connection.hpp"

namespace sotto::db {

// What the requests of a batch ask for alike, each in one statement for all of them. Answers stand in the order of the
// questions.

/// Fills the places of a batch's statement that are left over.
inline std::vector<Parameter> filled(std::vector<Parameter> parameters, std::size_t places) {
    parameters.resize(places, std::nullopt);
    return parameters;
}

/// Whom the sessions belong to; nothing for those that have ended.
std::vector<std::optional<Caller>> find_callers(Connection& connection, std::span<const SessionId> sessions);

struct NamedUser {
    std::int64_t id = 0;
    bool erased = false;
};

/// The users of these names; nothing where there is none.
std::vector<std::optional<NamedUser>> find_users(Connection& connection, std::span<const std::string_view> names);

/// The two of a conversation, the lower id first.
struct Pair {
    std::int64_t lo = 0;
    std::int64_t hi = 0;

    static Pair of(std::int64_t one, std::int64_t other) { return {std::min(one, other), std::max(one, other)}; }
    bool operator==(const Pair&) const = default;
};

} // namespace sotto::db

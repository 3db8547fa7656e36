#pragma once

#include <cstdint>
#include <string_view>

#include "worker/config.hpp"

namespace sotto::admin {

/// Ends the open live connections of a user, or of a session (32 hex digits). Where the hub does not take it within two
/// seconds, says so on standard error: a hub that is not there has no connections.
void close_live_connections(const Config& config, std::int64_t user_id);
void close_live_connections(const Config& config, std::string_view session);

} // namespace sotto::admin

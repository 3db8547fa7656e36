#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace sotto::db {

using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;
using SessionId = std::array<unsigned char, 16>;
using Fingerprint = std::array<unsigned char, 16>;

/// Whom a live session belongs to.
struct Caller {
    std::int64_t user_id = 0;
    bool last_seen_is_old =
        false; ///< the session's `last_seen_at` is due for an update, which isn't worth a write each time
};

} // namespace sotto::db

#pragma once

#include "auth/password.hpp"
#include "auth/token.hpp"
#include "db/connection.hpp"
#include "live/notice.hpp"
#include "worker/counter_file.hpp"

namespace sotto {

/// What a worker has: made once at its start, used by every request in turn.
struct App {
    db::Connection connection;
    auth::TokenSigner signer;
    auth::PasswordHasher hasher;
    live::Notifier notifier;
    CounterSlot counters;
};

} // namespace sotto

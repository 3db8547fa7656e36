#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "auth/token.hpp"
#include "db/types.hpp"
#include "handlers/app.hpp"
#include "handlers/task.hpp"
#include "worker/request.hpp"
#include "worker/response.hpp"
#include "worker/result.hpp"

namespace sotto {

class Batch;

/// One call of a handler: the request, what its path captured, what the worker has, and whom it is answered with.
struct Call {
    const Request& request;
    App& app;
    Batch& batch;
    std::vector<std::string> captures = {};

    /// Set for routes with Access::session: the token's signature and dates hold. Whether the session still lives is
    /// only known once the database has said so, in the statement that reads the call's data.
    std::optional<auth::Claims> claims = {};

    /// Whom the session belongs to, set by the handler once its statement has said so; for the log and `last_seen_at`.
    std::optional<db::Caller> caller = {};

    /// What the call has waited for the database, as far as that was shared with others.
    std::chrono::nanoseconds time_in_database{};
};

/// What answers a call: a plain function, or a coroutine that waits for what it can ask for together with other calls.
struct Handler {
    Result<Response> (*alone)(Call&) = nullptr;
    Task<Result<Response>> (*batched)(Call&) = nullptr;
    bool (*can_share)(const Request&) = nullptr; ///< of those with `batched`, which can; all where this is absent

    constexpr Handler(Result<Response> (*handler)(Call&)) : alone(handler) {}
    constexpr Handler(Task<Result<Response>> (*handler)(Call&), bool (*which)(const Request&) = nullptr)
        : batched(handler),
          can_share(which) {}
};

/// The answer to a session that has ended, expired or never was: the same, so that nobody learns which.
inline Problem unauthenticated() {
    return {ProblemType::unauthenticated, "Log in first: this call needs a valid session."};
}

inline Problem user_not_found() {
    return {ProblemType::user_not_found, "There is no user with that name."};
}

} // namespace sotto

#pragma once

#include <functional>

#include "handlers/app.hpp"
#include "worker/problem.hpp"
#include "worker/request.hpp"
#include "worker/response.hpp"

namespace sotto {

/// Answers one request: finds its route, checks what every route has in common (method, Accept, origin, token), calls
/// the handler and hands the answer to `send`, which delivers it and runs its stream. Every failure, expected or not,
/// becomes a problem+json answer here, or a redirect where a form asked; no handler formats one. Ends with the
/// request's log line and its counters.
void dispatch(App& app, const Request& request, const std::function<void(const Response&)>& send);

/// Answers a request that could not be read.
void dispatch_unread(App& app, const Problem& problem, const std::function<void(const Response&)>& send);

} // namespace sotto

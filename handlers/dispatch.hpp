#pragma once

#include <functional>
#include <span>

#include "handlers/app.hpp"
#include "worker/problem.hpp"
#include "worker/request.hpp"
#include "worker/response.hpp"

namespace sotto {

/// A request, and what delivers its answer.
struct Exchange {
    const Request& request;
    std::function<void(const Response&)> send;
};

/// Answers requests, at most db::max_batch. For each: finds its route, checks what every route has in common (method,
/// Accept, origin, token), calls the handler and hands the answer to `send`, which delivers it and runs its stream.
/// Every failure, expected or not, becomes a problem+json answer here, or a redirect where a form asked; no handler
/// formats one. Ends with the request's log line and its counters. Handlers that can share statements do.
void dispatch(App& app, std::span<const Exchange> exchanges);

/// Whether the handler of that request can share its statements, so that it is worth to dispatch several at once.
bool is_batched(const Request& request);

/// Answers a request that could not be read.
void dispatch_unread(App& app, const Problem& problem, const std::function<void(const Response&)>& send);

} // namespace sotto

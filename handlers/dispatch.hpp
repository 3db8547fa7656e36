#pragma once

#include <memory>
#include <span>
#include <vector>

#include "handlers/app.hpp"
#include "handlers/batch.hpp"
#include "handlers/task.hpp"
#include "worker/problem.hpp"
#include "worker/request.hpp"
#include "worker/response.hpp"

namespace sotto {

/// A request, and where its answer goes.
struct Exchange {
    Request request;
    std::unique_ptr<Reply> reply;
};

/// Answers requests. For each: finds its route, checks what every route has in common (method, Accept, origin, token),
/// calls the handler and sends the answer. Every failure, expected or not, becomes a problem+json answer here, or a
/// redirect where a form asked; no handler formats one. Ends with the request's log line and its counters.
///
/// What takes long goes on in steps: a streamed answer piece by piece, several of them in turn, and what is left to do
/// once an answer is out. Others can be served in between.
class Dispatcher {
  public:
    explicit Dispatcher(App& app);

    /// Answers these, at most db::max_batch, up to where the first steps begin. Handlers that can share statements do.
    /// Throws std::bad_alloc where memory does not even suffice to say so; the worker should end then.
    void dispatch(std::span<Exchange> exchanges);

    /// Whether there are steps to be taken.
    bool has_steps() const { return !under_way_.empty(); }

    /// Takes the next one.
    void step();

    /// Whether it can take as many as `dispatch` may be given. If not, steps must be taken first.
    bool has_room() const;

  private:
    /// Of which nothing is left but that it was.
    struct Done {};

    Task<Done> exchange(Exchange& given);

    App& app_;
    Batch batch_;
    std::vector<Task<Done>> under_way_; ///< in the order of their turns
};

/// Whether the handler of that request can share its statements, so that it is worth to dispatch several at once.
bool is_batched(const Request& request);

/// Answers a request that could not be read.
void dispatch_unread(App& app, const Problem& problem, Reply& reply);

} // namespace sotto

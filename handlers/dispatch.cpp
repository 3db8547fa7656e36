#include "handlers/dispatch.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <optional>
#include <vector>

#include "auth/origin.hpp"
#include "db/error.hpp"
#include "db/sessions.hpp"
#include "handlers/html.hpp"
#include "handlers/metrics.hpp"
#include "handlers/routes.hpp"
#include "worker/accept.hpp"
#include "worker/fields.hpp"
#include "worker/form.hpp"
#include "worker/log.hpp"
#include "worker/router.hpp"

namespace sotto {

namespace {

/// The routes as the router wants them.
std::span<const RoutePattern> patterns() {
    static const std::vector<RoutePattern> list = [] {
        std::vector<RoutePattern> result;
        result.reserve(routes.size());
        for (const Route& route : routes) {
            result.push_back({route.method, route.path});
        }
        return result;
    }();
    return list;
}

bool changes_state(std::string_view method) {
    return method != "GET" && method != "HEAD";
}

/// A form's answer is a redirect, so that what it accepts is none of our business.
bool is_form_post(const Request& request) {
    return request.method == "POST" && is_form(request);
}

/// Refuses the parameters of a route that takes none, so that a misspelt one is noticed everywhere.
Result<Response> check_query(const Request& request, const Route& route) {
    if (route.query == Query::none && !request.query.empty()) {
        const auto fields = Fields::from_query(request);
        if (!fields) {
            return fields.problem();
        }
        if (auto problem = fields->problem()) {
            return *problem;
        }
    }
    return Response{};
}

/// Calls the handler. A session that has ended learns that, and not what is wrong with the rest of the request.
Task<Result<Response>> handle(Call& call, const Route& route) {
    auto result = check_query(call.request, route);
    if (result && route.handler.batched != nullptr) {
        result = co_await route.handler.batched(call);
    } else if (result) {
        result = route.handler.alone(call);
    }
    if (!result && route.access == Access::session && !call.caller) {
        call.caller = db::find_session(call.app.connection, call.claims->session);
        if (!call.caller) {
            co_return unauthenticated();
        }
    }
    co_return result;
}

Task<Result<Response>> answer(Call& call, const Route*& route) {
    const Request& request = call.request;
    auto match = find_route(patterns(), request.method, request.path);
    if (!match) {
        co_return match.problem();
    }
    route = &routes[match->index];
    call.captures = std::move(match->captures);

    if (!route->produces.empty() && !is_form_post(request) && !accepts(request.accept, route->produces)) {
        co_return Problem{ProblemType::not_acceptable, "The answer is " + std::string(route->produces) + "."};
    }
    const auto presented = auth::presented_token(request.authorization, request.cookie);
    // A bearer token is never sent by a browser of its own accord; everything else that changes something must come
    // from here.
    const bool by_bearer = presented && !presented->from_cookie;
    if (changes_state(request.method) && !by_bearer &&
        !auth::is_same_origin(request.sec_fetch_site, request.origin, request.host)) {
        co_return Problem{ProblemType::cross_origin, "This call came from a page of another site."};
    }
    if (route->access == Access::session) {
        if (presented) {
            const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
            call.claims = call.app.signer.verify(presented->token, now);
        }
        if (!call.claims) {
            co_return unauthenticated();
        }
    }
    co_return co_await handle(call, *route);
}

Problem unavailable() {
    return {ProblemType::unavailable,
            "The service is busy or restarting; try again in a moment.",
            {},
            {{"Retry-After", "1"}}};
}

/// Counts a failure that is the database's.
void count_database_error(App& app, const std::exception& error) {
    if (dynamic_cast<const db::Unavailable*>(&error) != nullptr) {
        app.counters->database_unavailable.add();
    } else if (dynamic_cast<const db::Error*>(&error) != nullptr) {
        app.counters->database_errors.add();
    }
}

/// The one catch ladder: what interrupts a handler is logged with the request's id and answered with a fixed text.
Task<Result<Response>> answer_or_problem(Call& call, const Route*& route) {
    const auto log = [&](const std::exception& error, std::string_view what) {
        count_database_error(call.app, error);
        LogLine("error", "request failed").add("id", call.request.request_id).add("error", what);
    };
    try {
        co_return co_await answer(call, route);
    } catch (const db::Unavailable& error) {
        log(error, error.what());
        co_return unavailable();
    } catch (const std::bad_alloc& error) {
        if (changes_state(call.request.method)) {
            call.app.notifier.close_everybody(); // it may have been committed, and the hub not told
        }
        log(error, "out of memory");
        co_return unavailable();
    } catch (const std::exception& error) {
        log(error, error.what());
        co_return Problem{ProblemType::internal,
                          "Something went wrong on the server. It has been logged under the request's id."};
    }
}

Response to_answer(const Request& request, const Route* route, const Problem& problem) {
    if (is_form_post(request)) {
        return to_form_response(problem, "/");
    }
    if (route != nullptr && route->produces == "text/html") {
        return to_html_response(problem, request.request_id);
    }
    return to_response(problem, request.request_id);
}

/// The answer where memory does not suffice for any other. Where it does not even suffice for this one, that throws
/// std::bad_alloc.
Response out_of_memory(App& app, const Request& request, const Route* route) {
    if (changes_state(request.method)) {
        app.notifier.close_everybody();
    }
    LogLine("error", "answer not made").add("id", request.request_id).add("error", "out of memory");
    return to_answer(request, route, unavailable());
}

/// Writes down that the session is in use.
void note_last_seen(Call& call) {
    try {
        db::touch_session(call.app.connection, call.claims->session);
    } catch (const std::exception& error) {
        count_database_error(call.app, error);
        LogLine("warning", "last_seen_at not updated").add("id", call.request.request_id).add("error", error.what());
    }
}

constexpr std::size_t max_under_way = 2 * db::max_batch;

} // namespace

Dispatcher::Dispatcher(App& app) : app_(app), batch_(app.connection) {
    under_way_.reserve(max_under_way);
}

/// From one request to its answer, its log line and its counters.
Task<Dispatcher::Done> Dispatcher::exchange(Exchange& given) {
    using std::chrono::duration_cast;
    using std::chrono::microseconds;
    const std::unique_ptr<Reply> reply = std::move(given.reply);
    const Request request = std::move(given.request);
    const auto start = std::chrono::steady_clock::now();
    if (request.waited) {
        app_.counters->queue.observe(*request.waited);
    }

    Call call{.request = request, .app = app_, .batch = batch_};
    const Route* route = nullptr;
    Response response;
    try {
        auto result = co_await answer_or_problem(call, route);
        response = result ? std::move(*result) : to_answer(request, route, result.problem());
    } catch (const std::bad_alloc&) {
        response = out_of_memory(app_, request, route);
    }

    std::string_view outcome = "ok";
    try {
        bool heard = reply->send(response);
        while (response.stream && heard) {
            auto piece = response.stream();
            if (!piece) {
                reply->finish();
                break;
            }
            heard = reply->write(*piece);
            piece.reset(); // others may have theirs in memory now
            call.time_in_database += app_.connection.take_time_spent();
            co_await std::suspend_always{};
        }
    } catch (const std::exception& error) {
        outcome = "cut";
        count_database_error(app_, error);
        LogLine("error", "answer cut off").add("id", request.request_id).add("error", error.what());
    }
    const auto total = std::chrono::steady_clock::now() - start;
    call.time_in_database += app_.connection.take_time_spent();
    LogLine("info", "request")
        .add("id", request.request_id)
        .add("user", call.caller ? call.caller->user_id : 0)
        .add("method", request.method)
        .add("route", route != nullptr ? route->path : "none")
        .add("status", response.status)
        .add("outcome", outcome)
        .add("us", duration_cast<microseconds>(total).count())
        .add("db_us", duration_cast<microseconds>(call.time_in_database).count());
    const auto place = route != nullptr ? static_cast<std::size_t>(route - routes.data()) : routes.size();
    count_request(app_, place, response.status, total, call.time_in_database);
    if (call.caller && call.caller->last_seen_is_old) {
        co_await std::suspend_always{};
        note_last_seen(call);
        app_.connection.take_time_spent(); // which is nobody's
    }
    co_return Done{};
}

void Dispatcher::dispatch(std::span<Exchange> exchanges) {
    app_.counters->busy.set(1);
    std::array<std::optional<Task<Done>>, db::max_batch> tasks; // memory may be short
    for (std::size_t i = 0; i < exchanges.size(); ++i) {
        try {
            tasks.at(i).emplace(exchange(exchanges[i])); // up to where it waits, or to its end
        } catch (const std::bad_alloc&) {
            exchanges[i].reply->send(out_of_memory(app_, exchanges[i].request, nullptr));
        }
    }
    batch_.run();
    for (auto& task : tasks) {
        if (task && task->done()) {
            task->take();
        } else if (task) {
            under_way_.push_back(std::move(*task));
        }
    }
    app_.counters->busy.set(has_steps() ? 1 : 0);
}

void Dispatcher::step() {
    std::rotate(under_way_.begin(), under_way_.begin() + 1, under_way_.end());
    Task<Done>& task = under_way_.back();
    task.resume();
    if (task.done()) {
        task.take();
        under_way_.pop_back();
    }
    app_.counters->busy.set(has_steps() ? 1 : 0);
}

bool Dispatcher::has_room() const {
    return under_way_.size() + db::max_batch <= max_under_way;
}

bool is_batched(const Request& request) {
    const auto* const route = std::ranges::find_if(routes, [&](const Route& each) {
        return each.handler.batched != nullptr && each.method == request.method && each.path == request.path;
    });
    return route != routes.end() && (route->handler.can_share == nullptr || route->handler.can_share(request));
}

void dispatch_unread(App& app, const Problem& problem, Reply& reply) {
    app.counters->unread.add();
    reply.send(to_response(problem, ""));
    LogLine("info", "request refused unread").add("status", status_of(problem.type));
}

} // namespace sotto

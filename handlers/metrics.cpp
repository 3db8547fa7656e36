#include "handlers/metrics.hpp"

#include <exception>
#include <string_view>
#include <utility>

#include "handlers/routes.hpp"
#include "worker/log.hpp"

namespace sotto {

namespace {

/// One route's labels; a request that found no route has those of "none".
std::string labels_of(std::size_t route) {
    if (route >= routes.size()) {
        return R"(method="none",route="none")";
    }
    const Route& found = routes[route];
    return R"(method=")" + std::string(found.method) + R"(",route=")" + std::string(found.path) + '"';
}

std::string pool_label(const PoolTotals& pool) {
    return R"(pool=")" + pool.pool + '"';
}

/// Nanoseconds in seconds, every digit of them.
std::string seconds(std::uint64_t nanoseconds) {
    constexpr std::uint64_t second = 1'000'000'000;
    std::string fraction = std::to_string(nanoseconds % second);
    fraction.insert(0, 9 - fraction.size(), '0');
    fraction.erase(fraction.find_last_not_of('0') + 1);
    return std::to_string(nanoseconds / second) + (fraction.empty() ? "" : '.' + fraction);
}

void append_head(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
    out.append("# HELP ").append(name).append(" ").append(help).append("\n");
    out.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void append_value(std::string& out, std::string_view name, std::string_view labels, std::string_view value) {
    out.append(name);
    if (!labels.empty()) {
        out.append("{").append(labels).append("}");
    }
    out.append(" ").append(value).append("\n");
}

void append_value(std::string& out, std::string_view name, std::string_view labels, std::uint64_t value) {
    append_value(out, name, labels, std::to_string(value));
}

void append_histogram(std::string& out, const std::string& name, const std::string& labels,
                      const Histogram& histogram) {
    const std::string before = labels + (labels.empty() ? "" : ",") + R"(le=")";
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < histogram.buckets.size(); ++i) {
        count += histogram.buckets.at(i).value();
        const std::string bound =
            i < histogram_bounds.size()
                ? seconds(static_cast<std::uint64_t>(std::chrono::nanoseconds(histogram_bounds.at(i)).count()))
                : "+Inf";
        append_value(out, name + "_bucket", std::string(before).append(bound).append("\""), count);
    }
    append_value(out, name + "_sum", labels, seconds(histogram.nanoseconds.value()));
    append_value(out, name + "_count", labels, count);
}

void append_routes(std::string& out, const WorkerCounters& sum) {
    append_head(out, "sotto_requests_total", "counter", "Requests that workers have answered.");
    for (std::size_t route = 0; route <= routes.size(); ++route) {
        for (std::size_t i = 0; i < counted_statuses.size(); ++i) {
            if (const std::uint64_t count = sum.routes.at(route).statuses.at(i).value(); count != 0) {
                const int status = counted_statuses.at(i);
                append_value(out, "sotto_requests_total",
                             labels_of(route) + R"(,status=")" + (status == 0 ? "other" : std::to_string(status)) + '"',
                             count);
            }
        }
    }
    append_head(out, "sotto_request_duration_seconds", "histogram",
                "From a worker's reading a request to the end of its answer.");
    for (std::size_t route = 0; route <= routes.size(); ++route) {
        if (const Histogram& duration = sum.routes.at(route).duration; duration.count() != 0) {
            append_histogram(out, "sotto_request_duration_seconds", labels_of(route), duration);
        }
    }
    append_head(out, "sotto_requests_unread_total", "counter",
                "Requests refused before their route was known, being too large or cut short.");
    append_value(out, "sotto_requests_unread_total", "", sum.unread.value());
}

void append_pools(std::string& out, const std::vector<PoolTotals>& pools) {
    const auto each = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
        append_head(out, name, type, help);
        for (const PoolTotals& pool : pools) {
            append_value(out, name, pool_label(pool), value(pool));
        }
    };
    each("sotto_workers", "gauge", "Workers alive.", [](const PoolTotals& pool) { return pool.workers; });
    each("sotto_workers_busy", "gauge", "Workers that are answering a request, the one that answers this included.",
         [](const PoolTotals& pool) { return pool.busy; });
    each("sotto_worker_starts_total", "counter", "Workers that started.",
         [](const PoolTotals& pool) { return pool.counters->starts.value(); });
    each("sotto_worker_clean_stops_total", "counter", "Workers that stopped in good order; the others died.",
         [](const PoolTotals& pool) { return pool.counters->clean_stops.value(); });
    append_head(out, "sotto_queue_duration_seconds", "histogram",
                "From nginx's turning to a pool to a worker's reading the request, to about a millisecond.");
    for (const PoolTotals& pool : pools) {
        append_histogram(out, "sotto_queue_duration_seconds", pool_label(pool), pool.counters->queue);
    }
}

/// What the counters' places in the file mean: the routes in their order.
std::string layout() {
    std::string text;
    for (std::size_t route = 0; route <= routes.size(); ++route) {
        text += labels_of(route) + '\n';
    }
    return text;
}

} // namespace

std::string to_prometheus(const std::vector<PoolTotals>& pools) {
    const auto sum = std::make_unique<WorkerCounters>();
    for (const PoolTotals& pool : pools) {
        sum->add(*pool.counters);
    }
    std::string out;
    append_routes(out, *sum);
    append_pools(out, pools);
    append_head(out, "sotto_database_duration_seconds", "histogram",
                "What a request spent in the database, of those that spent anything.");
    append_histogram(out, "sotto_database_duration_seconds", "", sum->database);
    append_head(out, "sotto_database_errors_total", "counter",
                "Requests that failed over the database: away, full or too slow, or an error.");
    append_value(out, "sotto_database_errors_total", R"(kind="unavailable")", sum->database_unavailable.value());
    append_value(out, "sotto_database_errors_total", R"(kind="error")", sum->database_errors.value());
    append_head(out, "sotto_password_duration_seconds", "histogram",
                "What a request spent on password hashes, of those that spent anything.");
    append_histogram(out, "sotto_password_duration_seconds", "", sum->password);
    return out;
}

Result<Response> get_metrics(Call& call) {
    return Response{
        .status = 200,
        .headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}, {"Cache-Control", "no-store"}},
        .body = to_prometheus(call.app.counters.read_all()),
        .stream = {},
    };
}

void count_request(App& app, std::size_t route, int status, std::chrono::nanoseconds duration,
                   std::chrono::nanoseconds in_database) {
    app.counters->routes.at(route).count(status, duration);
    if (in_database.count() != 0) {
        app.counters->database.observe(in_database);
    }
    if (const auto spent = app.hasher.take_time_spent(); spent.count() != 0) {
        app.counters->password.observe(spent);
    }
}

CounterSlot open_counters(const std::filesystem::path& folder, const std::string& pool) {
    CounterPlace place{.folder = folder, .pool = pool, .layout = layout()};
    try {
        return CounterSlot::claim(place);
    } catch (const std::exception& error) {
        LogLine("warning", "this worker is missing from /metrics").add("error", error.what());
        return CounterSlot::alone(std::move(place));
    }
}

} // namespace sotto

#include "worker/counters.hpp"

#include <algorithm>

namespace sotto {

void Histogram::observe(std::chrono::nanoseconds duration) {
    const auto measured = std::max(duration, std::chrono::nanoseconds::zero());
    const auto bound = std::ranges::lower_bound(histogram_bounds, measured);
    buckets.at(static_cast<std::size_t>(bound - histogram_bounds.begin())).add();
    nanoseconds.add(static_cast<std::uint64_t>(measured.count()));
}

void Histogram::add(const Histogram& other) {
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        buckets.at(i).add(other.buckets.at(i).value());
    }
    nanoseconds.add(other.nanoseconds.value());
}

std::uint64_t Histogram::count() const {
    std::uint64_t sum = 0;
    for (const Counter& bucket : buckets) {
        sum += bucket.value();
    }
    return sum;
}

void RouteCounters::count(int status, std::chrono::nanoseconds taken) {
    const auto found = std::find(counted_statuses.begin(), counted_statuses.end() - 1, status);
    statuses.at(static_cast<std::size_t>(found - counted_statuses.begin())).add();
    duration.observe(taken);
}

void WorkerCounters::add(const WorkerCounters& other) {
    starts.add(other.starts.value());
    clean_stops.add(other.clean_stops.value());
    busy.add(other.busy.value());
    unread.add(other.unread.value());
    database_unavailable.add(other.database_unavailable.value());
    database_errors.add(other.database_errors.value());
    queue.add(other.queue);
    database.add(other.database);
    password.add(other.password);
    for (std::size_t i = 0; i < routes.size(); ++i) {
        for (std::size_t j = 0; j < counted_statuses.size(); ++j) {
            routes.at(i).statuses.at(j).add(other.routes.at(i).statuses.at(j).value());
        }
        routes.at(i).duration.add(other.routes.at(i).duration);
    }
}

} // namespace sotto

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sotto {

/// A number in memory that several processes map: one worker writes it, any may read it at any time.
class Counter {
  public:
    void add(std::uint64_t amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
    void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

// What a file holds must mean the same in every process, and a killed one must leave no lock behind.
static_assert(std::atomic<std::uint64_t>::is_always_lock_free && sizeof(Counter) == sizeof(std::uint64_t));

/// The buckets' upper bounds, each included in its bucket (Prometheus's `le`): a page is answered within the first
/// ones, a password within the middle ones, and what takes longer than the last has been given up by nginx.
inline constexpr std::array<std::chrono::microseconds, 15> histogram_bounds{
    {std::chrono::microseconds{250}, std::chrono::microseconds{500}, std::chrono::milliseconds{1},
     std::chrono::microseconds{2500}, std::chrono::milliseconds{5}, std::chrono::milliseconds{10},
     std::chrono::milliseconds{25}, std::chrono::milliseconds{50}, std::chrono::milliseconds{100},
     std::chrono::milliseconds{250}, std::chrono::milliseconds{500}, std::chrono::seconds{1},
     std::chrono::milliseconds{2500}, std::chrono::seconds{5}, std::chrono::seconds{10}}};

/// How often something took how long.
struct Histogram {
    std::array<Counter, histogram_bounds.size() + 1> buckets; ///< each its own, not summed up; the last has no bound
    Counter nanoseconds;                                      ///< in all

    /// Counts one duration; a negative one, as two clocks may give it, is 0.
    void observe(std::chrono::nanoseconds duration);

    void add(const Histogram& other);
    std::uint64_t count() const;
};

/// The statuses that are counted by themselves. Any other is counted at the end, as 0.
inline constexpr std::array counted_statuses{200, 201, 204, 303, 304, 400, 401, 403, 404, 405,
                                             406, 409, 413, 415, 422, 429, 500, 503, 0};

/// How many routes can be counted.
inline constexpr std::size_t max_counted_routes = 48;

struct RouteCounters {
    std::array<Counter, counted_statuses.size()> statuses;
    Histogram duration;

    /// Counts one answered request.
    void count(int status, std::chrono::nanoseconds duration);
};

/// What one worker counts, or the sum of several. The same worker's successors go on where it ended.
struct WorkerCounters {
    Counter starts;               ///< processes that took this place
    Counter clean_stops;          ///< processes that left it in good order; the others died
    Counter busy;                 ///< 1 while a request is being answered
    Counter unread;               ///< requests that were refused before their route was known: too large, cut short
    Counter database_unavailable; ///< requests that failed since the database was away, full or too slow
    Counter database_errors;      ///< requests that failed since the database refused a statement
    Histogram queue;              ///< from nginx's turning to the pool to a worker's reading the request
    Histogram database;           ///< by request: what it spent in the database, where it spent anything
    Histogram password;           ///< by request: what it spent on password hashes, where it spent anything
    std::array<RouteCounters, max_counted_routes> routes; ///< as the caller numbers them

    void add(const WorkerCounters& other);
};

} // namespace sotto

#pragma once

#include <string>

#include "handlers/call.hpp"
#include "worker/counter_file.hpp"

namespace sotto {

/// GET /metrics: 200, what the workers of all pools have counted, for Prometheus (text format 0.0.4). Anybody may ask a
/// worker; nginx passes the path on from its local listener alone, and adds the hub's page.
Result<Response> get_metrics(Call& call);

/// The pools' counters in Prometheus's text format. Labels come from the table of routes and never from a request.
std::string to_prometheus(const std::vector<PoolTotals>& pools);

/// Counts one answered request under its place in `routes`, or under `routes.size()` where it found no route.
void count_request(App& app, std::size_t route, int status, std::chrono::nanoseconds duration,
                   std::chrono::nanoseconds in_database);

/// This worker's counters: shared with its pool, or where that can't be, which is logged, its own.
CounterSlot open_counters(const std::filesystem::path& folder, const std::string& pool);

} // namespace sotto

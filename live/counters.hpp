#pragma once

#include <cstdint>
#include <string>

namespace sotto::live {

/// What the hub counts, since its start unless said otherwise.
struct Counters {
    std::uint64_t web_sockets = 0;       ///< now
    std::uint64_t event_streams = 0;     ///< now
    std::uint64_t workers = 0;           ///< connected now
    std::uint64_t clients = 0;           ///< sockets now: connections, those that are closing, and handshakes
    std::uint64_t events_in = 0;         ///< told by workers
    std::uint64_t events_out = 0;        ///< handed to connections: one event in, one out for each device
    std::uint64_t resyncs = 0;           ///< told by workers: each stands for events that were dropped
    std::uint64_t malformed_records = 0; ///< dropped whole
    std::uint64_t slow_readers = 0;      ///< closed since they took too long
    std::uint64_t refused = 0;           ///< requests answered with a problem, or beyond max_clients
};

/// The Prometheus text format, version 0.0.4.
std::string to_prometheus(const Counters& counters);

} // namespace sotto::live

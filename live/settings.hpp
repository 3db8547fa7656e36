#pragma once

#include <chrono>
#include <cstddef>

namespace sotto::live {

/// The hub's limits. A run has these; tests shorten them.
struct Settings {
    std::size_t max_clients = 100'000;                ///< connections and handshakes at once
    std::size_t max_connections_per_user = 16;        ///< the next one is refused
    std::size_t send_buffer_bytes = 262'144;          ///< what may wait for one slow reader
    std::chrono::milliseconds request_timeout{10000}; ///< from accept to the end of the request's head
    std::chrono::milliseconds heartbeat{15000};       ///< between two comments on an event stream
    std::chrono::milliseconds peer_timeout{40000};    ///< of a WebSocket: a ping goes at half of it
    std::chrono::milliseconds closing_grace{1000};    ///< for the peer to answer a close frame
};

} // namespace sotto::live

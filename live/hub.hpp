#pragma once

#include <vector>

#include "live/accept_loop.hpp"
#include "live/counters.hpp"
#include "live/listeners.hpp"
#include "live/registry.hpp"
#include "live/settings.hpp"
#include "live/socket.hpp"

namespace sotto::live {

/// The hub: carries what workers commit to the clients that are connected. One event loop, and no state worth keeping.
class Hub {
  public:
    /// Owns both sockets from now on.
    Hub(const Settings& settings, const Listeners& listeners);

    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;
    ~Hub();

    /// Serves until `shut_down`, then gives the clients `Settings::closing_grace` to go.
    void run();

    /// Takes no more connections, and closes those there are. To be called on the loop.
    void shut_down();

    asio::io_context& context() { return context_; }

  private:
    void take_client(int socket);
    void take_worker(int socket);

    // What is pending when the loop goes still counts itself out, so these outlive it.
    const Settings settings_;
    Counters counters_;
    std::vector<char> record_buffer_;
    Registry registry_;
    asio::io_context context_;
    AcceptLoop clients_;
    AcceptLoop workers_;
};

} // namespace sotto::live

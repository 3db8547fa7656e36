#pragma once

#include <functional>

#include "live/socket.hpp"

namespace sotto::live {

/// Takes connections from one listening socket for as long as it lives.
/// Out of descriptors or memory it pauses for a moment instead of spinning on a connection that it can't take.
class AcceptLoop {
  public:
    /// Owns `listening_socket` from now on. `accepted` gets each connection's descriptor, and owns it.
    AcceptLoop(asio::io_context& context, int listening_socket, std::function<void(int)> accepted);

    /// Takes no more.
    void stop();

  private:
    void wait();
    void take();
    void pause();

    Descriptor listener_;
    Timer pause_;
    std::function<void(int)> accepted_;
};

} // namespace sotto::live

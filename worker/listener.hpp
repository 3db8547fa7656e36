#pragma once

#include <chrono>
#include <optional>

#include "worker/file_descriptor.hpp"

namespace sotto {

/// The listening socket that a whole pool of workers shares, and the signal that ends this one.
///
/// The socket is non-blocking and watched with EPOLLEXCLUSIVE, so that one connection wakes one worker; who comes too
/// late finds nothing to accept and waits again. SIGTERM and SIGINT are blocked and read from a signalfd in the same
/// epoll set: they end an idle worker at once, and a busy one between two requests, however many are waiting.
class Listener {
  public:
    /// Takes the socket that the service manager has opened: fd 3 by systemd's protocol (sd_listen_fds(3)) where
    /// LISTEN_PID is this process, else fd 0 as spawn-fcgi and inetd leave it. Throws std::runtime_error where that is
    /// no listening socket.
    static Listener inherited();

    enum class Event { connection, stop, timeout };

    /// Waits for a connection or for the signal to stop, at most `timeout` where one is given. Throws
    /// std::system_error.
    Event wait(std::optional<std::chrono::milliseconds> timeout);

    /// Waits for the signal to stop alone, at most `timeout`. Never Event::connection. Throws std::system_error.
    Event wait_for_stop(std::chrono::milliseconds timeout);

    int socket() const { return socket_; }

  private:
    explicit Listener(int socket);

    int socket_; ///< not owned: the pool's
    FileDescriptor signals_;
    FileDescriptor epoll_;
};

} // namespace sotto

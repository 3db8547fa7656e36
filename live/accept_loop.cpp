#include "live/accept_loop.hpp"

#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include "worker/log.hpp"

namespace sotto::live {

namespace {

/// Connections taken before the loop looks after the others again.
constexpr int batch = 64;

constexpr std::chrono::milliseconds pause_time{100};

bool is_exhausted(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

} // namespace

AcceptLoop::AcceptLoop(asio::io_context& context, int listening_socket, std::function<void(int)> accepted)
    : listener_(context, listening_socket),
      pause_(context),
      accepted_(std::move(accepted)) {
    listener_.native_non_blocking(true);
    wait();
}

void AcceptLoop::stop() {
    listener_.close();
    pause_.cancel();
}

void AcceptLoop::wait() {
    listener_.async_wait(Descriptor::wait_read, [this](ErrorCode error) {
        if (!error) {
            take();
        }
    });
}

void AcceptLoop::take() {
    for (int i = 0; i < batch; ++i) {
        const int fd = ::accept4(listener_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            accepted_(fd);
        } else if (is_exhausted(errno)) {
            pause();
            return;
        } else if (errno == EAGAIN) {
            break;
        }
        // Anything else is about that one connection: on to the next.
    }
    wait();
}

void AcceptLoop::pause() {
    LogLine("warn", "out of descriptors or memory, accepting is paused").add("errno", errno);
    pause_.expires_after(pause_time);
    pause_.async_wait([this](ErrorCode error) {
        if (!error) {
            wait();
        }
    });
}

} // namespace sotto::live

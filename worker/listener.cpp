#include "worker/listener.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sotto {

namespace {

constexpr int systemd_first_fd = 3;

int checked(int result, const char* what) {
    if (result < 0) {
        throw std::system_error(errno, std::generic_category(), what);
    }
    return result;
}

FileDescriptor block_stop_signals() {
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    checked(sigprocmask(SIG_BLOCK, &stop, nullptr), "sigprocmask");
    return FileDescriptor(checked(signalfd(-1, &stop, SFD_NONBLOCK | SFD_CLOEXEC), "signalfd"));
}

bool given_by_systemd() {
    const char* pid = std::getenv("LISTEN_PID");
    const char* count = std::getenv("LISTEN_FDS");
    return pid != nullptr && count != nullptr && pid == std::to_string(getpid()) && std::string_view(count) != "0";
}

} // namespace

Listener Listener::inherited() {
    return Listener(given_by_systemd() ? systemd_first_fd : STDIN_FILENO);
}

Listener::Listener(int socket)
    : socket_(socket),
      signals_(block_stop_signals()),
      epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
    int listening = 0;
    socklen_t size = sizeof listening;
    if (getsockopt(socket_, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0) {
        throw std::runtime_error("no listening socket at fd " + std::to_string(socket_) +
                                 ": start the worker from a systemd socket unit or with spawn-fcgi -n");
    }
    checked(fcntl(socket_, F_SETFL, checked(fcntl(socket_, F_GETFL), "fcntl") | O_NONBLOCK), "fcntl");
    epoll_event event{};
    event.events = EPOLLIN | EPOLLEXCLUSIVE;
    event.data.fd = socket_;
    checked(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket_, &event), "epoll_ctl");
    event.events = EPOLLIN;
    event.data.fd = signals_.get();
    checked(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, signals_.get(), &event), "epoll_ctl");
}

Listener::Event Listener::wait(std::optional<std::chrono::milliseconds> timeout) {
    const int milliseconds = timeout ? static_cast<int>(timeout->count()) : -1;
    std::array<epoll_event, 2> events{};
    int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), milliseconds);
    if (count < 0 && errno == EINTR) {
        count = 0; // by a debugger, say: as good as a timeout
    }
    checked(count, "epoll_wait");
    Event result = Event::timeout;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
        if (events.at(i).data.fd == signals_.get()) {
            return Event::stop;
        }
        result = Event::connection;
    }
    return result;
}

Listener::Event Listener::wait_for_stop(std::chrono::milliseconds timeout) {
    pollfd signal{.fd = signals_.get(), .events = POLLIN, .revents = 0};
    const int count = poll(&signal, 1, static_cast<int>(timeout.count()));
    if (count < 0 && errno == EINTR) {
        return Event::timeout;
    }
    return checked(count, "poll") > 0 ? Event::stop : Event::timeout;
}

} // namespace sotto

#include "live/listeners.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace sotto::live {

namespace {

constexpr int first_inherited = 3;

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

/// The number of sockets that systemd has opened for this process.
int inherited_count() {
    if (variable("LISTEN_PID") != std::to_string(getpid())) {
        return 0;
    }
    const std::string text = variable("LISTEN_FDS");
    int count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
}

int socket_option(int socket, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(socket, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

int find_inherited(int count, int type) {
    for (int fd = first_inherited; fd < first_inherited + count; ++fd) {
        if (socket_option(fd, SO_TYPE) == type && socket_option(fd, SO_ACCEPTCONN) == 1) {
            fcntl(fd, F_SETFD, FD_CLOEXEC);
            return fd;
        }
    }
    throw std::runtime_error(std::string("systemd gave no listening socket of type ") +
                             (type == SOCK_STREAM ? "stream (ListenStream=)" : "seqpacket (ListenSequentialPacket=)"));
}

/// A socket file outlives a process that was killed; one that somebody listens on is not ours to remove.
void remove_stale(const std::string& path, int type, const sockaddr_un& address) {
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0) {
        return;
    }
    const int probe = ::socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const bool stale = S_ISSOCK(status.st_mode) &&
                       ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
                       errno == ECONNREFUSED;
    ::close(probe);
    if (!stale) {
        throw std::runtime_error(path + " is in use, or not a socket");
    }
    if (unlink(path.c_str()) != 0) {
        fail("can't remove " + path);
    }
}

int listen_at(const char* name, int type) {
    const std::string path = variable(name);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        throw std::runtime_error(std::string(name) + " must be the path of a socket, of at most 107 bytes");
    }
    std::copy(path.begin(), path.end(), std::begin(address.sun_path));
    remove_stale(path, type, address);
    const int socket = ::socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (socket < 0) {
        fail("socket");
    }
    const mode_t previous = umask(0117); // 0660 from its first moment
    const int bound = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    umask(previous);
    if (bound != 0 || ::listen(socket, SOMAXCONN) != 0) {
        fail("can't listen on " + path);
    }
    return socket;
}

} // namespace

Listeners open_listeners() {
    const int inherited = inherited_count();
    if (inherited > 0) {
        return {find_inherited(inherited, SOCK_STREAM), find_inherited(inherited, SOCK_SEQPACKET)};
    }
    return {listen_at("SOTTO_HUB_SOCKET", SOCK_STREAM), listen_at("SOTTO_NOTICE_SOCKET", SOCK_SEQPACKET)};
}

} // namespace sotto::live

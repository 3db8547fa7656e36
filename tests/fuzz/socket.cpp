#include "tests/fuzz/socket.hpp"

#include <array>
#include <cerrno>

#include "tests/fuzz/fuzz.hpp"

namespace sotto::fuzz {

ListeningSocket::ListeningSocket(int type)
    : type_(type),
      socket_(::socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    address_.sun_family = AF_UNIX;
    auto* const address = reinterpret_cast<sockaddr*>(&address_);
    // Without a path the kernel chooses an abstract name (unix(7), autobind).
    const bool bound = bind(socket_.get(), address, sizeof address_.sun_family) == 0 &&
                       getsockname(socket_.get(), address, &address_size_) == 0 && listen(socket_.get(), 16) == 0;
    require(bound, "a socket can be made");
}

FileDescriptor ListeningSocket::connect() const {
    FileDescriptor connection(::socket(AF_UNIX, type_ | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const auto* const address = reinterpret_cast<const sockaddr*>(&address_);
    require(::connect(connection.get(), address, address_size_) == 0, "a connection can be made");
    return connection;
}

bool send_to(const FileDescriptor& socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool receive_from(const FileDescriptor& socket, std::string& received) {
    std::array<char, 65536> chunk; // NOLINT(cppcoreguidelines-pro-type-member-init): the kernel fills it
    for (;;) {
        const ssize_t size = recv(socket.get(), chunk.data(), chunk.size(), 0);
        if (size <= 0) {
            return size < 0 && errno == EAGAIN;
        }
        received.append(chunk.data(), static_cast<std::size_t>(size));
    }
}

} // namespace sotto::fuzz

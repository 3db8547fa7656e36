#include "worker/service_manager.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace sotto {

namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

std::optional<std::chrono::milliseconds> read_watchdog_interval() {
    const std::string pid = variable("WATCHDOG_PID");
    const std::string text = variable("WATCHDOG_USEC");
    std::int64_t microseconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), microseconds);
    if (microseconds <= 0 || (!pid.empty() && pid != std::to_string(getpid()))) {
        return std::nullopt;
    }
    using std::chrono::milliseconds;
    return std::max(milliseconds(1),
                    std::chrono::duration_cast<milliseconds>(std::chrono::microseconds(microseconds)) / 4);
}

} // namespace

ServiceManager::ServiceManager()
    : socket_(variable("NOTIFY_SOCKET")),
      watchdog_interval_(socket_.empty() ? std::nullopt : read_watchdog_interval()) {}

void ServiceManager::alive() {
    const auto now = std::chrono::steady_clock::now();
    if (watchdog_interval_ && (!last_sign_ || now - *last_sign_ >= *watchdog_interval_)) {
        last_sign_ = now;
        tell("WATCHDOG=1");
    }
}

void ServiceManager::tell(std::string_view message) const {
    sockaddr_un address{};
    if (socket_.empty() || socket_.size() >= sizeof address.sun_path) {
        return;
    }
    address.sun_family = AF_UNIX;
    std::copy(socket_.begin(), socket_.end(), std::begin(address.sun_path));
    if (socket_.front() == '@') {
        address.sun_path[0] = '\0';
    }
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        ::sendto(fd, message.data(), message.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
        ::close(fd);
    }
}

} // namespace sotto

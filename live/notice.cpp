#include "live/notice.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "live/record.hpp"

namespace sotto::live {

namespace {

/// An absent hub costs one failed connect in this time; a restarted one is found about as soon as its first client.
constexpr std::chrono::milliseconds connect_interval{50};

/// The kernel doubles it and caps it at net.core.wmem_max. It must hold one record, and holds some hundred usual ones.
constexpr int send_buffer_bytes = 256 * 1024;

// Together they stay below max_record_bytes, so that one record takes the whole backlog.
constexpr std::size_t max_stale_users = 1000;
constexpr std::size_t max_closings_bytes = std::size_t{32} * 1024;
constexpr std::string_view close_all = "close-all\n";

/// Whether a failed send only means that there is no room now.
bool is_full(int error) {
    return error == EAGAIN || error == ENOBUFS || error == ENOMEM || error == EMSGSIZE || error == EINTR;
}

} // namespace

Notifier::Notifier(std::string socket_path) : socket_path_(std::move(socket_path)) {}

Notifier::~Notifier() {
    disconnect();
}

void Notifier::event(std::span<const Delivery> deliveries) {
    if (socket_path_.empty()) {
        return;
    }
    // A backlog goes first: whoever has missed an event hears of it before the next one arrives.
    flush();
    record_.clear();
    for (const Delivery& delivery : deliveries) {
        record_.append("event ").append(std::to_string(delivery.user_id)).append(" ");
        record_.append(delivery.id.empty() ? std::string_view("-") : delivery.id).append(" ");
        record_.append(delivery.json).append("\n");
    }
    if (has_backlog() || record_.size() > max_record_bytes || !send(record_)) {
        std::for_each(deliveries.begin(), deliveries.end(),
                      [this](const Delivery& delivery) { remember(delivery.user_id); });
    }
}

void Notifier::close_session(std::string_view session) {
    close_later(std::string("close-session ").append(session).append("\n"));
}

void Notifier::close_user(std::int64_t user_id, std::optional<std::string_view> keep) {
    std::string line = "close-user " + std::to_string(user_id);
    if (keep) {
        line.append(" ").append(*keep);
    }
    close_later(line.append("\n"));
}

void Notifier::close_everybody() noexcept {
    if (!socket_path_.empty()) {
        closings_ = close_all; // short enough to need no memory; the next flush sends it
    }
}

bool Notifier::has_backlog() const {
    return all_stale_ || !stale_users_.empty() || !closings_.empty();
}

void Notifier::flush() {
    if (!has_backlog()) {
        return;
    }
    record_ = closings_;
    if (all_stale_) {
        record_ += "resync *\n";
    }
    for (const std::int64_t user_id : stale_users_) {
        record_.append("resync ").append(std::to_string(user_id)).append("\n");
    }
    if (send(record_)) {
        closings_.clear();
        stale_users_.clear();
        all_stale_ = false;
    }
}

void Notifier::close_later(std::string_view line) {
    if (socket_path_.empty()) {
        return;
    }
    if (closings_.size() + line.size() > max_closings_bytes) {
        closings_ = close_all; // the safe side: who may stay comes back
    } else if (closings_ != close_all) {
        closings_ += line;
    }
    flush();
}

void Notifier::remember(std::int64_t user_id) {
    if (all_stale_) {
        return;
    }
    stale_users_.insert(user_id);
    if (stale_users_.size() > max_stale_users) {
        stale_users_.clear();
        all_stale_ = true;
    }
}

bool Notifier::send(std::string_view record) {
    // A hub that was restarted shows at the first send; the second one goes to its successor.
    for (int attempt = 0; attempt < 2 && connect(); ++attempt) {
        if (::send(socket_, record.data(), record.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
            return true;
        }
        if (is_full(errno)) {
            return false;
        }
        disconnect();
    }
    return false;
}

bool Notifier::connect() {
    const auto now = std::chrono::steady_clock::now();
    if (socket_ >= 0 || now < next_attempt_) {
        return socket_ >= 0;
    }
    next_attempt_ = now + connect_interval;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_path_.size() >= sizeof address.sun_path) {
        return false;
    }
    std::copy(socket_path_.begin(), socket_path_.end(), std::begin(address.sun_path));
    socket_ = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) {
        return false;
    }
    setsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes, sizeof send_buffer_bytes);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        disconnect();
        return false;
    }
    return true;
}

void Notifier::disconnect() {
    if (socket_ >= 0) {
        ::close(socket_);
        socket_ = -1;
    }
}

} // namespace sotto::live

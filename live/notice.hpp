#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace sotto::live {

/// One event for one user, on all of their devices.
struct Delivery {
    std::int64_t user_id;
    std::string_view id;   ///< event id for event streams, at most 64 bytes without spaces; empty for none
    std::string_view json; ///< one compact object: UTF-8 without control characters, as `to_json` writes it
};

/// A worker's side of live delivery: tells the hub what was committed, and never waits for it.
///
/// What a full or absent hub can't take is dropped, and the users concerned are remembered, so that their clients are
/// told to ask again as soon as there is room. A closing is never dropped: it waits. The caller flushes while there is
/// a backlog. One object per process, for one thread.
class Notifier {
  public:
    /// `socket_path` is where the hub listens for workers; with an empty one, nothing is ever sent. Connects when it
    /// first has something to say.
    explicit Notifier(std::string socket_path);
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;
    ~Notifier();

    /// Sends the events of one committed change, all or none, in one record of at most 128 KiB (`max_record_bytes`).
    void event(std::span<const Delivery> deliveries);

    /// Ends the live connections of a session that was revoked; `session` is 32 lower-case hex digits.
    void close_session(std::string_view session);

    /// Ends the live connections of a user whose sessions were revoked, except those of the session `keep`.
    void close_user(std::int64_t user_id, std::optional<std::string_view> keep = std::nullopt);

    /// Ends all live connections, since it is not known what they have missed; who may stay comes back and asks again.
    void close_everybody() noexcept;

    /// Whether something waits to be sent: call `flush` at least every 100 ms until nothing does.
    bool has_backlog() const;

    /// Sends what waits, if there is a hub with room for it.
    void flush();

  private:
    bool connect();
    void disconnect();
    bool send(std::string_view record);
    void close_later(std::string_view line);
    void remember(std::int64_t user_id);

    std::string socket_path_;
    int socket_ = -1;
    std::chrono::steady_clock::time_point next_attempt_;
    std::string record_;                 ///< kept for its memory
    std::string closings_;               ///< lines that wait
    std::set<std::int64_t> stale_users_; ///< whose events were dropped
    bool all_stale_ = false;
};

} // namespace sotto::live

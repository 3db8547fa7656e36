#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "live/connection.hpp"
#include "live/counters.hpp"
#include "live/record.hpp"
#include "live/settings.hpp"

namespace sotto::live {

/// Whether, and why not, a connection may be opened.
enum class Admission { welcome, too_many, closing };

/// Who is connected, and what workers have to tell them.
class Registry {
  public:
    Registry(const Settings& settings, Counters& counters);

    /// `closing` where the session or user was closed so shortly ago that a worker may have let this request pass
    /// before: the client has to come again and be asked again. `too_many` at the limit per user.
    Admission admission(const Identity& identity);

    /// Adds a connection, and sends `resync` on it as the first event.
    void add(const std::shared_ptr<Connection>& connection);

    /// Does nothing where the connection is not there.
    void remove(const Connection& connection);

    /// Carries out what a worker says.
    void carry_out(const Command& command);

    /// Closes every connection, for the client to come back.
    void close_all();

    /// Forgets all connections: their sockets may not outlive the loop.
    void clear() { by_user_.clear(); }

    std::size_t size() const { return counters_.web_sockets + counters_.event_streams; }
    const Settings& settings() const { return settings_; }
    Counters& counters() { return counters_; }

  private:
    using Connections = std::vector<std::shared_ptr<Connection>>;

    /// A closing, kept for a moment because a handshake may overtake it, or be overtaken, on the way through nginx.
    struct Closing {
        std::chrono::steady_clock::time_point when;
        std::optional<std::int64_t> user_id; ///< nothing: one session alone
        std::optional<SessionHex> session;   ///< with a user: the one that is kept

        bool concerns(const Identity& identity) const;
    };

    void carry_out(const DeliverEvent& event);
    void carry_out(const CloseSession& closing);
    void carry_out(const CloseUser& closing);
    void carry_out(const CloseAll& closing);
    void carry_out(const Resync& resync);

    // Copies, since what is done to a connection may remove it.
    Connections connections_of(std::int64_t user_id) const;
    Connections all() const;
    void close(const Closing& closing, const Connections& candidates);
    std::uint64_t& gauge_of(Kind kind);

    const Settings& settings_;
    Counters& counters_;
    std::unordered_map<std::int64_t, Connections> by_user_;
    std::deque<Closing> recent_closings_; ///< oldest first
};

} // namespace sotto::live

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace sotto {

/// What a service tells systemd of itself, by the protocol of sd_notify(3): one datagram a message, to the unix socket
/// in NOTIFY_SOCKET. Without that variable, or where systemd can't be reached, nothing is told and nothing fails.
class ServiceManager {
  public:
    /// Reads NOTIFY_SOCKET, and WATCHDOG_USEC and WATCHDOG_PID as sd_watchdog_enabled(3) does.
    ServiceManager();

    /// The service can be used now.
    void ready() const { tell("READY=1"); }

    /// The service is about to end.
    void stopping() const { tell("STOPPING=1"); }

    /// A sign of life, to be given by the loop that does the work, and by nothing beside it: without one for the unit's
    /// WatchdogSec= the service is killed and started again. Sends at most once in `watchdog_interval`, so a busy loop
    /// may call it at each turn.
    void alive();

    /// How long the loop may wait between two signs of life: a quarter of WatchdogSec=. Nothing where none are wanted.
    std::optional<std::chrono::milliseconds> watchdog_interval() const { return watchdog_interval_; }

  private:
    void tell(std::string_view message) const;

    std::string socket_; ///< a path, or "@name" in the abstract namespace; empty for none
    std::optional<std::chrono::milliseconds> watchdog_interval_;
    std::optional<std::chrono::steady_clock::time_point> last_sign_;
};

} // namespace sotto

// sotto-hub: the process that holds the live connections. SIGTERM or SIGINT ends it, with clients asked to come back.

#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>

#include <sys/resource.h>

#include "live/hub.hpp"
#include "live/listeners.hpp"
#include "worker/log.hpp"
#include "worker/service_manager.hpp"

namespace {

using namespace sotto;

/// Descriptors that clients may not take: for workers, the loop's own and the log.
constexpr rlim_t reserved_descriptors = 200;

/// Raises the limit of descriptors as far as it goes; returns how many of them clients may take.
std::size_t raise_descriptor_limit() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur - std::min(limit.rlim_cur / 2, reserved_descriptors);
}

/// Gives signs of life on the loop itself: one that hangs gives none.
class Heartbeat {
  public:
    Heartbeat(live::asio::io_context& context, ServiceManager& manager) : timer_(context), manager_(manager) { beat(); }

  private:
    void beat() {
        manager_.alive();
        if (const auto interval = manager_.watchdog_interval()) {
            timer_.expires_after(*interval);
            timer_.async_wait([this](live::ErrorCode error) {
                if (!error) {
                    beat();
                }
            });
        }
    }

    live::Timer timer_;
    ServiceManager& manager_;
};

} // namespace

int main() {
    try {
        std::signal(SIGPIPE, SIG_IGN); // of a log that nobody reads any more
        live::Settings settings;
        settings.max_clients = raise_descriptor_limit();
        live::Hub hub(settings, live::open_listeners());
        live::asio::signal_set signals(hub.context(), SIGTERM, SIGINT);
        ServiceManager manager;
        signals.async_wait([&](live::ErrorCode, int) {
            manager.stopping();
            hub.shut_down();
        });
        const Heartbeat heartbeat(hub.context(), manager);
        LogLine("info", "ready").add("max_clients", static_cast<std::int64_t>(settings.max_clients));
        manager.ready();
        hub.run();
        LogLine("info", "stopped");
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        LogLine("error", "can't go on").add("error", error.what());
        return EXIT_FAILURE;
    }
}

// The worker: one FastCGI process of a pool that shares a listening socket.

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "auth/random.hpp"
#include "handlers/database.hpp"
#include "handlers/dispatch.hpp"
#include "handlers/metrics.hpp"
#include "worker/config.hpp"
#include "worker/fastcgi.hpp"
#include "worker/listener.hpp"
#include "worker/log.hpp"
#include "worker/service_manager.hpp"

namespace {

using namespace sotto;

constexpr std::chrono::milliseconds flush_interval{100};
constexpr std::chrono::milliseconds longest_rest{1000};

/// How long the loop may wait for a connection: until it gives the next sign of life, and no longer than until it
/// offers the hub again what that could not take.
std::optional<std::chrono::milliseconds> patience(const ServiceManager& manager, bool backlog) {
    const auto interval = manager.watchdog_interval();
    if (!backlog) {
        return interval;
    }
    return std::min(interval.value_or(flush_interval), flush_interval);
}

/// The loop of a worker: takes what waits, and answers it.
class Server {
  public:
    Server(App& app, Listener& listener, ServiceManager& manager)
        : app_(app),
          listener_(listener),
          manager_(manager),
          dispatcher_(app) {}

    /// Until the signal to stop, and until what is under way then has been answered.
    void run() {
        for (bool stopping = false; !stopping || dispatcher_.has_steps();) {
            manager_.alive();
            const bool backlog = app_.notifier.has_backlog();
            const auto event = stopping ? Listener::Event::timeout : wait(backlog);
            stopping = stopping || event == Listener::Event::stop;
            if (backlog) {
                app_.notifier.flush();
            }
            if (event == Listener::Event::connection && dispatcher_.has_room()) {
                serve();
            }
            if (dispatcher_.has_steps()) {
                dispatcher_.step();
            }
        }
    }

  private:
    using Clock = std::chrono::steady_clock;

    Listener::Event wait(bool backlog) {
        const auto longest = dispatcher_.has_steps() ? std::chrono::milliseconds(0) : patience(manager_, backlog);
        const auto rest = rest_until_ - Clock::now();
        if (rest <= Clock::duration::zero()) {
            return listener_.wait(longest);
        }
        const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(rest);
        return listener_.wait_for_stop(std::min(longest.value_or(rounded), rounded));
    }

    void serve() {
        std::vector<Exchange> taken = take();
        // The last one may be of another kind, and may take long.
        const auto other = std::ranges::find_if_not(taken, is_batched, &Exchange::request);
        answer({taken.begin(), other});
        answer({other, taken.end()});
        // Messages come first: a worker whose hash had to wait for a processor leaves it to others for three times as
        // long.
        rest_until_ = Clock::now() + std::min<Clock::duration>(3 * app_.hasher.take_time_waited(), longest_rest);
    }

    /// Takes one request, or several that can share their statements. What can't be read is answered at once.
    std::vector<Exchange> take() {
        std::vector<Exchange> taken;
        while (taken.size() < db::max_batch) {
            auto connection = FastCgi::accept(listener_.socket());
            if (!connection) {
                break;
            }
            auto request = connection->read();
            if (!request) {
                dispatch_unread(app_, request.problem(), *connection);
                break;
            }
            taken.push_back({std::move(*request), std::move(connection)});
            if (!is_batched(taken.back().request)) {
                break;
            }
        }
        return taken;
    }

    void answer(std::span<Exchange> taken) {
        if (!taken.empty()) {
            dispatcher_.dispatch(taken);
        }
    }

    App& app_;
    Listener& listener_;
    ServiceManager& manager_;
    Dispatcher dispatcher_;
    Clock::time_point rest_until_{};
};

} // namespace

int main() {
    try {
        auth::initialise();
        const Config config = Config::from_environment();
        Listener listener = Listener::inherited();
        ServiceManager manager;
        App app{
            .connection = db::Connection(worker_database(config)),
            .signer = auth::TokenSigner(auth::KeyRing::load(config.keys_file)),
            .hasher = auth::PasswordHasher(
                {.passes = config.password_passes, .memory_bytes = config.password_memory_mib * 1024 * 1024}),
            .notifier = live::Notifier(config.notice_socket),
            .counters = open_counters(config.metrics_dir, config.pool),
        };
        LogLine("info", "worker ready");
        manager.ready();
        Server(app, listener, manager).run();
        manager.stopping();
        LogLine("info", "worker stopped");
        return 0;
    } catch (const std::exception& error) {
        LogLine("error", "worker can't run").add("error", error.what());
        return 1;
    }
}

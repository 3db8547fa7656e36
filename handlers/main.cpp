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

/// How long the loop may wait for a connection: until it gives the next sign of life, and no longer than until it
/// offers the hub again what that could not take.
std::optional<std::chrono::milliseconds> patience(const ServiceManager& manager, bool backlog) {
    const auto interval = manager.watchdog_interval();
    if (!backlog) {
        return interval;
    }
    return std::min(interval.value_or(flush_interval), flush_interval);
}

/// A request that was read, and the connection that it came over.
struct Taken {
    FastCgi* connection;
    Request request;
};

/// The loop of a worker: takes what waits, and answers it.
class Server {
  public:
    Server(App& app, Listener& listener, ServiceManager& manager) : app_(app), listener_(listener), manager_(manager) {
        connections_.reserve(max_connections);
        for (std::size_t i = 0; i < max_connections; ++i) {
            connections_.emplace_back(listener.socket(), [this] { between_pieces(); });
        }
    }

    /// Until the signal to stop.
    void run() {
        for (;;) {
            manager_.alive();
            const bool backlog = app_.notifier.has_backlog();
            const auto event = listener_.wait(patience(manager_, backlog));
            if (event == Listener::Event::stop) {
                return;
            }
            if (backlog) {
                app_.notifier.flush();
            }
            if (event == Listener::Event::connection) {
                serve();
            }
        }
    }

  private:
    /// For a batch, and for those that come in while long answers are under way, each within the one before.
    static constexpr std::size_t max_connections = 2 * db::max_batch;

    /// Counts connections as in use for as long as it lives.
    class Use {
      public:
        Use(std::size_t& in_use, std::size_t count) : in_use_(in_use), count_(count) { in_use_ += count_; }
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;
        ~Use() { in_use_ -= count_; }

      private:
        std::size_t& in_use_;
        std::size_t count_;
    };

    /// A long answer is work as long as it gets on. It goes out piece by piece, and holds up nobody in between.
    void between_pieces() {
        manager_.alive();
        if (app_.notifier.has_backlog()) {
            app_.notifier.flush();
        }
        if (in_use_ + db::max_batch <= max_connections &&
            listener_.wait(std::chrono::milliseconds(0)) == Listener::Event::connection) {
            serve();
        }
    }

    void serve() {
        const std::vector<Taken> taken = take();
        const Use use(in_use_, taken.size());
        // The last one may be of another kind, and may take long.
        const auto other = std::ranges::find_if_not(taken, is_batched, &Taken::request);
        answer({taken.begin(), other});
        answer({other, taken.end()});
    }

    /// Takes one request, or several that can share their statements. What can't be read is answered at once.
    std::vector<Taken> take() {
        std::vector<Taken> taken;
        for (FastCgi& connection : std::span(connections_).subspan(in_use_, db::max_batch)) {
            if (!connection.accept()) {
                break;
            }
            auto request = connection.read();
            if (!request) {
                dispatch_unread(app_, request.problem(), [&](const Response& response) { connection.send(response); });
                break;
            }
            taken.push_back({&connection, std::move(*request)});
            if (!is_batched(taken.back().request)) {
                break;
            }
        }
        return taken;
    }

    void answer(std::span<const Taken> taken) {
        if (taken.empty()) {
            return;
        }
        std::vector<Exchange> exchanges;
        for (const auto& [connection, request] : taken) {
            exchanges.push_back({request, [to = connection](const Response& response) { to->send(response); }});
        }
        dispatch(app_, exchanges);
    }

    App& app_;
    Listener& listener_;
    ServiceManager& manager_;
    std::vector<FastCgi> connections_;
    std::size_t in_use_ = 0; ///< of the connections, the first ones
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

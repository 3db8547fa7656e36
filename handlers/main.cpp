// The worker: one FastCGI process of a pool that shares a listening socket.

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>

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

void serve(App& app, Listener& listener, FastCgi& fastcgi, ServiceManager& manager) {
    const auto send = [&](const Response& response) { fastcgi.send(response); };
    for (;;) {
        manager.alive();
        const bool backlog = app.notifier.has_backlog();
        const auto event = listener.wait(patience(manager, backlog));
        if (event == Listener::Event::stop) {
            return;
        }
        if (backlog) {
            app.notifier.flush();
        }
        if (event == Listener::Event::timeout || !fastcgi.accept()) {
            continue;
        }
        if (const auto request = fastcgi.read()) {
            dispatch(app, *request, send);
        } else {
            dispatch_unread(app, request.problem(), send);
        }
    }
}

} // namespace

int main() {
    try {
        auth::initialise();
        const Config config = Config::from_environment();
        Listener listener = Listener::inherited();
        ServiceManager manager;
        // A long answer keeps the loop waiting, and is work as long as it gets on.
        FastCgi fastcgi(listener.socket(), [&manager] { manager.alive(); });
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
        serve(app, listener, fastcgi, manager);
        manager.stopping();
        LogLine("info", "worker stopped");
        return 0;
    } catch (const std::exception& error) {
        LogLine("error", "worker can't run").add("error", error.what());
        return 1;
    }
}

// The worker: one FastCGI process of a pool that shares a listening socket.

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

namespace {

using namespace sotto;

constexpr std::chrono::milliseconds flush_interval{100};

void serve(App& app, Listener& listener, FastCgi& fastcgi) {
    const auto send = [&](const Response& response) { fastcgi.send(response); };
    for (;;) {
        // What the hub could not take is offered again, also when no further request comes.
        const bool backlog = app.notifier.has_backlog();
        const auto event = listener.wait(backlog ? std::optional(flush_interval) : std::nullopt);
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
        FastCgi fastcgi(listener.socket());
        App app{
            .connection = db::Connection(worker_database(config)),
            .signer = auth::TokenSigner(auth::KeyRing::load(config.keys_file)),
            .hasher = auth::PasswordHasher(
                {.passes = config.password_passes, .memory_bytes = config.password_memory_mib * 1024 * 1024}),
            .notifier = live::Notifier(config.notice_socket),
            .counters = open_counters(config.metrics_dir, config.pool),
        };
        LogLine("info", "worker ready");
        serve(app, listener, fastcgi);
        LogLine("info", "worker stopped");
        return 0;
    } catch (const std::exception& error) {
        LogLine("error", "worker can't run").add("error", error.what());
        return 1;
    }
}

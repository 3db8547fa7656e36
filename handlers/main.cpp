// The worker: one FastCGI process of a pool that shares a listening socket.

#include <exception>

#include "auth/random.hpp"
#include "handlers/dispatch.hpp"
#include "worker/config.hpp"
#include "worker/fastcgi.hpp"
#include "worker/listener.hpp"
#include "worker/log.hpp"

namespace {

using namespace sotto;

void serve(App& app, Listener& listener, FastCgi& fastcgi) {
    while (listener.wait({}) != Listener::Event::stop) {
        if (!fastcgi.accept()) {
            continue;
        }
        const auto send = [&](const Response& response) { fastcgi.send(response); };
        if (const auto request = fastcgi.read()) {
            dispatch(app, *request, send);
        } else {
            dispatch_unread(request.problem(), send);
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
            .connection = db::Connection({config.db_socket, config.db_name, config.db_user}),
            .signer = auth::TokenSigner(auth::KeyRing::load(config.keys_file)),
            .hasher = auth::PasswordHasher(
                {.passes = config.password_passes, .memory_bytes = config.password_memory_mib * 1024 * 1024}),
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

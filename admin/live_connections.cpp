#include "admin/live_connections.hpp"

#include <chrono>
#include <filesystem>
#include <thread>

#include "admin/output.hpp"
#include "live/notice.hpp"

namespace sotto::admin {

namespace {

using namespace std::chrono_literals;

template<class Close>
void tell_hub(const Config& config, const Close& close) {
    if (!std::filesystem::exists(config.notice_socket)) {
        return;
    }
    live::Notifier notifier(config.notice_socket);
    close(notifier);
    const auto deadline = std::chrono::steady_clock::now() + 2s;
    while (notifier.has_backlog() && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(60ms);
        notifier.flush();
    }
    if (notifier.has_backlog()) {
        print_error("sottoctl: the hub could not be told to end live connections; if it runs, restart it");
    }
}

} // namespace

void close_live_connections(const Config& config, std::int64_t user_id) {
    tell_hub(config, [&](live::Notifier& notifier) { notifier.close_user(user_id); });
}

void close_live_connections(const Config& config, std::string_view session) {
    tell_hub(config, [&](live::Notifier& notifier) { notifier.close_session(session); });
}

} // namespace sotto::admin

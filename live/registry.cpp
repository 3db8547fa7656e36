#include "live/registry.hpp"

#include <algorithm>

namespace sotto::live {

namespace {

/// Far longer than a request takes from the worker that let it pass, through nginx, to the hub.
constexpr std::chrono::seconds closing_memory{2};

} // namespace

Registry::Registry(const Settings& settings, Counters& counters) : settings_(settings), counters_(counters) {}

bool Registry::Closing::concerns(const Identity& identity) const {
    return user_id ? identity.user_id == *user_id && identity.session != session : identity.session == session;
}

Admission Registry::admission(const Identity& identity) {
    const auto now = std::chrono::steady_clock::now();
    while (!recent_closings_.empty() && recent_closings_.front().when + closing_memory < now) {
        recent_closings_.pop_front();
    }
    if (std::any_of(recent_closings_.begin(), recent_closings_.end(),
                    [&](const Closing& closing) { return closing.concerns(identity); })) {
        return Admission::closing;
    }
    const auto found = by_user_.find(identity.user_id);
    const bool full = found != by_user_.end() && found->second.size() >= settings_.max_connections_per_user;
    return full ? Admission::too_many : Admission::welcome;
}

void Registry::add(const std::shared_ptr<Connection>& connection) {
    by_user_[connection->identity().user_id].push_back(connection);
    ++gauge_of(connection->kind());
    connection->send(resync_event());
}

void Registry::remove(const Connection& connection) {
    const auto found = by_user_.find(connection.identity().user_id);
    if (found == by_user_.end()) {
        return;
    }
    const auto is_it = [&](const std::shared_ptr<Connection>& other) { return other.get() == &connection; };
    if (std::erase_if(found->second, is_it) != 0) {
        --gauge_of(connection.kind());
    }
    if (found->second.empty()) {
        by_user_.erase(found);
    }
}

void Registry::carry_out(const Command& command) {
    std::visit([this](const auto& one) { carry_out(one); }, command);
}

void Registry::carry_out(const DeliverEvent& event) {
    ++counters_.events_in;
    const Connections receivers = connections_of(event.user_id);
    if (receivers.empty()) {
        return;
    }
    const auto shared = std::make_shared<const Event>(event.id, event.json);
    for (const auto& connection : receivers) {
        connection->send(shared);
    }
    counters_.events_out += receivers.size();
}

void Registry::carry_out(const CloseSession& closing) {
    // A look at every connection: an index by session would cost each of them memory, for something as rare as a
    // log-out.
    close({std::chrono::steady_clock::now(), std::nullopt, closing.session}, all());
}

void Registry::carry_out(const CloseUser& closing) {
    close({std::chrono::steady_clock::now(), closing.user_id, closing.keep}, connections_of(closing.user_id));
}

void Registry::carry_out(const CloseAll&) {
    close_all();
}

void Registry::carry_out(const Resync& resync) {
    ++counters_.resyncs;
    for (const auto& connection : resync.user_id ? connections_of(*resync.user_id) : all()) {
        connection->send(resync_event());
    }
}

void Registry::close_all() {
    for (const auto& connection : all()) {
        connection->close(CloseCode::service_restart);
    }
}

Registry::Connections Registry::connections_of(std::int64_t user_id) const {
    const auto found = by_user_.find(user_id);
    return found == by_user_.end() ? Connections() : found->second;
}

Registry::Connections Registry::all() const {
    Connections everyone;
    everyone.reserve(size());
    for (const auto& [user_id, connections] : by_user_) {
        everyone.insert(everyone.end(), connections.begin(), connections.end());
    }
    return everyone;
}

void Registry::close(const Closing& closing, const Connections& candidates) {
    for (const auto& connection : candidates) {
        if (closing.concerns(connection->identity())) {
            connection->close(CloseCode::session_ended);
        }
    }
    recent_closings_.push_back(closing);
}

std::uint64_t& Registry::gauge_of(Kind kind) {
    return kind == Kind::web_socket ? counters_.web_sockets : counters_.event_streams;
}

} // namespace sotto::live

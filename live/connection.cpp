#include "live/connection.hpp"

#include "live/registry.hpp"
#include "worker/log.hpp"

namespace sotto::live {

Connection::Connection(Registry& registry, const Identity& identity, Kind kind)
    : registry_(registry),
      identity_(identity),
      kind_(kind) {
    ++registry_.counters().clients;
}

Connection::~Connection() {
    --registry_.counters().clients;
}

void Connection::send(const EventPtr& event) {
    if (state_ == State::closing || state_ == State::ended) {
        return;
    }
    queue_.push(event);
    waiting_bytes_ += event->cost();
    if (waiting_bytes_ > registry_.settings().send_buffer_bytes) {
        ++registry_.counters().slow_readers;
        LogLine("warn", "slow reader closed").add("user", identity_.user_id);
        end();
    } else if (state_ == State::idle) {
        write_next();
    }
}

void Connection::close(CloseCode code) {
    if (state_ == State::closing || state_ == State::ended) {
        return;
    }
    const bool open = state_ != State::opening;
    state_ = State::closing;
    const auto self = shared_from_this();
    registry_.remove(*this);
    if (open) {
        say_goodbye(code);
    } else {
        end();
    }
}

void Connection::opened() {
    if (state_ == State::opening) {
        state_ = State::idle;
        write_next();
    }
}

void Connection::wrote(bool well) {
    if (!well) {
        end();
        return;
    }
    waiting_bytes_ -= queue_.front()->cost();
    queue_.pop();
    if (state_ == State::writing) {
        state_ = State::idle;
        write_next();
    }
}

void Connection::write_next() {
    if (!queue_.empty()) {
        state_ = State::writing;
        write(*queue_.front());
    }
}

void Connection::end() {
    if (state_ == State::ended) {
        return;
    }
    state_ = State::ended;
    const auto self = shared_from_this();
    registry_.remove(*this);
    disconnect();
}

} // namespace sotto::live

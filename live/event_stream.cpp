#include "live/event_stream.hpp"

#include <boost/asio/write.hpp>

#include <string_view>
#include <utility>

#include "live/registry.hpp"

namespace sotto::live {

namespace {

// X-Accel-Buffering keeps nginx from collecting events; `retry` is the milliseconds that a browser waits to reconnect.
constexpr std::string_view head = "HTTP/1.1 200 OK\r\n"
                                  "Content-Type: text/event-stream\r\n"
                                  "Cache-Control: no-store\r\n"
                                  "X-Accel-Buffering: no\r\n"
                                  "Connection: close\r\n"
                                  "\r\n"
                                  "retry: 2000\n\n";

const EventPtr& comment() {
    static const EventPtr event = std::make_shared<const Event>(":\n\n");
    return event;
}

} // namespace

EventStream::EventStream(Registry& registry, const Identity& identity, Socket socket)
    : Connection(registry, identity, Kind::event_stream),
      socket_(std::move(socket)),
      heartbeat_(socket_.get_executor()) {}

std::shared_ptr<EventStream> EventStream::self() {
    return std::static_pointer_cast<EventStream>(shared_from_this());
}

void EventStream::start() {
    asio::async_write(socket_, asio::buffer(head), [self = self()](ErrorCode error, std::size_t) {
        if (error) {
            self->end();
        } else {
            self->opened();
        }
    });
    watch();
    beat();
}

void EventStream::watch() {
    // The client has said all that it may say: whatever comes now, end of file above all, is the end.
    socket_.async_wait(Socket::wait_read, [self = self()](ErrorCode) { self->end(); });
}

void EventStream::beat() {
    heartbeat_.expires_after(registry().settings().heartbeat);
    heartbeat_.async_wait([self = self()](ErrorCode error) {
        if (!error) {
            self->send(comment());
            self->beat();
        }
    });
}

void EventStream::write(const Event& event) {
    asio::async_write(socket_, asio::buffer(event.stream_text()),
                      [self = self()](ErrorCode error, std::size_t) { self->wrote(!error); });
}

void EventStream::say_goodbye(CloseCode) {
    end();
}

void EventStream::disconnect() {
    ErrorCode ignored;
    socket_.close(ignored);
    heartbeat_.cancel();
}

} // namespace sotto::live

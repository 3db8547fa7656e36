#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <queue>

#include "live/event.hpp"
#include "live/record.hpp"

namespace sotto::live {

class Registry;

/// Who a connection belongs to.
struct Identity {
    std::int64_t user_id;
    SessionHex session;
};

enum class Kind { web_socket, event_stream };

/// Why the hub ends a connection: the WebSocket close code (RFC 6455, 7.4). An event stream just ends.
enum class CloseCode : std::uint16_t {
    unknown_data = 1003,    ///< the client has sent data, and there is nothing to send
    service_restart = 1012, ///< come back, after a while
    session_ended = 4401,   ///< ask for a new session first
};

/// One client's open connection: a queue of events and the limit on it. How they are written, its two kinds know.
///
/// It lives as long as its own pending operations, and in the registry from its making until it ends.
class Connection : public std::enable_shared_from_this<Connection> {
  public:
    Connection(Registry& registry, const Identity& identity, Kind kind);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    virtual ~Connection();

    /// Answers the client's request; what was sent before that waits for it.
    virtual void start() = 0;

    /// Queues an event. A reader so slow that the queue outgrows `Settings::send_buffer_bytes` is cut off, without a
    /// close frame: nothing could overtake what it does not read.
    void send(const EventPtr& event);

    /// Takes the connection out of the registry, tells the client if it can be told, and is gone within
    /// `Settings::closing_grace`.
    void close(CloseCode code);

    const Identity& identity() const { return identity_; }
    Kind kind() const { return kind_; }

  protected:
    /// Starts to write one event, which stays valid until the write calls `wrote`.
    virtual void write(const Event& event) = 0;
    /// Tells the client and ends in `end`, or calls that at once.
    virtual void say_goodbye(CloseCode code) = 0;
    /// Closes the socket; pending operations end with an error.
    virtual void disconnect() = 0;

    void opened();
    void wrote(bool well);
    /// The connection is over; may be called more than once.
    void end();

    Registry& registry() const { return registry_; }

  private:
    enum class State { opening, idle, writing, closing, ended };

    void write_next();

    Registry& registry_;
    Identity identity_;
    Kind kind_;
    State state_ = State::opening;
    std::size_t waiting_bytes_ = 0;
    std::queue<EventPtr, std::list<EventPtr>> queue_; ///< its front is being written; a list holds no memory when empty
};

} // namespace sotto::live

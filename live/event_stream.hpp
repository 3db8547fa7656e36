#pragma once

#include "live/connection.hpp"
#include "live/socket.hpp"

namespace sotto::live {

/// Server-sent events (HTML Standard, 9.2): an answer without an end, with a comment from time to time.
class EventStream final : public Connection {
  public:
    /// `socket` has a request's head read from it and nothing else.
    EventStream(Registry& registry, const Identity& identity, Socket socket);

    void start() override;

  private:
    void write(const Event& event) override;
    void say_goodbye(CloseCode code) override;
    void disconnect() override;

    void watch();
    void beat();
    std::shared_ptr<EventStream> self();

    Socket socket_;
    Timer heartbeat_;
};

} // namespace sotto::live

#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "live/registry.hpp"
#include "live/socket.hpp"
#include "live/web_socket.hpp"

namespace sotto::live {

/// Who `target` says the client is: "/live?user=<id>&session=<32 hex digits>", whatever else the query holds. Nothing
/// where either is missing, malformed or given twice.
std::optional<Identity> identity_from(std::string_view target);

/// Whether an Accept header names `text/event-stream` (RFC 9110, 12.5.1); wildcards don't count, any client sends them.
bool accepts_event_stream(std::string_view accept);

/// One request from nginx: reads its head, within bounds of size and time, and answers it or turns it into a
/// connection.
///
///   GET /live       a WebSocket, or an event stream where Accept asks for one; 400, 406, 429, 503
///   GET /metrics    Counters, as Prometheus reads them
///
/// A refusal is problem+json (RFC 9457).
class Handshake : public std::enable_shared_from_this<Handshake> {
  public:
    Handshake(Registry& registry, Socket socket);
    Handshake(const Handshake&) = delete;
    Handshake& operator=(const Handshake&) = delete;
    ~Handshake();

    void start();

  private:
    using Response = boost::beast::http::response<boost::beast::http::string_body>;
    using Status = boost::beast::http::status;

    void answer();
    void open();
    void refuse(Status status, std::string_view slug, std::string_view title, std::string_view detail);
    void send();

    Registry& registry_;
    Socket socket_;
    Timer timer_;
    boost::beast::flat_buffer buffer_;
    boost::beast::http::request_parser<boost::beast::http::empty_body> parser_;
    Response response_;
};

} // namespace sotto::live

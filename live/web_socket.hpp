#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>

#include <memory>

#include "live/connection.hpp"
#include "live/socket.hpp"

namespace sotto::live {

using HttpRequest = boost::beast::http::request<boost::beast::http::empty_body>;

/// Whether the request asks for a WebSocket handshake, be it a good one or not.
bool wants_web_socket(const HttpRequest& request);

/// Whether the handshake is complete and of version 13: HTTP/1.1, a Host, `Connection: upgrade`, a key of 16 bytes in
/// base64 (RFC 6455, 4.2.1).
bool is_complete_handshake(const HttpRequest& request);

/// A connection for a complete handshake. `socket` has the request's head read from it and nothing
/// else.
std::shared_ptr<Connection> make_web_socket(Registry& registry, const Identity& identity, Socket socket,
                                            HttpRequest request);

} // namespace sotto::live

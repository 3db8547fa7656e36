#include "live/web_socket.hpp"

#include <boost/beast/core/flat_static_buffer.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <array>
#include <optional>
#include <utility>

#include "live/registry.hpp"

namespace sotto::live {

namespace {

namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

/// A longer message is refused by its frame's head, with close code 1009; a shorter one is read first, then refused
/// with 1003.
constexpr std::size_t max_message_bytes = 512;

/// A WebSocket (RFC 6455) without extensions: compression would cost every connection hundreds of kilobytes.
class WebSocket final : public Connection {
  public:
    WebSocket(Registry& registry, const Identity& identity, Socket socket, HttpRequest request)
        : Connection(registry, identity, Kind::web_socket),
          stream_(std::move(socket)),
          request_(std::move(request)) {
        stream_.auto_fragment(false); // writes straight from the shared event
        stream_.read_message_max(max_message_bytes);
        const Settings& settings = registry.settings();
        stream_.set_option(websocket::stream_base::timeout{.handshake_timeout = settings.request_timeout,
                                                           .idle_timeout = settings.peer_timeout,
                                                           .keep_alive_pings = true});
    }

    void start() override {
        stream_.async_accept(request_, [self = self()](ErrorCode error) { self->accepted(error); });
        request_ = {}; // the answer was made from it, its memory isn't needed for as long as the connection lasts
    }

  private:
    std::shared_ptr<WebSocket> self() { return std::static_pointer_cast<WebSocket>(shared_from_this()); }

    void accepted(ErrorCode error) {
        if (error) {
            end();
            return;
        }
        opened();
        // Beast answers pings, notes pongs and handles the peer's close frame while a read is pending.
        stream_.async_read_some(asio::buffer(unwanted_), [self = self()](ErrorCode failed, std::size_t) {
            if (failed) {
                self->end();
            } else {
                self->close(CloseCode::unknown_data);
            }
        });
    }

    void write(const Event& event) override {
        stream_.async_write(asio::buffer(event.json()),
                            [self = self()](ErrorCode error, std::size_t) { self->wrote(!error); });
    }

    void say_goodbye(CloseCode code) override {
        // Also when the close frame has to wait for a write that never ends.
        grace_.emplace(stream_.get_executor(), registry().settings().closing_grace);
        grace_->async_wait([self = self()](ErrorCode error) {
            if (!error) {
                self->end();
            }
        });
        stream_.async_close(static_cast<websocket::close_code>(code), [self = self()](ErrorCode) { self->end(); });
    }

    void disconnect() override {
        ErrorCode ignored;
        stream_.next_layer().close(ignored);
        grace_.reset();
    }

    websocket::stream<Socket, false> stream_;
    HttpRequest request_;
    std::optional<Timer> grace_;
    std::array<char, 16> unwanted_{};
};

} // namespace

bool wants_web_socket(const HttpRequest& request) {
    return http::token_list(request[http::field::upgrade]).exists("websocket");
}

bool is_complete_handshake(const HttpRequest& request) {
    constexpr std::size_t key_length = 24;
    const auto key = request[http::field::sec_websocket_key];
    return websocket::is_upgrade(request) && request.count(http::field::host) != 0 &&
           request[http::field::sec_websocket_version] == "13" && key.size() == key_length && key.ends_with("==");
}

std::shared_ptr<Connection> make_web_socket(Registry& registry, const Identity& identity, Socket socket,
                                            HttpRequest request) {
    return std::make_shared<WebSocket>(registry, identity, std::move(socket), std::move(request));
}

} // namespace sotto::live

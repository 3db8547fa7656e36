#include "live/handshake.hpp"

#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/version.hpp>

#include <algorithm>
#include <cctype>
#include <utility>

#include "live/event_stream.hpp"

namespace sotto::live {

namespace {

namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::uint32_t max_head_bytes = 8 * 1024;

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

/// Cuts the text before `separator` off `text`, and the separator.
std::string_view take_until(std::string_view& text, char separator) {
    const std::size_t end = text.find(separator);
    const std::string_view head = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return head;
}

std::string_view path_of(std::string_view target) {
    return take_until(target, '?');
}

/// nginx's request id, where it is one: it goes into a JSON string as it is.
bool is_request_id(std::string_view text) {
    return !text.empty() && text.size() <= 64 &&
           std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; });
}

} // namespace

std::optional<Identity> identity_from(std::string_view target) {
    take_until(target, '?');
    std::optional<std::int64_t> user_id;
    std::optional<SessionHex> session;
    while (!target.empty()) {
        std::string_view value = take_until(target, '&');
        const std::string_view name = take_until(value, '=');
        if (name == "user") {
            if (user_id || !(user_id = user_id_from(value))) {
                return std::nullopt;
            }
        } else if (name == "session") {
            if (session || !(session = session_from_hex(value))) {
                return std::nullopt;
            }
        }
    }
    if (!user_id || !session) {
        return std::nullopt;
    }
    return Identity{*user_id, *session};
}

bool accepts_event_stream(std::string_view accept) {
    while (!accept.empty()) {
        std::string_view range = take_until(accept, ',');
        std::string_view type = take_until(range, ';');
        type.remove_prefix(std::min(type.find_first_not_of(" \t"), type.size()));
        type = type.substr(0, type.find_last_not_of(" \t") + 1);
        if (beast::iequals({type.data(), type.size()}, "text/event-stream")) {
            return true;
        }
    }
    return false;
}

Handshake::Handshake(Registry& registry, Socket socket)
    : registry_(registry),
      socket_(std::move(socket)),
      timer_(socket_.get_executor()) {
    ++registry_.counters().clients;
    parser_.header_limit(max_head_bytes);
}

Handshake::~Handshake() {
    --registry_.counters().clients;
}

void Handshake::start() {
    timer_.expires_after(registry_.settings().request_timeout);
    timer_.async_wait([weak = weak_from_this()](ErrorCode error) {
        const auto self = weak.lock();
        if (!error && self) {
            ErrorCode ignored;
            self->socket_.close(ignored);
        }
    });
    http::async_read_header(socket_, buffer_, parser_, [self = shared_from_this()](ErrorCode error, std::size_t) {
        if (!error) {
            self->answer();
        } else if (error.category() == http::make_error_code(http::error::bad_method).category() &&
                   error != http::error::end_of_stream && error != http::error::partial_message) {
            self->refuse(Status::bad_request, "malformed-request", "Malformed request", error.message());
        }
    });
}

void Handshake::answer() {
    const HttpRequest& request = parser_.get();
    const std::string_view path = path_of(view(request.target()));
    if (path != "/live" && path != "/metrics") {
        refuse(Status::not_found, "not-found", "Not found", "There is nothing at this path.");
    } else if (request.method() != http::verb::get) {
        response_.set(http::field::allow, "GET");
        refuse(Status::method_not_allowed, "method-not-allowed", "Method not allowed", "Only GET is allowed here.");
    } else if (!parser_.is_done() || buffer_.size() != 0) {
        refuse(Status::bad_request, "malformed-request", "Malformed request", "Nothing may follow the request's head.");
    } else if (path == "/live") {
        open();
    } else {
        response_.result(Status::ok);
        response_.set(http::field::content_type, "text/plain; version=0.0.4");
        response_.body() = to_prometheus(registry_.counters());
        send();
    }
}

void Handshake::open() {
    const HttpRequest& request = parser_.get();
    const bool web_socket = wants_web_socket(request);
    if (!web_socket && !accepts_event_stream(view(request[http::field::accept]))) {
        // Not 426: its Upgrade field would be an error in the HTTP/2 that nginx speaks with the client.
        refuse(Status::not_acceptable, "not-acceptable", "Nothing that the client accepts",
               "Ask for a WebSocket, or accept text/event-stream.");
        return;
    }
    const auto identity = identity_from(view(request.target()));
    if (!identity) {
        refuse(Status::bad_request, "malformed-request", "Malformed request",
               "It does not say whose connection it is.");
        return;
    }
    if (web_socket && !is_complete_handshake(request)) {
        response_.set(http::field::sec_websocket_version, "13");
        refuse(Status::bad_request, "malformed-request", "Malformed request",
               "The WebSocket handshake is incomplete, or not of version 13.");
        return;
    }
    switch (registry_.admission(*identity)) {
    case Admission::too_many:
        response_.set(http::field::retry_after, "60");
        refuse(Status::too_many_requests, "too-many-connections", "Too many live connections",
               "This user has as many live connections as one may have.");
        return;
    case Admission::closing:
        response_.set(http::field::retry_after, "3");
        refuse(Status::service_unavailable, "unavailable", "Not available at the moment",
               "Sessions of this user were just ended; try again.");
        return;
    case Admission::welcome:
        break;
    }
    timer_.cancel();
    const auto connection = web_socket ? make_web_socket(registry_, *identity, std::move(socket_), parser_.release())
                                       : std::static_pointer_cast<Connection>(
                                             std::make_shared<EventStream>(registry_, *identity, std::move(socket_)));
    registry_.add(connection);
    connection->start();
}

void Handshake::refuse(Status status, std::string_view slug, std::string_view title, std::string_view detail) {
    ++registry_.counters().refused;
    const std::string_view request_id = view(parser_.get()["X-Request-Id"]);
    response_.result(status);
    response_.set(http::field::content_type, "application/problem+json");
    std::string& body = response_.body();
    body.append(R"({"type":"/problems#)").append(slug).append(R"(","title":")").append(title);
    body.append(R"(","status":)").append(std::to_string(static_cast<unsigned>(status)));
    body.append(R"(,"detail":")").append(detail).append("\"");
    if (is_request_id(request_id)) {
        body.append(R"(,"request_id":")").append(request_id).append("\"");
    }
    body.append("}");
    send();
}

void Handshake::send() {
    response_.version(11);
    response_.keep_alive(false);
    response_.set(http::field::cache_control, "no-store");
    response_.prepare_payload();
    http::async_write(socket_, response_, [self = shared_from_this()](ErrorCode, std::size_t) {});
}

} // namespace sotto::live

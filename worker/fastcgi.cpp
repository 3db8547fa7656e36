#include "worker/fastcgi.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcgiapp.h>
#include <poll.h>
#include <unistd.h>

#include "worker/record_writer.hpp"

namespace sotto {

struct FastCgi::State {
    explicit State(int listening_socket) {
        // accept must come back to our loop when a signal arrives, and never retry by itself.
        if (FCGX_Init() != 0 || FCGX_InitRequest(&request, listening_socket, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
            throw std::runtime_error("libfcgi can't be initialised");
        }
    }

    FCGX_Request request{};
    std::optional<RecordWriter> stream = {}; ///< once its head was sent
};

namespace {

/// A FastCGI parameter, and what it is of a request.
struct Parameter {
    std::string_view name;
    std::string Request::*member;
};

constexpr std::array parameters{
    Parameter{"REQUEST_METHOD", &Request::method},
    Parameter{"DOCUMENT_URI", &Request::path},
    Parameter{"QUERY_STRING", &Request::query},
    Parameter{"CONTENT_TYPE", &Request::content_type},
    Parameter{"HTTP_ACCEPT", &Request::accept},
    Parameter{"HTTP_AUTHORIZATION", &Request::authorization},
    Parameter{"HTTP_CONTENT_ENCODING", &Request::content_encoding},
    Parameter{"HTTP_COOKIE", &Request::cookie},
    Parameter{"HTTP_HOST", &Request::host},
    Parameter{"HTTP_ORIGIN", &Request::origin},
    Parameter{"HTTP_SEC_FETCH_SITE", &Request::sec_fetch_site},
    Parameter{"HTTP_USER_AGENT", &Request::user_agent},
    Parameter{"HTTP_IF_NONE_MATCH", &Request::if_none_match},
    Parameter{"HTTP_IDEMPOTENCY_KEY", &Request::idempotency_key},
    Parameter{"REMOTE_ADDR", &Request::remote_addr},
    Parameter{"REQUEST_ID", &Request::request_id},
};

/// How long ago a time was that nginx gives as seconds and milliseconds ("1763880000.125"); nothing where it is none.
std::optional<std::chrono::nanoseconds> time_since(std::string_view seconds) {
    double value = 0;
    const char* end = seconds.data() + seconds.size();
    if (const auto parsed = std::from_chars(seconds.data(), end, value);
        parsed.ec != std::errc() || parsed.ptr != end || !(value >= 0 && value < 1e10)) {
        return std::nullopt;
    }
    const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now - std::chrono::duration<double>(value));
}

/// Takes the parameters, "NAME=value" each up to a null pointer, and returns CONTENT_LENGTH.
std::string_view take_parameters(Request& request, const char* const* environment) {
    std::string_view content_length;
    for (; *environment != nullptr; ++environment) {
        const std::string_view pair = *environment;
        const std::size_t equals = pair.find('=');
        const std::string_view name = pair.substr(0, equals);
        const std::string_view value = pair.substr(equals + 1);
        if (name == "CONTENT_LENGTH") {
            content_length = value;
            continue;
        }
        if (name == "QUEUED_AT") {
            request.waited = time_since(value);
            continue;
        }
        const auto* const known = std::ranges::find(parameters, name, &Parameter::name);
        if (known != parameters.end()) {
            request.*known->member = value;
        }
    }
    return content_length;
}

/// Whether nginx has closed the connection, since its client has gone or has waited for too long.
bool has_hung_up(int socket) {
    pollfd connection{.fd = socket, .events = 0, .revents = 0};
    return poll(&connection, 1, 0) == 1; // no event is asked for: the end alone is reported
}

std::string head_of(const Response& response) {
    std::string head = "Status: " + std::to_string(response.status) + "\r\n";
    for (const auto& [name, value] : response.headers) {
        head += name;
        head += ": ";
        head += value;
        head += "\r\n";
    }
    if (!response.stream && response.status != 204 && response.status != 304) {
        head += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
    }
    head += "\r\n";
    return head;
}

} // namespace

FastCgi::FastCgi(std::unique_ptr<State> state) : state_(std::move(state)) {}

FastCgi::~FastCgi() {
    close();
}

std::unique_ptr<FastCgi> FastCgi::accept(int listening_socket) {
    std::unique_ptr<FastCgi> accepted(new FastCgi(std::make_unique<State>(listening_socket)));
    const FCGX_Request& request = accepted->state_->request;
    // libfcgi answers -errno here; the global errno means nothing.
    const int status = FCGX_Accept_r(&accepted->state_->request);
    if (status == 0) {
        return has_hung_up(request.ipcFd) ? nullptr : std::move(accepted);
    }
    switch (-status) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
        throw std::runtime_error("no connection can be accepted: " + std::generic_category().message(-status));
    default:
        return nullptr;
    }
}

Result<Request> FastCgi::read() {
    const FCGX_Request& fcgi = state_->request;
    // libfcgi takes parameters that break off for all of them, and only remembers that something was wrong.
    if (FCGX_GetError(fcgi.in) != 0) {
        return Problem{ProblemType::malformed_request, "The request's records are broken."};
    }
    Request request;
    const std::string_view length_text = take_parameters(request, fcgi.envp);
    std::size_t length = 0;
    if (!length_text.empty()) {
        const char* end = length_text.data() + length_text.size();
        if (const auto parsed = std::from_chars(length_text.data(), end, length);
            parsed.ec != std::errc() || parsed.ptr != end) {
            return Problem{ProblemType::malformed_request, "The request's length is not a number."};
        }
    }
    if (length > max_body_bytes) {
        return Problem{ProblemType::body_too_large, "A request's body may have 65536 bytes at most."};
    }
    request.body.resize(length);
    // The end is read as well: after a close with something unread nginx sees an error behind the answer.
    if (FCGX_GetStr(request.body.data(), static_cast<int>(length), fcgi.in) != static_cast<int>(length) ||
        FCGX_GetChar(fcgi.in) != -1 || FCGX_GetError(fcgi.in) != 0) {
        return Problem{ProblemType::malformed_request, "The request's body is not as long as announced."};
    }
    return request;
}

bool FastCgi::send(const Response& response) {
    RecordWriter writer(state_->request.ipcFd, state_->request.requestId);
    const std::string head = head_of(response);
    if (response.stream) {
        const bool sent = writer.write(head);
        state_->stream = writer;
        return sent;
    }
    const bool sent = writer.finish(head, response.body);
    close();
    return sent;
}

bool FastCgi::write(std::string_view piece) {
    return state_->stream->write(piece);
}

void FastCgi::finish() {
    state_->stream->finish({});
    close();
}

/// libfcgi would shut the connection down and wait for nginx to see it. There is nothing to wait for: nginx gets what
/// was sent also from a closed socket, and knows by the last record whether that was all.
void FastCgi::close() noexcept {
    FCGX_Request& request = state_->request;
    const int socket = std::exchange(request.ipcFd, -1);
    FCGX_Free(&request, 0);
    if (socket >= 0) {
        ::close(socket);
    }
}

} // namespace sotto

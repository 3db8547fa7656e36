#include "admin/http.hpp"

#include <array>
#include <charconv>
#include <stdexcept>

#include <poll.h>

namespace sotto::admin {

namespace {

/// A value of curl's configuration file, in quotes.
std::string quoted(std::string_view value) {
    std::string text = "\"";
    for (const char c : value) {
        text += c == '"' || c == '\\' ? "\\" : "";
        text += c;
    }
    return text + "\"\n";
}

/// What curl reads from its standard input, since everybody on the machine can read its command line.
std::string curl_configuration(const Origin& origin, const HttpRequest& request) {
    std::string text = "url = " + quoted(origin.url + request.path) + "request = " + quoted(request.method) +
                       "resolve = " + quoted(origin.domain + ":" + origin.port + ":127.0.0.1") + "insecure\nsilent\n";
    if (!request.token.empty()) {
        text += "header = " + quoted("Authorization: Bearer " + request.token);
    }
    if (!request.json.empty()) {
        text += "header = " + quoted("Content-Type: application/json") + "data-raw = " + quoted(request.json);
    }
    return text;
}

std::string live_configuration(const Origin& origin, LiveConnection::Kind kind, const std::string& token) {
    std::string text =
        curl_configuration(origin, {.path = "/api/v1/live", .token = token}) + "no-buffer\nmax-time = 30\n";
    if (kind == LiveConnection::Kind::event_stream) {
        return text + "header = \"Accept: text/event-stream\"\n";
    }
    return text + "http1.1\nheader = \"Connection: Upgrade\"\nheader = \"Upgrade: websocket\"\n"
                  "header = \"Sec-WebSocket-Version: 13\"\nheader = \"Sec-WebSocket-Key: c290dG8gdm9jZSBkb2N0cg==\"\n";
}

const Words curl_reading_its_input{"curl", "--config", "-"};

} // namespace

HttpAnswer fetch(const Origin& origin, const HttpRequest& request) {
    const Outcome outcome = run(curl_reading_its_input, curl_configuration(origin, request) +
                                                            "max-time = 20\nwrite-out = \"\\n%{http_code}\"\n");
    HttpAnswer answer;
    const std::size_t end = outcome.out.rfind('\n');
    if (end != std::string::npos) {
        answer.body = outcome.out.substr(0, end);
        std::from_chars(outcome.out.data() + end + 1, outcome.out.data() + outcome.out.size(), answer.status);
    }
    return answer;
}

LiveConnection::LiveConnection(const Origin& origin, Kind kind, const std::string& token)
    : curl_(curl_reading_its_input, {.in = in_.read.get(), .out = out_.write.get(), .err = -1}) {
    out_.write.close();
    in_.read.close();
    const std::string configuration = live_configuration(origin, kind, token); // far less than a pipe holds
    if (write(in_.write.get(), configuration.data(), configuration.size()) !=
        static_cast<ssize_t>(configuration.size())) {
        throw std::runtime_error("curl does not read its configuration");
    }
    in_.write.close();
}

std::optional<std::chrono::milliseconds> LiveConnection::wait_for(std::string_view text,
                                                                  std::chrono::milliseconds deadline) {
    const auto start = std::chrono::steady_clock::now();
    const auto spent = [&] {
        return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
    };
    std::array<char, 4096> buffer{};
    while (received_.find(text) == std::string::npos) {
        pollfd file{out_.read.get(), POLLIN, 0};
        if (spent() >= deadline || poll(&file, 1, static_cast<int>((deadline - spent()).count())) <= 0) {
            return std::nullopt;
        }
        const ssize_t count = read(out_.read.get(), buffer.data(), buffer.size());
        if (count <= 0) {
            return std::nullopt;
        }
        received_.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return spent();
}

} // namespace sotto::admin

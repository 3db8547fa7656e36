#include "tests/fuzz/hub.hpp"

#include <cstdint>

#include <sys/socket.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/socket.hpp"

namespace sotto::fuzz {

namespace {

const ListeningSocket& client_listener() {
    static const ListeningSocket listener(SOCK_STREAM);
    return listener;
}

const ListeningSocket& worker_listener() {
    static const ListeningSocket listener(SOCK_SEQPACKET);
    return listener;
}

} // namespace

const std::string_view event_stream_start = "retry: 2000\n\ndata: {\"type\":\"resync\"}\n\n";

// A hub owns its listening sockets, so each gets descriptors of its own for the same two.
TurnedHub::TurnedHub() : hub_({}, {.clients = dup(client_listener().get()), .workers = dup(worker_listener().get())}) {}

FileDescriptor TurnedHub::connect_client() {
    FileDescriptor connection = client_listener().connect();
    turn();
    return connection;
}

FileDescriptor TurnedHub::connect_worker() {
    FileDescriptor connection = worker_listener().connect();
    turn();
    return connection;
}

void TurnedHub::turn() {
    while (hub_.context().poll() > 0) {
    }
}

bool TurnedHub::exchange(const FileDescriptor& client, std::string_view bytes, std::string& received) {
    send_to(client, bytes);
    turn();
    return receive_from(client, received);
}

std::string TurnedHub::metric(std::string_view name) {
    std::string answer;
    exchange(connect_client(), "GET /metrics HTTP/1.1\r\n\r\n", answer);
    const std::size_t at = answer.find("\n" + std::string(name) + " ");
    require(at != std::string::npos, "the hub tells its metrics");
    const std::size_t value = at + name.size() + 2;
    return answer.substr(value, answer.find('\n', value) - value);
}

std::string live_request(int user, std::string_view session, bool web_socket) {
    std::string request = "GET /live?user=" + std::to_string(user) + "&session=" + std::string(session);
    request += " HTTP/1.1\r\nHost: sotto.test\r\n";
    request += web_socket ? "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                          : "Accept: text/event-stream\r\n";
    return request + "\r\n";
}

Frames read_frames(std::string_view bytes) {
    Frames frames;
    const auto take = [&](std::size_t size) {
        require(bytes.size() >= size, "every frame is whole");
        const std::string_view taken = bytes.substr(0, size);
        bytes.remove_prefix(size);
        return taken;
    };
    const auto take_number = [&](std::size_t size) {
        std::uint64_t number = 0;
        for (const char c : take(size)) {
            number = number << 8 | static_cast<unsigned char>(c);
        }
        return number;
    };
    while (!bytes.empty()) {
        require(!frames.close_code, "nothing follows the closing frame");
        const auto first = take_number(1);
        auto size = take_number(1);
        require((first & 0xf0) == 0x80, "a frame is all of its message, without extensions");
        require(size < 0x80, "and not masked");
        size = size == 126 ? take_number(2) : size == 127 ? take_number(8) : size;
        const auto opcode = first & 0x0f;
        require(opcode < 8 || size <= 125, "a control frame is short");
        if (opcode == 8) {
            require(size != 1, "a close code has two bytes");
            frames.close_code = size == 0 ? 0 : static_cast<unsigned>(take_number(2));
            require(is_text(take(size == 0 ? 0 : size - 2)), "and a reason is text");
        } else {
            require(opcode == 1 || opcode == 9 || opcode == 10, "a frame is a text, a ping or a pong");
            const std::string_view payload = take(size);
            if (opcode == 1) {
                frames.texts.emplace_back(payload);
            }
        }
    }
    return frames;
}

} // namespace sotto::fuzz

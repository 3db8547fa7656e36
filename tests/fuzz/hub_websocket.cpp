// An open WebSocket of the hub. Input: the most bytes to be sent at once, in a byte, where 0 is all; then what the
// client sends.

#include <algorithm>
#include <string>

#include <sys/socket.h>

#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/hub.hpp"

namespace sotto::fuzz {

namespace {

constexpr std::string_view session = "0123456789abcdef0123456789abcdef";

/// Whether a code may be sent in a closing frame (RFC 6455, 7.4). Those from 5000 on, which mean nothing, Beast takes
/// from a client and gives them back.
bool is_close_code(unsigned code) {
    return code == 0 || (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) || code >= 3000;
}

} // namespace

void try_input(std::string_view input) {
    if (input.empty()) {
        return;
    }
    const std::size_t most = input[0] == 0 ? input.size() : static_cast<unsigned char>(input[0]);
    input.remove_prefix(1);

    TurnedHub hub;
    const FileDescriptor client = hub.connect_client();
    std::string received;
    require(hub.exchange(client, live_request(1, session, true), received), "the handshake succeeds");
    const std::size_t head = received.find("\r\n\r\n");
    require(received.starts_with("HTTP/1.1 101 ") && head != std::string::npos, "with an answer");
    received.erase(0, head + 4);

    const bool silent = input.empty();
    bool open = true;
    for (; open && !input.empty(); input.remove_prefix(std::min(most, input.size()))) {
        open = hub.exchange(client, input.substr(0, most), received);
    }
    require(open || !silent, "a client that says nothing stays");
    shutdown(client.get(), SHUT_WR);
    require(!hub.exchange(client, "", received), "one that has gone does not");

    const Frames frames = read_frames(received);
    require(frames.texts.size() == 1 && frames.texts[0] == R"({"type":"resync"})",
            "a client hears of the resync alone");
    require(!frames.close_code || is_close_code(*frames.close_code), "a closing frame has a code that may be sent");
    require(hub.metric("sotto_hub_connections{kind=\"websocket\"}") == "0", "who has gone is not counted");
}

} // namespace sotto::fuzz

// A connection to the hub, which expects a request's head from nginx. Input: its bytes; 0xff, which no head has, stands
// between what is sent separately.

#include <algorithm>
#include <string>

#include <sys/socket.h>

#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/hub.hpp"
#include "worker/json.hpp"

namespace sotto::fuzz {

namespace {

/// The slug of the problem that goes with each status that the hub refuses with.
std::string_view slug_of(int status) {
    switch (status) {
    case 400:
        return "malformed-request";
    case 404:
        return "not-found";
    case 405:
        return "method-not-allowed";
    case 406:
        return "not-acceptable";
    default:
        return "";
    }
}

std::string header(std::string_view head, std::string_view name) {
    const std::size_t at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string_view::npos) {
        return "";
    }
    const std::size_t value = at + name.size() + 4;
    return std::string(head.substr(value, head.find("\r\n", value) - value));
}

void require_problem(int status, std::string_view head, std::string_view body) {
    require(header(head, "Content-Type") == "application/problem+json", "a refusal is a problem");
    const auto problem = parse_json(body);
    require(problem && problem->isObject(), "in JSON");
    require((*problem)["type"] == "/problems#" + std::string(slug_of(status)), "of the type that the status has");
    require((*problem)["status"] == status && (*problem)["title"].isString(), "with that status and a title");
}

void require_answer(std::string_view answer, bool closed) {
    const std::size_t end = answer.find("\r\n\r\n");
    require(end != std::string_view::npos && answer.starts_with("HTTP/1.1 "), "an answer has a head");
    const std::string_view head = answer.substr(0, end + 2);
    const std::string_view body = answer.substr(end + 4);
    const int status = std::stoi(std::string(head.substr(9, 3)));
    if (status == 101) {
        const Frames frames = read_frames(body);
        require(frames.texts.size() == 1 && frames.texts[0] == R"({"type":"resync"})",
                "a WebSocket starts with a resync");
        return;
    }
    if (header(head, "Content-Type") == "text/event-stream") {
        require(status == 200 && body == event_stream_start, "and so does an event stream");
        return;
    }
    require(closed, "after any other answer the connection is closed");
    require(header(head, "Content-Length") == std::to_string(body.size()), "and the answer is whole");
    if (status != 200) {
        require_problem(status, head, body);
    } else {
        require(header(head, "Content-Type") == "text/plain; version=0.0.4", "the rest are metrics");
    }
}

} // namespace

void try_input(std::string_view input) {
    TurnedHub hub;
    std::string answer;
    {
        const FileDescriptor client = hub.connect_client();
        bool open = true;
        while (open && !input.empty()) {
            open = hub.exchange(client, take_until(input, '\xff'), answer);
        }
        if (!answer.empty()) {
            require_answer(answer, !open);
        }
        shutdown(client.get(), SHUT_WR);
        require(!hub.exchange(client, "", answer), "nothing is kept open for a client that has said all it has to say");
    }
    for (const std::string_view kind : {"websocket", "event_stream"}) {
        const std::string name = "sotto_hub_connections{kind=\"" + std::string(kind) + "\"}";
        require(hub.metric(name) == "0", "nor counted");
    }
}

} // namespace sotto::fuzz

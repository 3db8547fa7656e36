// What a worker tells the hub, up to what its clients hear. Input: records, with 0xff between them.

#include <algorithm>
#include <array>
#include <string>
#include <type_traits>
#include <vector>

#include "live/record.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/hub.hpp"
#include "tests/fuzz/socket.hpp"

namespace sotto::fuzz {

namespace {

constexpr std::string_view resync = R"({"type":"resync"})";

std::string text_of(const live::SessionHex& session) {
    return {session.begin(), session.end()};
}

std::string line_of(const live::Command& command) {
    return std::visit(
        [](const auto& one) -> std::string {
            using Kind = std::decay_t<decltype(one)>;
            if constexpr (std::is_same_v<Kind, live::DeliverEvent>) {
                const std::string id(one.id.empty() ? "-" : one.id);
                return "event " + std::to_string(one.user_id) + " " + id + " " + std::string(one.json) + "\n";
            } else if constexpr (std::is_same_v<Kind, live::CloseSession>) {
                return "close-session " + text_of(one.session) + "\n";
            } else if constexpr (std::is_same_v<Kind, live::CloseUser>) {
                return "close-user " + std::to_string(one.user_id) + (one.keep ? " " + text_of(*one.keep) : "") + "\n";
            } else if constexpr (std::is_same_v<Kind, live::CloseAll>) {
                return "close-all\n";
            } else {
                return "resync " + (one.user_id ? std::to_string(*one.user_id) : "*") + "\n";
            }
        },
        command);
}

std::string record_of(const std::vector<live::Command>& commands) {
    std::string record;
    for (const live::Command& command : commands) {
        record += line_of(command);
    }
    return record;
}

bool has_control_character(std::string_view text) {
    return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

/// A client, and what it must have heard.
struct Client {
    int user;
    std::string session;
    bool web_socket;
    FileDescriptor connection{-1};
    bool open = true;
    std::vector<std::string> heard{std::string(resync)}; ///< events in JSON
    std::string stream{event_stream_start};              ///< the same as an event stream

    void hear(std::string_view id, std::string_view json) {
        if (open) {
            heard.emplace_back(json);
            stream += (id.empty() ? "" : "id: " + std::string(id) + "\n") + "data: " + std::string(json) + "\n\n";
        }
    }

    void obey(const live::Command& command) {
        std::visit(
            [this](const auto& one) {
                using Kind = std::decay_t<decltype(one)>;
                if constexpr (std::is_same_v<Kind, live::DeliverEvent>) {
                    require(one.json.starts_with('{') && !has_control_character(one.json), "an event is one line");
                    require(!has_control_character(one.id), "and so is its id");
                    if (one.user_id == user) {
                        hear(one.id, one.json);
                    }
                } else if constexpr (std::is_same_v<Kind, live::CloseSession>) {
                    open = open && text_of(one.session) != session;
                } else if constexpr (std::is_same_v<Kind, live::CloseUser>) {
                    open = open && (one.user_id != user || (one.keep && text_of(*one.keep) == session));
                } else if constexpr (std::is_same_v<Kind, live::CloseAll>) {
                    open = false;
                } else if (!one.user_id || *one.user_id == user) {
                    hear("", resync);
                }
            },
            command);
    }
};

std::string body_of(std::string answer) {
    const std::size_t end = answer.find("\r\n\r\n");
    require(end != std::string::npos, "every client is let in");
    return answer.substr(end + 4);
}

/// One that is closed may miss what was under way.
void require_heard(const Client& client, bool open, const std::string& body) {
    require(open == client.open, "a connection ends when it is told to, and not before");
    if (!client.web_socket) {
        require(open ? body == client.stream : client.stream.starts_with(body), "an event stream has every event");
        return;
    }
    const Frames frames = read_frames(body);
    require(open == !frames.close_code.has_value(), "a WebSocket is told that it is closed");
    require(!frames.close_code || *frames.close_code == 4401 || *frames.close_code == 1012, "and why");
    require(frames.texts.size() <= client.heard.size() &&
                std::equal(frames.texts.begin(), frames.texts.end(), client.heard.begin()),
            "a WebSocket has every event");
    require(!open || frames.texts.size() == client.heard.size(), "and none is missing");
}

} // namespace

void try_input(std::string_view input) {
    TurnedHub hub;
    std::array clients{Client{1, std::string(32, '0'), false}, Client{1, std::string(32, '1'), true},
                       Client{2, std::string(32, '2'), false}};
    std::array<std::string, clients.size()> received;
    for (std::size_t i = 0; i < clients.size(); ++i) {
        Client& client = clients.at(i);
        client.connection = hub.connect_client();
        hub.exchange(client.connection, live_request(client.user, client.session, client.web_socket), received.at(i));
    }

    const FileDescriptor worker = hub.connect_worker();
    int malformed = 0;
    while (!input.empty()) {
        const std::string_view record = take_until(input, '\xff');
        if (record.empty()) {
            continue; // which would be the end of the connection
        }
        require(send_to(worker, record), "the hub takes records as long as the worker is there");
        hub.turn();
        const auto commands = live::parse_record(record);
        if (!commands) {
            ++malformed;
            continue;
        }
        const std::string again = record_of(*commands);
        const auto same = live::parse_record(again);
        require(same && record_of(*same) == again, "a record written anew means the same");
        for (const live::Command& command : *commands) {
            for (Client& client : clients) {
                client.obey(command);
            }
        }
    }
    require(hub.metric("sotto_hub_records_malformed_total") == std::to_string(malformed), "bad records are counted");
    require(hub.metric("sotto_hub_workers") == "1", "and end nothing");
    for (std::size_t i = 0; i < clients.size(); ++i) {
        Client& client = clients.at(i);
        const bool open = hub.exchange(client.connection, "", received.at(i));
        // A WebSocket waits for the client's part of closing.
        require_heard(client, client.web_socket ? client.open && open : open, body_of(received.at(i)));
    }
}

} // namespace sotto::fuzz

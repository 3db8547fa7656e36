#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "live/handshake.hpp"
#include "support.hpp"

using namespace sotto::live;
using namespace sotto::live::test;

BOOST_AUTO_TEST_SUITE(protocol)

namespace {

std::string answer_to(const TestHub& hub, const std::string& bytes) {
    RawClient client(hub.folder().clients());
    client.send(bytes);
    return client.read_to_end().value();
}

/// A client's frame, masked with zeros, which leaves the payload readable.
std::string frame(char first_byte, const std::string& payload) {
    return std::string{first_byte, static_cast<char>(0x80 | payload.size())} + std::string(4, '\0') + payload;
}

constexpr char text_frame = '\x81';
constexpr char ping_frame = '\x89';

} // namespace

BOOST_AUTO_TEST_CASE(who_the_client_is_stands_in_the_query) {
    const auto identity = identity_from("/live?user_name=bob&user=42&session=" + session(0xabc));
    BOOST_REQUIRE(identity);
    BOOST_TEST(identity->user_id == 42);
    BOOST_TEST(std::string(identity->session.begin(), identity->session.end()) == session(0xabc));
    for (const std::string& bad : {std::string("/live"), std::string("/live?"), std::string("/live?user=1"),
                                   "/live?session=" + session(1), "/live?user=0&session=" + session(1),
                                   "/live?user=1x&session=" + session(1), "/live?user=1&session=" + session(1) + "0",
                                   "/live?user=%31&session=" + session(1), "/live?user=1&user=2&session=" + session(1),
                                   "/live?user=1&session=" + session(1) + "&session=" + session(1)}) {
        BOOST_TEST(!identity_from(bad), bad);
    }
}

BOOST_AUTO_TEST_CASE(an_event_stream_is_asked_for_by_name) {
    for (const std::string good : {"text/event-stream", "TEXT/Event-Stream", "text/html, text/event-stream;q=0.5",
                                   "a/b , \ttext/event-stream ; x=y ,c/d"}) {
        BOOST_TEST(accepts_event_stream(good), good);
    }
    for (const std::string bad : {"", "*/*", "text/*", "text/event-streams", "x-text/event-stream", "text", ";", ","}) {
        BOOST_TEST(!accepts_event_stream(bad), bad);
    }
}

BOOST_AUTO_TEST_CASE(requests_that_are_no_use_get_a_problem) {
    TestHub hub;
    struct Case {
        std::string bytes;
        int status;
        std::string slug;
    };
    const std::string stream = event_stream_headers;
    const std::vector<Case> cases = {
        {request("/", stream), 404, "not-found"},
        {request("/live/", stream), 404, "not-found"},
        {request("/lives?user=1", stream), 404, "not-found"},
        {"POST " + target(1) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 405, "method-not-allowed"},
        {"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 405, "method-not-allowed"},
        {request(target(1), ""), 406, "not-acceptable"},
        {request(target(1), "Accept: */*\r\n"), 406, "not-acceptable"},
        {request(target(1), "Upgrade: h2c\r\nConnection: upgrade\r\n"), 406, "not-acceptable"},
        {request(target(1), "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 8\r\n"), 400,
         "malformed-request"},
        {request(target(1), "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"), 400, "malformed-request"},
        {request(target(1), "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"), 400,
         "malformed-request"},
        {request(target(1),
                 "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n"),
         400, "malformed-request"},
        {"GET " + target(1) + " HTTP/1.1\r\n" + web_socket_headers + "\r\n", 400, "malformed-request"}, // no Host
        {request("/live", stream), 400, "malformed-request"},
        {request("/live?user=1&session=" + session(1).substr(1), web_socket_headers), 400, "malformed-request"},
        {request(target(1), stream + "Content-Length: 1\r\n") + "x", 400, "malformed-request"},
        {request(target(1), stream + "Transfer-Encoding: chunked\r\n"), 400, "malformed-request"},
        {request(target(1), web_socket_headers) + "early", 400, "malformed-request"},
        {request(target(1), "Bad Name: x\r\n"), 400, "malformed-request"},
        {request(target(1), "X: " + std::string(9000, 'x') + "\r\n"), 400, "malformed-request"},
        {"GET " + std::string(9000, 'x'), 400, "malformed-request"},
        {"\r\nnonsense\r\n\r\n", 400, "malformed-request"},
        {std::string("\x16\x03\x01\x02\x00\x01\x00", 7), 400, "malformed-request"},
        {"GET /live HTTP/2.0\r\n\r\n", 400, "malformed-request"},
    };
    for (const Case& one : cases) {
        const std::string answer = answer_to(hub, one.bytes);
        const std::string head = one.bytes.substr(0, 120);
        BOOST_TEST(answer.starts_with("HTTP/1.1 " + std::to_string(one.status) + " "), head << " -> " << answer);
        BOOST_TEST(answer.find("\r\nContent-Type: application/problem+json\r\n") != std::string::npos, head << answer);
        BOOST_TEST(answer.find("{\"type\":\"/problems#" + one.slug + "\",\"title\":\"") != std::string::npos,
                   head << answer);
        BOOST_TEST(answer.find("\"status\":" + std::to_string(one.status) + ",") != std::string::npos, head << answer);
        BOOST_TEST((one.status == 405) == (answer.find("\r\nAllow: GET\r\n") != std::string::npos), head << answer);
        BOOST_TEST(answer.find("\r\nUpgrade:") == std::string::npos, head << answer); // an error in HTTP/2
    }
    BOOST_TEST(hub.metric("sotto_hub_refused_total") == cases.size());
}

BOOST_AUTO_TEST_CASE(a_problem_names_the_request) {
    TestHub hub;
    BOOST_TEST(answer_to(hub, request("/", "X-Request-Id: 00ff-Ab\r\n")).ends_with(",\"request_id\":\"00ff-Ab\"}"));
    BOOST_TEST(answer_to(hub, request("/", "X-Request-Id: \"\r\n")).find("request_id") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_request_that_takes_too_long_is_cut) {
    Settings settings;
    settings.request_timeout = std::chrono::milliseconds(50);
    TestHub hub(settings);
    BOOST_TEST(answer_to(hub, "GET /live").empty());
    BOOST_TEST(answer_to(hub, "").empty());
    // The limit is on the request: a connection outlives it.
    WebSocketClient client(hub.folder(), target(1));
    BOOST_TEST(client.read() == resync);
    RawClient stream(hub.folder().clients());
    stream.send(request(target(1), event_stream_headers));
    BOOST_TEST(answer_to(hub, "GET").empty());
    BOOST_TEST(hub.metric("sotto_hub_connections{kind=\"websocket\"}") == 1);
    BOOST_TEST(hub.metric("sotto_hub_connections{kind=\"event_stream\"}") == 1);
}

BOOST_AUTO_TEST_CASE(a_client_has_nothing_to_send) {
    TestHub hub;
    const auto code_after = [&](const std::string& text, bool binary) {
        WebSocketClient client(hub.folder(), target(1));
        client.send(text, binary);
        return client.read_to_close();
    };
    BOOST_TEST(code_after(R"({"type":"typing","with":"bob"})", false) == 1003);
    BOOST_TEST(code_after("x", true) == 1003);
    BOOST_TEST(code_after("", false) == 1003);
    BOOST_TEST(code_after(std::string(512, 'x'), false) == 1003);
    BOOST_TEST(code_after(std::string(513, 'x'), false) == 1009);
}

BOOST_AUTO_TEST_CASE(frames_that_break_the_protocol_end_the_connection) {
    TestHub hub;
    const auto answer_after = [&](const std::string& bytes) {
        RawClient client(hub.folder().clients());
        client.send(request(target(1), web_socket_headers));
        BOOST_TEST(client.read_until(resync).ends_with(resync));
        client.send(bytes);
        return client.read_to_end().value();
    };
    const std::string protocol_error = "\x88\x02\x03\xea"; // a close frame with 1002
    BOOST_TEST(answer_after("\x81\x01x") == protocol_error, "unmasked");
    BOOST_TEST(answer_after(frame('\xf1', "x")) == protocol_error, "reserved bits");
    BOOST_TEST(answer_after(frame('\x83', "x")) == protocol_error, "reserved opcode");
    BOOST_TEST(answer_after(frame('\x80', "x")) == protocol_error, "continues nothing");
    BOOST_TEST(answer_after(frame('\x09', "x")) == protocol_error, "a ping in fragments");
    BOOST_TEST(answer_after(std::string("\x89\xfe\x00\x80", 4) + std::string(132, '\0')) == protocol_error,
               "a long ping");
    const std::string too_big = "\x88\x02\x03\xf1"; // 1009, from the frame's head alone
    BOOST_TEST(answer_after(std::string("\x82\xff\0\0\0\0\x7f\xff\xff\xff\0\0\0\0", 14)) == too_big, "2 GiB");
    WebSocketClient client(hub.folder(), target(2));
    BOOST_TEST(client.read() == resync);
}

BOOST_AUTO_TEST_CASE(pings_are_answered) {
    TestHub hub;
    RawClient client(hub.folder().clients());
    client.send(request(target(1), web_socket_headers));
    BOOST_TEST(client.read_until(resync).ends_with(resync));
    client.send(frame(ping_frame, "hello"));
    BOOST_TEST(client.read_until("hello") == "\x8a\x05hello");
}

BOOST_AUTO_TEST_CASE(a_message_in_fragments_counts_as_one) {
    TestHub hub;
    RawClient client(hub.folder().clients());
    client.send(request(target(1), web_socket_headers));
    BOOST_TEST(client.read_until(resync).ends_with(resync));
    client.send(frame(static_cast<char>(text_frame & 0x7f), "x"));
    BOOST_TEST(client.read_until("\xeb") == "\x88\x02\x03\xeb"); // a close frame with 1003
}

BOOST_AUTO_TEST_SUITE_END()

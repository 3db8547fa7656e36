#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <vector>

#include "live/record.hpp"
#include "support.hpp"

using namespace sotto::live;
using namespace sotto::live::test;

BOOST_AUTO_TEST_SUITE(delivery)

namespace {

std::string numbered(int n) {
    return "{\"n\":" + std::to_string(n) + "}";
}

void tell(Notifier& notifier, std::int64_t user_id, const std::string& id, const std::string& json) {
    const Delivery delivery{user_id, id, json};
    notifier.event({&delivery, 1});
}

} // namespace

BOOST_AUTO_TEST_CASE(every_device_of_a_user_gets_the_event_and_nobody_else) {
    TestHub hub;
    WebSocketClient phone(hub.folder(), target(1, 1));
    WebSocketClient laptop(hub.folder(), target(1, 2));
    RawClient stream(hub.folder().clients());
    stream.send(request(target(1, 3), event_stream_headers));
    WebSocketClient other(hub.folder(), target(2, 4));
    WebSocketClient stranger(hub.folder(), target(3, 5));
    BOOST_TEST(phone.read() == resync);
    BOOST_TEST(laptop.read() == resync);
    BOOST_TEST(other.read() == resync);
    BOOST_TEST(stranger.read() == resync);
    BOOST_TEST(stream.read_until("\r\n\r\n").find("Content-Type: text/event-stream\r\n") != std::string::npos);
    BOOST_TEST(stream.read_until("resync\"}\n\n") == "retry: 2000\n\ndata: {\"type\":\"resync\"}\n\n");

    Notifier notifier(hub.folder().workers());
    const std::vector<Delivery> both = {{1, "17-1", R"({"for":"1"})"}, {2, "17-1", R"({"for":"2"})"}};
    notifier.event(both);
    tell(notifier, 1, "", R"({"text":"ä€😀"})");
    tell(notifier, 3, "", R"({"fence":true})");
    BOOST_TEST(!notifier.has_backlog());

    BOOST_TEST(phone.read() == R"({"for":"1"})");
    BOOST_TEST(laptop.read() == R"({"for":"1"})");
    BOOST_TEST(phone.read() == R"({"text":"ä€😀"})");
    BOOST_TEST(laptop.read() == R"({"text":"ä€😀"})");
    BOOST_TEST(other.read() == R"({"for":"2"})");
    BOOST_TEST(stream.read_until("}\n\n") == "id: 17-1\ndata: {\"for\":\"1\"}\n\n");
    BOOST_TEST(stream.read_until("}\n\n") == "data: {\"text\":\"ä€😀\"}\n\n");
    BOOST_TEST(stranger.read() == R"({"fence":true})");
    BOOST_TEST(hub.metric("sotto_hub_connections{kind=\"websocket\"}") == 4);
    BOOST_TEST(hub.metric("sotto_hub_connections{kind=\"event_stream\"}") == 1);
    BOOST_TEST(hub.metric("sotto_hub_events_received_total") == 4);
    BOOST_TEST(hub.metric("sotto_hub_events_delivered_total") == 3 + 1 + 3 + 1);
    BOOST_TEST(hub.metric("sotto_hub_workers") == 1);
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_events_arrive_in_order) {
    TestHub hub;
    WebSocketClient client(hub.folder(), target(1));
    BOOST_TEST(client.read() == resync);
    Notifier notifier(hub.folder().workers());
    constexpr int total = 100'000;
    constexpr int window = 100; // as many as the socket's buffer holds by any setting
    int sent = 0;
    for (int received = 0; received < total; ++received) {
        for (; sent < total && sent < received + window; ++sent) {
            tell(notifier, 1, "", numbered(sent));
        }
        BOOST_REQUIRE_EQUAL(client.read(), numbered(received));
    }
    BOOST_TEST(!notifier.has_backlog());
}

BOOST_AUTO_TEST_CASE(a_stalled_reader_is_closed_and_others_are_not_harmed) {
    Settings settings;
    settings.send_buffer_bytes = 65'536;
    TestHub hub(settings);
    WebSocketClient reader(hub.folder(), target(1, 1));
    BOOST_TEST(reader.read() == resync);
    WebSocketClient stalled_socket(hub.folder(), target(1, 2));
    RawClient stalled_stream(hub.folder().clients());
    stalled_stream.send(request(target(1, 3), event_stream_headers));
    BOOST_REQUIRE(eventually([&] { return hub.metric("sotto_hub_connections{kind=\"event_stream\"}") == 1; }));

    Notifier notifier(hub.folder().workers());
    const std::string padding(2000, 'x');
    int n = 0;
    for (; n < 10'000 && hub.metric("sotto_hub_slow_readers_total") < 2; ++n) {
        const std::string json = "{\"n\":" + std::to_string(n) + ",\"padding\":\"" + padding + "\"}";
        tell(notifier, 1, "", json);
        BOOST_REQUIRE_EQUAL(reader.read(), json);
    }
    BOOST_TEST(hub.metric("sotto_hub_slow_readers_total") == 2);
    BOOST_TEST(hub.metric("sotto_hub_connections{kind=\"websocket\"}") == 1);
    BOOST_TEST(hub.metric("sotto_hub_connections{kind=\"event_stream\"}") == 0);
    BOOST_TEST(stalled_socket.read_to_close() == 1006);
    BOOST_TEST(stalled_stream.read_to_end().has_value());
    tell(notifier, 1, "", numbered(n));
    BOOST_TEST(reader.read() == numbered(n));
}

BOOST_AUTO_TEST_CASE(a_user_has_so_many_connections_and_no_more) {
    TestHub hub;
    std::vector<std::unique_ptr<WebSocketClient>> clients;
    for (std::size_t i = 0; i < Settings().max_connections_per_user; ++i) {
        clients.push_back(std::make_unique<WebSocketClient>(hub.folder(), target(1, static_cast<int>(i))));
        BOOST_TEST(clients.back()->read() == resync);
    }
    for (const std::string& headers : {event_stream_headers, web_socket_headers}) {
        RawClient one_more(hub.folder().clients());
        one_more.send(request(target(1), headers));
        const std::string answer = one_more.read_to_end().value();
        BOOST_TEST(answer.starts_with("HTTP/1.1 429 "), answer);
        BOOST_TEST(answer.find("\r\nRetry-After: ") != std::string::npos, answer);
        BOOST_TEST(answer.find(R"("type":"/problems#too-many-connections")") != std::string::npos, answer);
    }
    BOOST_TEST(hub.metric("sotto_hub_refused_total") == 2);
    WebSocketClient other(hub.folder(), target(2));
    BOOST_TEST(other.read() == resync);

    clients.pop_back();
    BOOST_REQUIRE(eventually([&] {
        return hub.metric("sotto_hub_connections{kind=\"websocket\"}") <= Settings().max_connections_per_user;
    }));
    WebSocketClient again(hub.folder(), target(1));
    BOOST_TEST(again.read() == resync);
}

BOOST_AUTO_TEST_CASE(all_sockets_together_are_limited) {
    Settings settings;
    settings.max_clients = 2;
    TestHub hub(settings);
    {
        WebSocketClient first(hub.folder(), target(1));
        WebSocketClient second(hub.folder(), target(2));
        BOOST_TEST(first.read() == resync);
        BOOST_TEST(second.read() == resync);
        RawClient third(hub.folder().clients());
        BOOST_TEST(third.read_to_end().value().empty());
    }
    BOOST_TEST(eventually([&] {
        RawClient client(hub.folder().clients());
        client.send(request("/metrics", ""));
        return client.read_to_end().value().find("\nsotto_hub_refused_total ") != std::string::npos;
    }));
}

BOOST_AUTO_TEST_CASE(a_resync_goes_to_one_user_or_to_all) {
    TestHub hub;
    WebSocketClient alice(hub.folder(), target(1));
    WebSocketClient bob(hub.folder(), target(2));
    BOOST_TEST(alice.read() == resync);
    BOOST_TEST(bob.read() == resync);
    RawSeqPacket worker(hub.folder().workers());
    worker.send("resync 1\nevent 2 - {\"fence\":1}\n");
    BOOST_TEST(alice.read() == resync);
    BOOST_TEST(bob.read() == R"({"fence":1})");
    worker.send("resync *\n");
    BOOST_TEST(alice.read() == resync);
    BOOST_TEST(bob.read() == resync);
    BOOST_TEST(hub.metric("sotto_hub_resyncs_total") == 2);
}

BOOST_AUTO_TEST_CASE(a_malformed_record_is_counted_and_dropped_whole) {
    TestHub hub;
    WebSocketClient client(hub.folder(), target(1));
    BOOST_TEST(client.read() == resync);
    RawSeqPacket worker(hub.folder().workers());
    worker.send("event 1 - {\"lost\":1}\nnonsense\n");
    worker.send("event 1 - {\"lost\":2}");
    worker.send(std::string(2 * max_record_bytes, 'x'));
    // One byte beyond the longest record, well formed but for that.
    const std::string head = "event 1 - {\"long\":\"";
    const std::string tail = "\"}\n";
    const std::string longest = head + std::string(max_record_bytes - head.size() - tail.size(), 'x') + tail;
    worker.send(longest.substr(0, longest.size() - tail.size()) + "x" + tail);
    worker.send(longest);
    BOOST_TEST(client.read() + "\n" == longest.substr(head.find('{')));
    BOOST_TEST(hub.metric("sotto_hub_records_malformed_total") == 4);
}

BOOST_AUTO_TEST_SUITE_END()

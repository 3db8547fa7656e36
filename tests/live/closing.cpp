#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>

#include "support.hpp"

using namespace sotto::live;
using namespace sotto::live::test;

BOOST_AUTO_TEST_SUITE(closing)

namespace {

using Clock = std::chrono::steady_clock;

constexpr int service_restart = 1012;
constexpr int session_ended = 4401;

void tell(Notifier& notifier, std::int64_t user_id, const std::string& json) {
    const Delivery delivery{user_id, "", json};
    notifier.event({&delivery, 1});
}

std::string answer_to(const Folder& folder, const std::string& target) {
    RawClient client(folder.clients());
    client.send(request(target, web_socket_headers));
    return client.read_until("\r\n");
}

} // namespace

BOOST_AUTO_TEST_CASE(a_revoked_session_loses_its_connections_within_a_second) {
    TestHub hub;
    WebSocketClient revoked(hub.folder(), target(1, 1));
    WebSocketClient kept(hub.folder(), target(1, 2));
    RawClient stream(hub.folder().clients());
    stream.send(request(target(1, 1), event_stream_headers));
    BOOST_TEST(kept.read() == resync);
    BOOST_TEST(stream.read_until("resync\"}\n\n").ends_with(resync + "\n\n"));

    const auto start = Clock::now();
    Notifier notifier(hub.folder().workers());
    notifier.close_session(session(1));
    BOOST_TEST(!notifier.has_backlog());
    BOOST_TEST(revoked.read_to_close() == session_ended);
    BOOST_TEST(stream.read_to_end().value().empty());
    BOOST_CHECK(Clock::now() - start < std::chrono::seconds(1));

    tell(notifier, 1, R"({"n":1})");
    BOOST_TEST(kept.read() == R"({"n":1})");
    // A request that a worker let pass just before the session ended comes too late, others of the user don't.
    BOOST_TEST(answer_to(hub.folder(), target(1, 1)).starts_with("HTTP/1.1 503 "));
    BOOST_TEST(answer_to(hub.folder(), target(1, 3)).starts_with("HTTP/1.1 101 "));
}

BOOST_AUTO_TEST_CASE(closing_a_user_may_keep_one_session) {
    TestHub hub;
    WebSocketClient kept(hub.folder(), target(1, 1));
    WebSocketClient gone(hub.folder(), target(1, 2));
    WebSocketClient other(hub.folder(), target(2, 3));
    BOOST_TEST(kept.read() == resync);
    BOOST_TEST(other.read() == resync);
    Notifier notifier(hub.folder().workers());
    notifier.close_user(1, session(1));
    BOOST_TEST(gone.read_to_close() == session_ended);
    BOOST_TEST(answer_to(hub.folder(), target(1, 2)).starts_with("HTTP/1.1 503 "));
    BOOST_TEST(answer_to(hub.folder(), target(1, 1)).starts_with("HTTP/1.1 101 "));
    tell(notifier, 1, R"({"n":1})");
    BOOST_TEST(kept.read() == R"({"n":1})");

    notifier.close_user(1);
    BOOST_TEST(kept.read_to_close() == session_ended);
    BOOST_TEST(answer_to(hub.folder(), target(1, 1)).starts_with("HTTP/1.1 503 "));
    tell(notifier, 2, R"({"n":2})");
    BOOST_TEST(other.read() == R"({"n":2})");
    // The user may come again with whatever a worker lets pass from now on.
    BOOST_TEST(eventually([&] { return answer_to(hub.folder(), target(1, 4)).starts_with("HTTP/1.1 101 "); }));
}

BOOST_AUTO_TEST_CASE(close_all_asks_everybody_to_come_back) {
    TestHub hub;
    WebSocketClient alice(hub.folder(), target(1, 1));
    WebSocketClient bob(hub.folder(), target(2, 2));
    Notifier notifier(hub.folder().workers());
    notifier.close_everybody();
    notifier.flush();
    BOOST_TEST(alice.read_to_close() == service_restart);
    BOOST_TEST(bob.read_to_close() == service_restart);
    WebSocketClient again(hub.folder(), target(1, 1));
    BOOST_TEST(again.read() == resync);
}

BOOST_AUTO_TEST_CASE(a_peer_that_does_not_answer_a_close_is_dropped) {
    Settings settings;
    settings.closing_grace = std::chrono::milliseconds(100);
    TestHub hub(settings);
    RawClient silent(hub.folder().clients());
    silent.send(request(target(1, 1), web_socket_headers));
    BOOST_TEST(silent.read_until(resync).ends_with(resync));
    Notifier notifier(hub.folder().workers());
    notifier.close_session(session(1));
    BOOST_TEST(silent.read_to_end().value() == "\x88\x02\x11\x31"); // a close frame with 4401
}

BOOST_AUTO_TEST_CASE(a_stalled_peer_is_dropped_when_its_session_ends) {
    Settings settings;
    settings.closing_grace = std::chrono::milliseconds(100);
    TestHub hub(settings);
    RawClient stalled(hub.folder().clients());
    stalled.send(request(target(1, 1), web_socket_headers));
    BOOST_TEST(stalled.read_until(resync).ends_with(resync));
    Notifier notifier(hub.folder().workers());
    // More than the socket takes, less than the limit: a write is pending.
    const std::string event = "{\"padding\":\"" + std::string(16'000, 'x') + "\"}";
    for (int i = 0; i < 25; ++i) {
        tell(notifier, 1, event);
        BOOST_REQUIRE(
            eventually([&] { return hub.metric("sotto_hub_events_delivered_total") >= static_cast<unsigned>(i); }));
    }
    notifier.close_session(session(1));
    const std::string rest = stalled.read_to_end().value();
    BOOST_TEST(rest.size() < 25 * event.size());
    BOOST_TEST(hub.metric("sotto_hub_slow_readers_total") == 0);
}

BOOST_AUTO_TEST_CASE(a_peer_that_answers_pings_stays_and_a_dead_one_goes) {
    Settings settings;
    settings.peer_timeout = std::chrono::milliseconds(200);
    TestHub hub(settings);
    WebSocketClient alive(hub.folder(), target(1, 1));
    RawClient dead(hub.folder().clients());
    dead.send(request(target(2, 2), web_socket_headers));
    BOOST_TEST(alive.read() == resync);
    int pings = 0;
    Notifier notifier(hub.folder().workers());
    alive.stream().control_callback([&](boost::beast::websocket::frame_type type, boost::beast::string_view) {
        if (type == boost::beast::websocket::frame_type::ping && ++pings == 10) {
            tell(notifier, 1, R"({"enough":1})"); // long after the timeout
        }
    });
    BOOST_TEST(alive.read() == R"({"enough":1})");
    BOOST_TEST(dead.read_to_end().value().ends_with(std::string("\x89\x00", 2))); // a ping
    BOOST_TEST(hub.metric("sotto_hub_connections{kind=\"websocket\"}") == 1);
}

BOOST_AUTO_TEST_CASE(an_event_stream_gets_comments) {
    Settings settings;
    settings.heartbeat = std::chrono::milliseconds(20);
    TestHub hub(settings);
    RawClient client(hub.folder().clients());
    client.send(request(target(1), event_stream_headers));
    BOOST_TEST(client.read_until("resync\"}\n\n").ends_with(resync + "\n\n"));
    BOOST_TEST(client.read_until("\n\n") == ":\n\n");
    BOOST_TEST(client.read_until("\n\n") == ":\n\n");
}

BOOST_AUTO_TEST_CASE(an_event_stream_whose_client_has_gone_is_forgotten) {
    TestHub hub;
    {
        RawClient client(hub.folder().clients());
        client.send(request(target(1), event_stream_headers));
        BOOST_TEST(client.read_until("resync\"}\n\n").ends_with(resync + "\n\n"));
    }
    BOOST_TEST(eventually([&] { return hub.metric("sotto_hub_connections{kind=\"event_stream\"}") == 0; }));
}

BOOST_AUTO_TEST_SUITE_END()

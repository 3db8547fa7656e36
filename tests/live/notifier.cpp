#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "live/record.hpp"
#include "support.hpp"

using namespace sotto::live;
using namespace sotto::live::test;

BOOST_AUTO_TEST_SUITE(notifier)

namespace {

using Clock = std::chrono::steady_clock;

void tell(Notifier& notifier, std::int64_t user_id, const std::string& json) {
    const Delivery delivery{user_id, "", json};
    notifier.event({&delivery, 1});
}

/// The longest of many calls is noise of the machine; the whole is what a worker pays.
template<class Call>
std::chrono::microseconds mean_time(int times, Call call) {
    const auto start = Clock::now();
    for (int i = 0; i < times; ++i) {
        call(i);
    }
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start) / times;
}

/// Flushes as a worker's loop does, until there is nothing left.
bool flush_all(Notifier& notifier) {
    return eventually([&] {
        notifier.flush();
        return !notifier.has_backlog();
    });
}

} // namespace

BOOST_AUTO_TEST_CASE(a_change_is_one_record) {
    Folder folder;
    FakeHub hub(folder.workers());
    Notifier notifier(folder.workers());
    const std::vector<Delivery> deliveries = {{1, "17-42", R"({"a":1})"}, {2, "", R"({"b":2})"}};
    notifier.event(deliveries);
    notifier.close_session(session(10));
    notifier.close_user(3);
    notifier.close_user(4, session(11));
    BOOST_TEST(!notifier.has_backlog());
    BOOST_TEST(hub.read().value() == "event 1 17-42 {\"a\":1}\nevent 2 - {\"b\":2}\n");
    BOOST_TEST(hub.read().value() == "close-session " + session(10) + "\n");
    BOOST_TEST(hub.read().value() == "close-user 3\n");
    BOOST_TEST(hub.read().value() == "close-user 4 " + session(11) + "\n");
    BOOST_TEST(!hub.read().has_value());
}

BOOST_AUTO_TEST_CASE(without_a_socket_nothing_is_remembered) {
    Notifier notifier("");
    tell(notifier, 1, "{}");
    notifier.close_session(session(1));
    notifier.close_user(1);
    BOOST_TEST(!notifier.has_backlog());
}

BOOST_AUTO_TEST_CASE(an_absent_hub_costs_nothing_and_its_clients_are_told_later) {
    Folder folder;
    Notifier notifier(folder.workers());
    BOOST_CHECK(mean_time(10'000, [&](int) { tell(notifier, 1, R"({"lost":1})"); }) < std::chrono::milliseconds(1));
    notifier.close_session(session(7));
    tell(notifier, 2, R"({"lost":2})");
    BOOST_TEST(notifier.has_backlog());
    notifier.flush();
    BOOST_TEST(notifier.has_backlog());

    FakeHub hub(folder.workers());
    BOOST_TEST(flush_all(notifier));
    BOOST_TEST(hub.read().value() == "close-session " + session(7) + "\nresync 1\nresync 2\n");
    BOOST_TEST(!hub.read().has_value());
}

BOOST_AUTO_TEST_CASE(a_full_hub_never_blocks_and_its_clients_are_told_when_there_is_room) {
    Folder folder;
    FakeHub hub(folder.workers());
    Notifier notifier(folder.workers());
    const std::string event = R"({"n":1})";
    BOOST_CHECK(mean_time(100'000, [&](int) { tell(notifier, 1, event); }) < std::chrono::milliseconds(1));
    BOOST_TEST(notifier.has_backlog());
    tell(notifier, 2, event);
    int events = 0;
    std::optional<std::string> record;
    while ((record = hub.read())) {
        BOOST_REQUIRE_EQUAL(*record, "event 1 - " + event + "\n");
        ++events;
    }
    BOOST_TEST(events >= 100, "only " << events << " records fit");
    notifier.flush();
    BOOST_TEST(!notifier.has_backlog());
    BOOST_TEST(hub.read().value() == "resync 1\nresync 2\n");
    tell(notifier, 3, event);
    BOOST_TEST(hub.read().value() == "event 3 - " + event + "\n");
}

BOOST_AUTO_TEST_CASE(a_backlog_goes_before_the_next_event) {
    Folder folder;
    Notifier notifier(folder.workers());
    tell(notifier, 1, R"({"lost":1})");
    FakeHub hub(folder.workers());
    std::optional<std::string> record;
    BOOST_REQUIRE(eventually([&] {
        tell(notifier, 1, R"({"n":1})");
        return (record = hub.read()).has_value();
    }));
    BOOST_TEST(*record == "resync 1\n");
    BOOST_TEST(hub.read().value() == "event 1 - {\"n\":1}\n");
}

BOOST_AUTO_TEST_CASE(a_backlog_is_bounded) {
    Folder folder;
    Notifier notifier(folder.workers());
    for (int user = 1; user <= 5000; ++user) {
        tell(notifier, user, "{}");
        notifier.close_session(session(user));
    }
    FakeHub hub(folder.workers());
    BOOST_TEST(flush_all(notifier));
    BOOST_TEST(hub.read().value() == "close-all\nresync *\n");
    BOOST_TEST(!hub.read().has_value());
}

BOOST_AUTO_TEST_CASE(the_longest_backlog_is_a_record) {
    Folder folder;
    Notifier notifier(folder.workers());
    for (int i = 0; i < 1000; ++i) {
        tell(notifier, INT64_MAX - i, "{}");
    }
    for (int i = 0; i < 380; ++i) {
        notifier.close_user(INT64_MAX, session(i));
    }
    FakeHub hub(folder.workers());
    BOOST_TEST(flush_all(notifier));
    const auto commands = parse_record(hub.read().value());
    BOOST_REQUIRE(commands);
    BOOST_TEST(commands->size() == 1380);
}

BOOST_AUTO_TEST_CASE(a_change_too_long_for_a_record_becomes_a_resync) {
    Folder folder;
    FakeHub hub(folder.workers());
    Notifier notifier(folder.workers());
    tell(notifier, 1, "{" + std::string(max_record_bytes, ' ') + "}");
    BOOST_TEST(notifier.has_backlog());
    notifier.flush();
    BOOST_TEST(hub.read().value() == "resync 1\n");
}

BOOST_AUTO_TEST_CASE(a_restarted_hub_gets_the_very_next_event) {
    Folder folder;
    auto first = std::make_unique<FakeHub>(folder.workers());
    Notifier notifier(folder.workers());
    tell(notifier, 1, R"({"n":1})");
    BOOST_TEST(first->read().value() == "event 1 - {\"n\":1}\n");
    first.reset();
    std::filesystem::remove(folder.workers());
    FakeHub second(folder.workers());
    // As long ago as a connect may be repeated.
    std::optional<std::string> record;
    BOOST_REQUIRE(eventually([&] {
        tell(notifier, 1, R"({"n":2})");
        return (record = second.read()).has_value();
    }));
    BOOST_TEST((*record == "event 1 - {\"n\":2}\n" || *record == "resync 1\n"));
}

BOOST_AUTO_TEST_SUITE_END()

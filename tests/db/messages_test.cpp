#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>

#include "tests/db/conversation.hpp"

using namespace sotto;
using namespace sotto::test;

BOOST_FIXTURE_TEST_SUITE(messages, Conversation)

BOOST_AUTO_TEST_CASE(numbers_are_dense_from_both_sides) {
    for (std::int64_t i = 1; i <= 10; ++i) {
        const auto sent = i % 2 ? send(alice, bob, "x") : send(bob, alice, "x");
        BOOST_TEST((sent.outcome == db::SendOutcome::sent));
        BOOST_TEST(sent.seq == i);
    }
}

BOOST_AUTO_TEST_CASE(each_outcome) {
    BOOST_TEST((send(alice, alice, "x").outcome == db::SendOutcome::to_oneself));
    BOOST_TEST((send(alice, {"nobody-" + alice.name, 0, {}}, "x").outcome == db::SendOutcome::no_recipient));
    BOOST_TEST((send({alice.name, alice.id, {}}, bob, "x").outcome == db::SendOutcome::no_session));
    const auto first = send(alice, bob, "x", "key", 1);
    BOOST_TEST((first.outcome == db::SendOutcome::sent));
    const auto again = send(alice, bob, "x", "key", 1);
    BOOST_TEST((again.outcome == db::SendOutcome::replayed));
    BOOST_TEST(again.seq == first.seq);
    BOOST_TEST((again.created_at == first.created_at));
    BOOST_TEST((send(alice, bob, "y", "key", 2).outcome == db::SendOutcome::key_reused));
    BOOST_TEST((send(bob, alice, "x", "key", 1).outcome == db::SendOutcome::sent)); // keys are each sender's own
    BOOST_TEST(send(alice, bob, "next").seq == 3);                                  // what was refused took no number
}

BOOST_AUTO_TEST_CASE(a_refused_first_message_leaves_no_conversation) {
    const Person carol = make_person(connection, "carol");
    send(alice, bob, "x", "key", 1);
    BOOST_TEST((send(alice, carol, "x", "key", 2).outcome == db::SendOutcome::key_reused));
    const auto head = db::read_conversation_head(connection, alice.session, carol.name);
    BOOST_REQUIRE(head);
    BOOST_TEST(!head->state.has_value());
}

BOOST_AUTO_TEST_CASE(thirty_two_concurrent_senders_leave_no_hole_and_no_double) {
    constexpr int senders = 32;
    constexpr int each = 25;
    std::vector<std::thread> threads;
    std::vector<Numbers> given(senders);
    for (int i = 0; i < senders; ++i) {
        threads.emplace_back([&, i] {
            db::Connection own(test::Database::shared().as_worker());
            const Person& from = i % 2 ? alice : bob;
            const Person& to = i % 2 ? bob : alice;
            for (int k = 0; k < each; ++k) {
                const auto sent = db::send_message(own, from.session,
                                                   {.recipient = to.name, .content = {.type = "text", .text = "x"}});
                given.at(static_cast<std::size_t>(i)).push_back(sent.seq);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    Numbers all;
    for (const Numbers& numbers : given) {
        BOOST_TEST(std::ranges::is_sorted(numbers)); // each sender's order is kept
        all.insert(all.end(), numbers.begin(), numbers.end());
    }
    std::ranges::sort(all);
    Numbers expected(std::size_t{senders} * each);
    std::iota(expected.begin(), expected.end(), 1);
    BOOST_TEST(all == expected, boost::test_tools::per_element());
    const auto state = db::read_conversation_head(connection, alice.session, bob.name)->state;
    BOOST_TEST(state->last_seq == senders * each);
    const auto rows = connection.query_value("SELECT COUNT(*) FROM messages WHERE conversation_id = " +
                                             std::to_string(state->conversation_id));
    BOOST_TEST(rows.value() == std::to_string(senders * each));
}

BOOST_AUTO_TEST_CASE(first_messages_from_both_sides_at_once_make_one_conversation) {
    for (int round = 0; round < 10; ++round) {
        const Person one = make_person(connection, "one");
        const Person two = make_person(connection, "two");
        std::vector<std::int64_t> conversations(8);
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < conversations.size(); ++i) {
            threads.emplace_back([&, i] {
                db::Connection own(test::Database::shared().as_worker());
                const Person& from = i % 2 ? one : two;
                conversations[i] = db::send_message(own, from.session,
                                                    {.recipient = i % 2 ? two.name : one.name,
                                                     .content = {.type = "text", .text = "x"}})
                                       .conversation_id;
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        BOOST_TEST(std::ranges::count(conversations, conversations.front()) == 8);
        BOOST_TEST(numbers(one, two, {.count = 100}).size() == 8U);
    }
}

BOOST_AUTO_TEST_CASE(an_empty_window_is_empty_by_the_state_that_comes_with_it) {
    constexpr std::int64_t messages = 200;
    std::thread sender([&] {
        db::Connection own(test::Database::shared().as_worker());
        for (std::int64_t i = 0; i < messages; ++i) {
            db::send_message(own, alice.session, {.recipient = bob.name, .content = {.type = "text", .text = "x"}});
        }
    });
    // Somebody who follows along asks for what is newer, mostly in vain.
    std::int64_t seen = 0;
    int contradictions = 0;
    while (seen < messages) {
        std::int64_t read = 0;
        const auto view = db::read_conversation(
            connection, bob.session, alice.name, {.upto = seen + messages, .count = messages, .lowest = seen + 1},
            db::Order::oldest_first, [&](const db::ConversationView&, const db::Message&) { ++read; });
        const std::int64_t total = view->state ? view->state->last_seq : 0;
        contradictions += total == seen + read ? 0 : 1;
        seen += read;
    }
    sender.join();
    BOOST_TEST(contradictions == 0);
}

BOOST_AUTO_TEST_CASE(one_key_ten_times_at_once_stores_one_message) {
    std::atomic<int> sent{0};
    std::atomic<int> replayed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 10; ++i) {
        threads.emplace_back([&] {
            db::Connection own(test::Database::shared().as_worker());
            const auto outcome = db::send_message(own, alice.session,
                                                  {.recipient = bob.name,
                                                   .content = {.type = "text", .text = "x"},
                                                   .idempotency_key = "once",
                                                   .fingerprint = db::Fingerprint{}})
                                     .outcome;
            (outcome == db::SendOutcome::sent ? sent : replayed) += 1;
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    BOOST_TEST(sent == 1);
    BOOST_TEST(replayed == 9);
    BOOST_TEST((numbers(alice, bob, {.count = 100}) == Numbers{1}));
}

BOOST_AUTO_TEST_CASE(a_clock_that_steps_back_does_not_turn_the_order) {
    send(alice, bob, "x");
    const auto state = db::read_conversation_head(connection, alice.session, bob.name)->state;
    db::Connection(test::Database::shared().as_admin())
        .run_script("UPDATE conversations SET last_at = '2099-01-01' WHERE id = " +
                    std::to_string(state->conversation_id));
    const auto later = send(alice, bob, "y");
    BOOST_TEST((later.created_at == std::chrono::sys_days(std::chrono::year(2099) / 1 / 1)));
}

BOOST_AUTO_TEST_CASE(windows) {
    for (int i = 0; i < 10; ++i) {
        send(alice, bob, "x");
    }
    struct Case {
        db::Window window;
        Numbers expected;
    };
    for (const auto& [window, expected] : std::vector<Case>{
             {{.count = 3}, {10, 9, 8}},
             {{.offset = 3, .count = 3}, {7, 6, 5}},
             {{.offset = 9, .count = 3}, {1}},
             {{.offset = 10, .count = 3}, {}},
             {{.offset = 1'000'000'000'000, .count = 200}, {}},
             {{.upto = 5, .count = 3}, {5, 4, 3}},
             {{.upto = 5, .offset = 3, .count = 3}, {2, 1}},
             {{.upto = 99, .count = 2}, {10, 9}},
             {{.upto = 0, .count = 2}, {}},
             {{.upto = 8, .count = 3, .lowest = 7}, {8, 7}},
             {{.count = 0}, {}},
             {{.count = 1000}, {10, 9, 8, 7, 6, 5, 4, 3, 2, 1}},
         }) {
        BOOST_TEST(numbers(alice, bob, window) == expected, boost::test_tools::per_element());
        BOOST_TEST(numbers(bob, alice, window) == expected, boost::test_tools::per_element());
        Numbers turned = expected;
        std::ranges::reverse(turned);
        BOOST_TEST(numbers(alice, bob, window, db::Order::oldest_first) == turned, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(a_third_user_has_another_conversation) {
    const Person carol = make_person(connection, "carol");
    send(alice, bob, "secret");
    BOOST_TEST(numbers(carol, alice, {.count = 10}).empty());
    BOOST_TEST(numbers(carol, bob, {.count = 10}).empty());
    db::read_box(connection, carol.session, db::Box::received, {}, 10,
                 [](const db::Message&, std::string_view) { BOOST_ERROR("carol sees a message"); });
}

BOOST_AUTO_TEST_CASE(a_page_reads_only_its_own_rows) {
    db::Connection admin(test::Database::shared().as_admin());
    for (int i = 0; i < 2; ++i) {
        send(alice, bob, "x");
    }
    const auto id =
        std::to_string(db::read_conversation_head(connection, alice.session, bob.name)->state->conversation_id);
    admin.run_script(
        "INSERT INTO messages (conversation_id, seq, sender_id, recipient_id, type, text, created_at) SELECT " + id +
        ", seq, " + std::to_string(alice.id) + ", " + std::to_string(bob.id) +
        ", 'text', 'x', UTC_TIMESTAMP(3) FROM seq_3_to_20000; UPDATE conversations SET last_seq = 20000 WHERE id = " +
        id + "; ANALYZE TABLE messages");
    const auto rows_read = [&](const auto& read) {
        const auto count = [&] {
            return std::stoll(connection
                                  .query_value("SELECT SUM(variable_value) FROM information_schema.session_status"
                                               " WHERE variable_name LIKE 'Handler_read%'")
                                  .value());
        };
        const auto before = count();
        const auto own = count() - before;
        const auto start = count();
        read();
        return count() - start - own;
    };
    for (const std::int64_t offset : {0, 19'900}) {
        BOOST_TEST(rows_read([&] { numbers(alice, bob, {.offset = offset, .count = 50}); }) < 70);
    }
    for (const std::int64_t seq : {20'000, 100}) {
        const db::BoxCursor cursor{db::Timestamp(std::chrono::sys_days(std::chrono::year(2090) / 1 / 1)),
                                   std::stoll(id), seq};
        BOOST_TEST(rows_read([&] {
                       db::read_box(connection, alice.session, db::Box::sent, cursor, 50,
                                    [](const db::Message&, std::string_view) {});
                   }) < 170);
    }
}

BOOST_AUTO_TEST_CASE(a_box_is_read_whole_and_once_cursor_by_cursor) {
    const Person carol = make_person(connection, "carol");
    for (int i = 0; i < 7; ++i) {
        send(alice, bob, "x");
        send(alice, carol, "x");
        send(bob, alice, "x");
    }
    for (const auto& [box, expected] : {std::pair{db::Box::sent, 14}, {db::Box::received, 7}}) {
        std::vector<std::pair<std::int64_t, std::int64_t>> seen;
        std::optional<db::BoxCursor> cursor;
        for (bool more = true; more;) {
            more = false;
            db::read_box(connection, alice.session, box, cursor, 3,
                         [&](const db::Message& message, std::string_view other) {
                             more = true;
                             cursor = db::BoxCursor{message.created_at, message.conversation_id, message.seq};
                             seen.emplace_back(message.conversation_id, message.seq);
                             BOOST_TEST((other == bob.name || other == carol.name));
                         });
        }
        BOOST_TEST(seen.size() == static_cast<std::size_t>(expected));
        std::ranges::sort(seen);
        BOOST_TEST((std::ranges::adjacent_find(seen) == seen.end()));
    }
}

BOOST_AUTO_TEST_CASE(an_ended_session_sees_nothing) {
    send(alice, bob, "x");
    BOOST_TEST(db::end_session(connection, alice.id, alice.session));
    BOOST_TEST(!db::end_session(connection, alice.id, alice.session));
    BOOST_TEST(!db::find_session(connection, alice.session));
    BOOST_TEST(!db::find_own_user(connection, alice.session));
    BOOST_TEST(!db::find_profile(connection, alice.session, bob.name));
    BOOST_TEST(!db::list_sessions(connection, alice.session));
    BOOST_TEST(!db::read_conversation_head(connection, alice.session, bob.name));
    BOOST_TEST(numbers(alice, bob, {.count = 10}).empty());
    BOOST_TEST(!db::read_box(connection, alice.session, db::Box::sent, {}, 10, [](const auto&, auto) {}));
}

BOOST_AUTO_TEST_CASE(an_expired_session_sees_nothing) {
    db::Connection(test::Database::shared().as_admin())
        .run_script("UPDATE sessions SET expires_at = UTC_TIMESTAMP(3) WHERE user_id = " + std::to_string(alice.id));
    BOOST_TEST(!db::find_session(connection, alice.session));
    BOOST_TEST((send(alice, bob, "x").outcome == db::SendOutcome::no_session));
}

BOOST_AUTO_TEST_SUITE_END()

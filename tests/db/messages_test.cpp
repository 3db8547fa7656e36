#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>

#include "db/blocks.hpp"
#include "db/messages.hpp"
#include "db/sessions.hpp"
#include "db/users.hpp"
#include "tests/fixtures/database.hpp"

using namespace sotto;

namespace {

/// A user with a live session.
struct Person {
    std::string name;
    std::int64_t id;
    db::SessionId session;
};

Person make_person(db::Connection& connection, const std::string& prefix) {
    static unsigned char counter = 0;
    Person person{test::unique_name(prefix), 0, {}};
    person.id = db::create_user(connection, {person.name, person.name, {}, "hash"})->id;
    person.session.fill(++counter);
    const auto expiry =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now() + std::chrono::hours(1));
    db::create_session(connection, person.id, {person.session, {}, {}, expiry, "", ""}, "hash");
    return person;
}

struct Fixture {
    db::Connection connection{test::Database::shared().as_worker()};
    Person alice = make_person(connection, "alice");
    Person bob = make_person(connection, "bob");

    db::Sent send(const Person& from, const Person& to, std::string_view text, std::optional<std::string_view> key = {},
                  unsigned char fingerprint = 0) {
        db::NewMessage message{.recipient = to.name, .content = {.type = "text", .text = text}, .idempotency_key = key};
        if (key) {
            message.fingerprint.emplace().fill(fingerprint);
        }
        return db::send_message(connection, from.session, message);
    }

    std::vector<std::int64_t> numbers(const Person& reader, const Person& peer, const db::Window& window,
                                      db::Order order = db::Order::newest_first) {
        std::vector<std::int64_t> result;
        db::read_conversation(
            connection, reader.session, peer.name, window, order,
            [&](const db::ConversationView&, const db::Message& message) { result.push_back(message.seq); });
        return result;
    }
};

using Numbers = std::vector<std::int64_t>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(messages, Fixture)

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

namespace {

/// Messages that are stored together.
struct BatchFixture : Fixture {
    Person carol = make_person(connection, "carol");

    BatchFixture() {
        send(alice, bob, "the first");
        send(carol, bob, "the first");
    }

    static db::Submission text(const Person& from, const Person& to, std::string_view text,
                               std::optional<std::string_view> key = {}) {
        db::Submission submission{
            from.session, {.recipient = to.name, .content = {.type = "text", .text = text}, .idempotency_key = key}};
        if (key) {
            submission.message.fingerprint.emplace().fill(1);
        }
        return submission;
    }

    Numbers seqs(const std::vector<db::Submission>& submissions) {
        Numbers result;
        for (const auto& sent : db::send_messages(connection, submissions)) {
            BOOST_TEST((!sent || sent->outcome == db::SendOutcome::sent));
            result.push_back(sent ? sent->seq : 0);
        }
        return result;
    }

    std::string read_marks(const Person& one, const Person& other) {
        return *connection.query_value("SELECT CONCAT(last_seq, ' ', read_lo, ' ', read_hi) FROM conversations"
                                       " WHERE user_lo = LEAST(" +
                                       std::to_string(one.id) + "," + std::to_string(other.id) +
                                       ") AND user_hi = GREATEST(" + std::to_string(one.id) + "," +
                                       std::to_string(other.id) + ")");
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(batches, BatchFixture)

BOOST_AUTO_TEST_CASE(each_conversation_is_numbered_as_if_one_by_one) {
    BOOST_TEST(seqs({text(alice, bob, "2"), text(bob, alice, "3"), text(carol, bob, "2"), text(alice, bob, "4"),
                     text(bob, carol, "3")}) == (Numbers{2, 3, 2, 4, 3}));
    BOOST_TEST(read_marks(alice, bob) == "4 4 3"); // what I write I have read
    BOOST_TEST(read_marks(bob, carol) == "3 3 2");
    BOOST_TEST(send(bob, alice, "5").seq == 5);
    std::string texts;
    db::read_conversation(connection, alice.session, bob.name, {.count = 9}, db::Order::oldest_first,
                          [&](const db::ConversationView& view, const db::Message& message) {
                              texts += std::string(*message.content.text) +
                                       (message.sender_id == view.caller.user_id ? "a " : "b ");
                          });
    BOOST_TEST(texts == "the firsta 2a 3b 4a 5b ");
}

BOOST_AUTO_TEST_CASE(what_is_stored_is_what_was_sent) {
    const std::string longest(4000, 'x');
    const std::vector<db::Submission> submissions{
        text(alice, bob, longest),
        {alice.session,
         {.recipient = bob.name,
          .content = {.type = "image", .url = "https://example.org/a.png", .width = 65'535, .height = 1}}},
        {bob.session,
         {.recipient = alice.name,
          .content = {.type = "video",
                      .text = "a caption: \U0001F600",
                      .url = "https://youtu.be/x",
                      .duration_s = 604'800,
                      .source = "youtube"},
          .idempotency_key = "the key",
          .fingerprint = db::Fingerprint{7}}},
    };
    const auto sent = db::send_messages(connection, submissions);
    BOOST_REQUIRE(sent.size() == 3);
    for (std::size_t i = 0; i < sent.size(); ++i) {
        BOOST_REQUIRE(sent[i]);
        db::read_message(connection, sent[i]->conversation_id, sent[i]->seq, [&](const db::Message& message) {
            const db::Content& was = submissions[i].message.content;
            BOOST_TEST(message.content.type == was.type);
            BOOST_TEST((message.content.text == was.text && message.content.url == was.url));
            BOOST_TEST((message.content.width == was.width && message.content.height == was.height));
            BOOST_TEST((message.content.duration_s == was.duration_s && message.content.source == was.source));
            BOOST_TEST((message.created_at == sent[i]->created_at));
            BOOST_TEST(message.sender_id == sent[i]->sender.user_id);
        });
    }
    BOOST_TEST(sent[2]->recipient_id == alice.id);
    // The key is stored with it: the same again is a replay.
    const auto again = db::send_message(connection, bob.session, submissions[2].message);
    BOOST_TEST((again.outcome == db::SendOutcome::replayed));
    BOOST_TEST(again.seq == sent[2]->seq);
}

BOOST_AUTO_TEST_CASE(what_can_not_share_is_left_to_itself) {
    const Person dave = make_person(connection, "dave");
    db::add_block(connection, bob.id, carol.id);
    const Person nobody{"nobody-" + alice.name, 0, {}};
    BOOST_TEST(seqs({text(alice, dave, "first of its pair"), text(carol, bob, "blocked"), text(bob, carol, "blocked"),
                     text(nobody, bob, "no session"), text(alice, nobody, "no recipient"),
                     text(alice, alice, "to oneself"), text(bob, alice, "good")}) == (Numbers{0, 0, 0, 0, 0, 0, 2}));
    BOOST_TEST(read_marks(bob, carol).starts_with("1 ")); // no number was taken
    BOOST_TEST(seqs({text(nobody, bob, "x")}) == (Numbers{0}));
    BOOST_TEST(seqs({}).empty());
}

BOOST_AUTO_TEST_CASE(a_key_that_was_used_takes_all_back) {
    BOOST_TEST(send(alice, bob, "x", "used", 1).seq == 2);
    BOOST_TEST(seqs({text(bob, alice, "y"), text(alice, bob, "x", "used")}) == (Numbers{0, 0}));
    BOOST_TEST(seqs({text(bob, alice, "y", "twice"), text(bob, alice, "y", "twice")}) == (Numbers{0, 0}));
    BOOST_TEST(read_marks(alice, bob).starts_with("2 "));
    BOOST_TEST(seqs({text(bob, alice, "y", "new"), text(alice, bob, "y", "new")}) == (Numbers{3, 4})); // each one's own
}

/// What was executed for several sets of values is none the worse for one.
BOOST_AUTO_TEST_CASE(a_statement_can_be_run_for_many_and_for_one) {
    const std::int64_t id = send(alice, bob, "x").conversation_id;
    const db::Timestamp now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const std::vector<db::Parameter> once{std::int64_t{7}, now, std::int64_t{5}, std::int64_t{6}, id};
    std::vector<db::Parameter> thrice;
    for (int i = 0; i < 3; ++i) {
        thrice.insert(thrice.end(), once.begin(), once.end());
    }
    connection.execute_for_each(db::Sql::conversation_advance, thrice);
    BOOST_TEST(read_marks(alice, bob) == "7 5 6");
    connection.execute(db::Sql::conversation_advance, {std::int64_t{9}, now, std::int64_t{8}, std::int64_t{9}, id});
    BOOST_TEST(read_marks(alice, bob) == "9 8 9");
}

BOOST_AUTO_TEST_CASE(a_batch_has_a_limit) {
    const std::vector<db::Submission> most(db::max_batch, text(alice, bob, "x"));
    BOOST_TEST(seqs(most).back() == 1 + static_cast<std::int64_t>(db::max_batch));
    std::vector<db::Submission> more = most;
    more.push_back(text(alice, bob, "x"));
    BOOST_CHECK_THROW(db::send_messages(connection, more), std::logic_error);
}

BOOST_AUTO_TEST_CASE(batches_and_single_ones_at_once_leave_no_hole_and_no_double) {
    constexpr int senders = 8;
    constexpr int each = 20;
    std::vector<std::thread> threads;
    std::vector<Numbers> given(senders);
    for (int i = 0; i < senders; ++i) {
        threads.emplace_back([&, i] {
            db::Connection own(test::Database::shared().as_worker());
            const Person& from = i % 2 ? alice : carol; // both conversations are bob's: locks in both of them
            for (int k = 0; k < each; ++k) {
                if (i == 0) {
                    const db::Submission one = text(carol, bob, "x");
                    given.at(0).push_back(db::send_message(own, one.session, one.message).seq);
                    continue;
                }
                const std::vector<db::Submission> batch{text(bob, from, "x"), text(from, bob, "x"),
                                                        text(alice, bob, "x")};
                const auto sent = db::send_messages(own, batch);
                for (std::size_t n = 0; n < batch.size(); ++n) {
                    if (sent[n]->conversation_id == sent[2]->conversation_id) {
                        given.at(static_cast<std::size_t>(i)).push_back(sent[n]->seq);
                    }
                }
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    Numbers all;
    for (std::size_t i = 1; i < given.size(); ++i) {
        BOOST_TEST(std::ranges::is_sorted(given[i]));
        all.insert(all.end(), given[i].begin(), given[i].end());
    }
    std::ranges::sort(all);
    Numbers expected(all.size());
    std::iota(expected.begin(), expected.end(), 2);
    BOOST_TEST(all == expected);
}

/// What each reader sees is what it would see by itself.
BOOST_AUTO_TEST_CASE(windows_that_are_read_together_show_what_each_shows) {
    const Person dave = make_person(connection, "dave");
    for (int i = 2; i <= 9; ++i) {
        send(i % 2 ? alice : bob, i % 2 ? bob : alice, "message " + std::to_string(i));
    }
    const auto never = [](const db::ConversationState&) { return false; };
    const auto always = [](const db::ConversationState&) { return true; };
    const std::string nobody = "nobody-" + alice.name;
    struct Case {
        db::SessionId session;
        std::string_view peer;
        db::Window window;
        std::function<bool(const db::ConversationState&)> is_known = {};
    };
    const std::vector<Case> cases{
        {alice.session, bob.name, {.count = 3}},
        {bob.session, alice.name, {.upto = 8, .offset = 2, .count = 4}}, // overlaps
        {alice.session, bob.name, {.count = 200, .lowest = 4}, never},
        {alice.session, bob.name, {.offset = 9, .count = 5}}, // beyond the first
        {carol.session, bob.name, {.count = 50}},
        {carol.session, bob.name, {.count = 50}, always},
        {dave.session, bob.name, {.count = 50}, always}, // no conversation
        {dave.session, nobody, {.count = 50}, always},
    };
    const auto note_in = [](std::string& text) {
        return [&text](const db::ConversationView& view, const db::Message& message) {
            text += std::to_string(view.state->conversation_id) + "-" + std::to_string(message.seq) + " " +
                    std::string(message.content.text.value_or("")) + "\n";
        };
    };
    const auto summary = [](const db::WindowSeen& seen) {
        std::string text = seen.known ? "known" : "";
        if (seen.view) {
            text += " caller " + std::to_string(seen.view->caller.user_id) + (seen.view->peer_exists ? " peer" : "");
        }
        if (seen.view && seen.view->state) {
            text += " state " + std::to_string(seen.view->state->conversation_id) + " " +
                    std::to_string(seen.view->state->last_seq) + " " + std::to_string(seen.view->state->change_count);
        }
        return text;
    };
    std::vector<std::string> together(cases.size());
    std::vector<db::WindowRead> reads;
    for (std::size_t i = 0; i < cases.size(); ++i) {
        reads.push_back({.session = cases[i].session,
                         .peer = cases[i].peer,
                         .window = cases[i].window,
                         .is_known = cases[i].is_known,
                         .visit = note_in(together[i])});
    }
    const auto seen = db::read_conversations(connection, reads);
    BOOST_REQUIRE(seen.size() == cases.size());
    for (std::size_t i = 0; i < cases.size(); ++i) {
        std::string alone;
        reads[i].visit = note_in(alone);
        const db::WindowSeen one = db::read_conversation(connection, reads[i]);
        BOOST_TEST_CONTEXT("case " << i) {
            BOOST_TEST(together[i] == alone);
            BOOST_TEST(summary(seen[i]) == summary(one));
        }
    }
    BOOST_TEST(together[0].ends_with("-8 message 8\n" + std::to_string(seen[0].view->state->conversation_id) +
                                     "-7 message 7\n"));
    BOOST_TEST(together[3].empty());

    reads.resize(1);
    reads[0].session = {}; // which nobody has
    BOOST_TEST(!db::read_conversations(connection, reads)[0].view);
    BOOST_TEST(db::read_conversations(connection, {}).empty());
    reads.resize(db::max_batch + 1, reads[0]);
    BOOST_CHECK_THROW(db::read_conversations(connection, reads), std::logic_error);
}

/// However many users, sessions and conversations there are: rows by unique keys alone, and those of the places.
BOOST_AUTO_TEST_CASE(a_batch_reads_no_row_but_its_own) {
    for (int i = 0; i < 30; ++i) {
        send(make_person(connection, "other"), bob, "x");
    }
    const auto rows_read = [&] {
        return std::stoi(*connection.query_value(
            "SELECT CAST(SUM(variable_value) AS SIGNED) FROM information_schema.session_status"
            " WHERE variable_name IN ('Handler_read_next', 'Handler_read_rnd_next', 'Handler_read_prev')"));
    };
    const int idle = rows_read();
    const int counting = rows_read() - idle; // what asking for it reads
    const int before = rows_read();
    BOOST_TEST(seqs({text(alice, bob, "x"), text(carol, bob, "x")}) == (Numbers{2, 2}));
    BOOST_TEST(rows_read() - before - counting <= static_cast<int>(db::max_batch) + 4);

    for (int i = 3; i <= 40; ++i) {
        send(alice, bob, "x");
    }
    std::size_t visited = 0;
    const auto count = [&](const db::ConversationView&, const db::Message&) { ++visited; };
    const std::vector<db::WindowRead> reads{
        {.session = alice.session, .peer = bob.name, .window = {.offset = 10, .count = 5}, .visit = count},
        {.session = carol.session, .peer = bob.name, .window = {.count = 2}, .visit = count}};
    const int before_reading = rows_read();
    db::read_conversations(connection, reads);
    BOOST_TEST(visited == 7U);
    BOOST_TEST(rows_read() - before_reading - counting <= 7 + static_cast<int>(db::max_batch));
}

BOOST_AUTO_TEST_SUITE_END()

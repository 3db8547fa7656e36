#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <numeric>
#include <thread>

#include "db/blocks.hpp"
#include "tests/db/conversation.hpp"

using namespace sotto;
using namespace sotto::test;

namespace {

/// Messages that are stored together.
struct Batch : Conversation {
    Person carol = make_person(connection, "carol");

    Batch() {
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

BOOST_FIXTURE_TEST_SUITE(batches, Batch)

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

#include <functional>
#include <string>

#include <boost/test/unit_test.hpp>

#include "db/blocks.hpp"
#include "db/conversations.hpp"
#include "db/error.hpp"
#include "db/messages.hpp"
#include "db/sessions.hpp"
#include "db/users.hpp"
#include "tests/fixtures/database.hpp"
#include "tests/inject/allocation_fault.hpp"
#include "tests/inject/malloc_fault.hpp"

using namespace sotto;

namespace {

const std::string long_text(3000, 'x'); // longer than the first buffer of a column

/// Two users in conversation.
struct World {
    db::Connection connection{test::Database::shared().as_worker()};
    std::string me = test::unique_name("me");
    std::string peer = test::unique_name("peer");
    db::SessionId session{};
    std::int64_t id = db::create_user(connection, {me, me, {}, "hash"})->id;
    std::int64_t peer_id = db::create_user(connection, {peer, peer, {}, "hash"})->id;
    std::int64_t conversation = 0;

    World() {
        static unsigned char count = 0;
        session.fill(++count);
        const auto expiry =
            std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now() + std::chrono::hours(1));
        db::create_session(connection, id, {session, {}, {}, expiry, "curl", "127.0.0.1"}, "hash");
        for (const std::string& text : {std::string("short"), long_text}) {
            conversation =
                db::send_message(connection, session, {.recipient = peer, .content = {.type = "text", .text = text}})
                    .conversation_id;
        }
    }
};

std::string show(const db::Message& message) {
    return std::to_string(message.seq) + std::string(message.content.text.value_or("")) + ' ';
}

/// One use of db/, and what it tells, as text: the same each time.
struct Use {
    std::string_view name;
    std::function<std::string(World&, db::Connection&)> run;
};

const std::vector<Use> uses{
    {"read_conversation",
     [](World& world, db::Connection& connection) {
         std::string seen;
         db::read_conversation(connection, world.session, world.peer, {.count = 50}, db::Order::newest_first,
                               [&](const db::ConversationView&, const db::Message& message) { seen += show(message); });
         return seen;
     }},
    {"read_conversation_head",
     [](World& world, db::Connection& connection) {
         const auto view = db::read_conversation_head(connection, world.session, world.peer);
         return std::to_string(view ? view->state->last_seq : -1);
     }},
    {"read_message",
     [](World& world, db::Connection& connection) {
         std::string seen;
         db::read_message(connection, world.conversation, 2,
                          [&](const db::Message& message) { seen += show(message); });
         return seen;
     }},
    {"read_box",
     [](World& world, db::Connection& connection) {
         std::string seen;
         db::read_box(
             connection, world.session, db::Box::sent, {}, 10,
             [&](const db::Message& message, std::string_view other) { seen += show(message) + std::string(other); });
         return seen;
     }},
    {"read_inbox",
     [](World& world, db::Connection& connection) {
         std::string seen;
         db::read_inbox(connection, world.session, {}, 10,
                        [&](const db::Caller&, const db::InboxEntry&) { seen += "."; });
         return seen;
     }},
    {"find_own_user",
     [](World& world, db::Connection& connection) {
         return std::string(db::find_own_user(connection, world.session) ? "found" : "");
     }},
    {"find_peer",
     [](World& world, db::Connection& connection) {
         return std::string(db::find_peer(connection, world.session, world.peer) ? "found" : "");
     }},
    {"list_sessions",
     [](World& world, db::Connection& connection) {
         return std::string(db::list_sessions(connection, world.session) ? "found" : "");
     }},
    {"list_blocks",
     [](World& world, db::Connection& connection) {
         return std::string(db::list_blocks(connection, world.session) ? "found" : "");
     }},
    {"send_message",
     [](World& world, db::Connection& connection) {
         db::NewMessage message{
             .recipient = world.peer, .content = {.type = "text", .text = "once"}, .idempotency_key = "the same key"};
         message.fingerprint.emplace().fill(1);
         return std::to_string(db::send_message(connection, world.session, message).seq);
     }},
    {"change_message",
     [](World& world, db::Connection& connection) {
         std::string seen;
         db::change_message(connection, world.session, {world.conversation, 1, false, "changed"},
                            [&](const db::Message& message, std::int64_t, std::string_view) { seen = show(message); });
         return seen;
     }},
    {"update_profile",
     [](World& world, db::Connection& connection) {
         db::update_profile(connection, world.id, "Another", "me@example.org");
         return std::string();
     }},
    {"change_password", // a transaction
     [](World& world, db::Connection& connection) {
         db::change_password(connection, world.id, {.verified = "hash", .renewed = "another hash"}, world.session);
         return std::string();
     }},
};

/// Fails the first, second, third … allocation below each use, as `Fault` does it, with the making of the connection
/// or without.
template<class Fault>
void fail_each_allocation(bool connected) {
    for (const Use& use : uses) {
        BOOST_TEST_CONTEXT(use.name) {
            World world;
            const std::string expected = use.run(world, world.connection);
            bool hit = true;
            for (std::size_t nth = 1; hit; ++nth) {
                BOOST_TEST_CONTEXT("allocation " << nth) {
                    db::Connection connection(test::Database::shared().as_worker());
                    if (connected) {
                        connection.run_script("DO 1");
                    }
                    {
                        const Fault fault(nth);
                        try {
                            BOOST_TEST(use.run(world, connection) == expected);
                        } catch (const std::bad_alloc&) {  // as it should be
                        } catch (const db::Unavailable&) { // what it is for the library
                        }
                        hit = fault.hit();
                    }
                    BOOST_TEST(use.run(world, connection) == expected);
                    BOOST_REQUIRE(nth < 1000);
                }
            }
        }
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(allocations)

/// Whatever allocation fails, the connection tells the truth the next time, and nothing leaks (the suite runs under
/// LeakSanitizer, too).
BOOST_AUTO_TEST_CASE(each_one_by_new_may_fail_once) {
    fail_each_allocation<test::AllocationFault>(false);
}

#ifndef __SANITIZE_ADDRESS__
/// The same with what Connector/C allocates by itself, once it is connected: without memory to connect, it may use a
/// null pointer.
BOOST_AUTO_TEST_CASE(each_one_of_the_library_may_fail_once) {
    fail_each_allocation<test::MallocFault>(true);
}
#endif

BOOST_AUTO_TEST_SUITE_END()

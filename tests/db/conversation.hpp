#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/messages.hpp"
#include "db/sessions.hpp"
#include "db/users.hpp"
#include "tests/fixtures/database.hpp"

namespace sotto::test {

/// A user with a live session.
struct Person {
    std::string name;
    std::int64_t id;
    db::SessionId session;
};

inline Person make_person(db::Connection& connection, const std::string& prefix) {
    static unsigned char counter = 0;
    Person person{unique_name(prefix), 0, {}};
    person.id = db::create_user(connection, {person.name, person.name, {}, "hash"})->id;
    person.session.fill(++counter);
    const auto expiry =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now() + std::chrono::hours(1));
    db::create_session(connection, person.id, {person.session, {}, {}, expiry, "", ""}, "hash");
    return person;
}

/// Two users, and what they write to each other.
struct Conversation {
    db::Connection connection{Database::shared().as_worker()};
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

} // namespace sotto::test

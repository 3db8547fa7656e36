#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "db/connection.hpp"
#include "db/sessions.hpp"

// What sottoctl asks of the database, which nobody's session stands behind. None of it concerns erased users.

namespace sotto::db {

/// A user as an administrator sees them.
struct Account {
    std::int64_t id = 0;
    std::string user_name;
    std::string display_name;
    std::optional<std::string> email;
    Timestamp created_at;
    std::optional<Timestamp> locked_at;
    std::int64_t sessions = 0; ///< that live now
};

/// Lets a statement of this connection take longer than a worker's may.
void allow_long_statements(Connection& connection);

std::optional<Account> find_account(Connection& connection, std::string_view user_name);

/// All of them by name.
void list_accounts(Connection& connection, const std::function<void(const Account&)>& visit);

/// Keeps a user from logging in and ends their sessions.
void lock_account(Connection& connection, std::int64_t user_id);

void unlock_account(Connection& connection, std::int64_t user_id);

/// Sets a password and ends all of the user's sessions.
void reset_password(Connection& connection, std::int64_t user_id, std::string_view hash);

/// The live sessions of a user, or of everybody, newest first, with their user's name.
void list_all_sessions(Connection& connection, std::optional<std::int64_t> user_id,
                       const std::function<void(const Session&, std::string_view user_name)>& visit);

/// Ends a session, whoever's it is; false where there is none.
bool end_any_session(Connection& connection, const SessionId& session);

/// Ends all sessions of a user; returns how many there were.
std::uint64_t end_sessions_of(Connection& connection, std::int64_t user_id);

struct Statistics {
    std::int64_t users = 0;
    std::int64_t locked_users = 0;
    std::int64_t erased_users = 0;
    std::int64_t users_seen_in_a_day = 0;
    std::int64_t sessions = 0;
    std::int64_t conversations = 0;
    std::int64_t messages = 0; ///< deleted ones included, which keep their numbers
    std::int64_t bytes = 0;    ///< of the tables and indexes, as the server estimates it
};

Statistics read_statistics(Connection& connection);

// ---- for the trial that `sottoctl doctor` makes

/// From where the user has logged in last; empty where they never did.
std::string address_of_last_session(Connection& connection, std::string_view user_name);

/// From where everybody has, trials apart.
struct SessionAddresses {
    std::int64_t sessions = 0;
    std::int64_t addresses = 0;
    std::string example;
};

SessionAddresses session_addresses(Connection& connection);

/// Takes two throw-away users out whole, with what they wrote to each other, as if they had never been.
void remove_trial(Connection& connection, std::string_view one, std::string_view two);

} // namespace sotto::db

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "db/connection.hpp"

namespace sotto::db {

struct User {
    std::int64_t id = 0;
    std::string user_name;
    std::string display_name;
    std::optional<std::string> email;
    Timestamp created_at;
    std::string password_hash;
};

/// What anybody may see of a user.
struct Profile {
    std::string user_name;
    std::string display_name;
    Timestamp created_at;
};

struct NewUser {
    std::string_view user_name;
    std::string_view display_name;
    std::optional<std::string_view> email;
    std::string_view password_hash;
};

/// Creates a user; nothing where the name is taken, also by an erased user.
std::optional<User> create_user(Connection& connection, const NewUser& user);

/// The user with that name, unless erased; for checking a password.
std::optional<User> find_user_for_log_in(Connection& connection, std::string_view user_name);

struct OwnUser {
    Caller caller;
    User user;
};

/// The session's user; nothing where the session has ended.
std::optional<OwnUser> find_own_user(Connection& connection, const SessionId& session);

struct ProfileView {
    Caller caller;
    std::optional<Profile> profile; ///< nothing for an unknown or erased user
};

/// Another user as the session's user sees them; nothing where the session has ended.
std::optional<ProfileView> find_profile(Connection& connection, const SessionId& session, std::string_view user_name);

/// A hash that a password was held against, and what takes its place, unless another has by now.
struct HashChange {
    std::string_view verified;
    std::string_view renewed;
};

/// Stores the same password's hash at another cost.
void renew_password_hash(Connection& connection, std::int64_t user_id, const HashChange& change);

/// Sets a new password and ends all of the user's sessions but `keep`, or neither; false where the password has been
/// changed since it was verified.
bool change_password(Connection& connection, std::int64_t user_id, const HashChange& change, const SessionId& keep);

/// Stores what a user has changed of their profile; nothing where the user is erased.
void update_profile(Connection& connection, std::int64_t user_id, std::string_view display_name,
                    const std::optional<std::string>& email);

/// Erases an account: ends its sessions, drops its blocks, e-mail, display name and password. The name stays taken and
/// the messages stay with those who got them.
void erase_user(Connection& connection, std::int64_t user_id);

} // namespace sotto::db

#pragma once

#include "admin/command.hpp"

// The commands `users …`. Whatever takes a right away also ends the live connections.

namespace sotto::admin {

/// Everybody by name: display name, since when, locked or not, live sessions.
Exit list_users(const Arguments& arguments);

/// Creates a user by the rules of POST /api/v1/users; the password comes from the terminal or standard input.
Exit add_user(const Arguments& arguments);

/// Sets a password and ends all of the user's sessions.
Exit set_user_password(const Arguments& arguments);

/// Keeps a user from logging in, with the same answer as to a wrong password, and ends their sessions; and the reverse.
Exit lock_user(const Arguments& arguments);
Exit unlock_user(const Arguments& arguments);

/// Erases a user as DELETE /api/v1/users/me does, after asking.
Exit erase_user(const Arguments& arguments);

/// Writes all that is kept of a user to standard output, as GET /api/v1/export does. For as long as it takes the user
/// has a session by the name of this command.
Exit export_user(const Arguments& arguments);

std::span<const Option> list_users_options();
std::span<const Option> add_user_options();
std::span<const Option> erase_user_options();

} // namespace sotto::admin

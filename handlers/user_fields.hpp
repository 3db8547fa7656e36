#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/password.hpp"
#include "worker/fields.hpp"

namespace sotto {

/// A user name as it is stored: ASCII capitals made small. A byte that is not ASCII becomes '?', which no name has: the
/// database compares names in ASCII, and refuses to compare them with anything else.
std::string fold_user_name(std::string_view name);

/// Whether `name`, folded, is one: 1 to 32 of [a-z0-9_.-], and nothing that means something else in a path.
bool is_user_name(std::string_view name);

/// Reads a user name that must be there and well-formed, folded.
std::optional<std::string> read_user_name(Fields& fields, std::string_view field);

/// Reads a new password: 8 to 256 bytes, none of the commonest, not the user's name.
std::optional<std::string> read_new_password(Fields& fields, std::string_view field, std::string_view user_name);

/// Reads a display name: 1 to 64 characters, no control characters, not blank.
std::optional<std::string> read_display_name(Fields& fields);

/// Reads an e-mail address: at most 254 characters, one '@' with something on both sides, no blanks or control
/// characters. Only a delivered message proves more (RFC 5321, 4.5.3.1.3).
std::optional<std::string> read_email(Fields& fields);

} // namespace sotto

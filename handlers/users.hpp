#pragma once

#include <json/value.h>

#include "db/users.hpp"
#include "handlers/call.hpp"

namespace sotto {

/// POST /api/v1/users: create a user.
///   in    JSON or form: user_name (1–32 of [a-z0-9_.-], capitals folded), password (8–256 bytes, not a common one),
///         display_name (1–64 characters; the user name where absent), email (optional)
///   out   201 with the user and Location; a form: 303 to /#signed-up
///   else  409 user-name-taken (also by an erased user), 422 validation
Result<Response> create_user(Call& call);

/// GET /api/v1/users/me: the session's own user, e-mail included.
Result<Response> get_own_user(Call& call);

/// GET /api/v1/users/{user_name}: user_name, display_name and created_at of a user.
///   else  404 user-not-found, for an erased user as well
Result<Response> get_user(Call& call);

/// PUT /api/v1/users/me/password: set a new password and end all other sessions of the user.
///   in    JSON: current_password, new_password (8–256 bytes, not a common one)
///   out   204
///   else  422 validation with current_password invalid where it is wrong
Result<Response> change_password(Call& call);

/// PATCH /api/v1/users/me: change my profile.
///   in    JSON: display_name (1–64 characters), email (null takes it away); what is absent stays
///   out   200 with the user
Result<Response> update_own_user(Call& call);

/// DELETE /api/v1/users/me: erase my account. The user name stays taken, and the messages stay with those who got them;
/// e-mail, display name, password, sessions and blocks are gone.
///   in    JSON: password
///   out   204 and the cookie is removed
///   else  422 validation with password invalid where it is wrong
Result<Response> erase_own_user(Call& call);

/// The session's own user as JSON.
Json::Value to_json_object(const db::User& user);

} // namespace sotto

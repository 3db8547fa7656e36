#pragma once

#include "admin/command.hpp"

namespace sotto::admin {

/// `sessions list`: the live sessions of a user, or of everybody, newest first.
Exit list_sessions(const Arguments& arguments);

/// `sessions revoke`: ends one session, or all of a user, with their live connections.
Exit revoke_sessions(const Arguments& arguments);

std::span<const Option> list_sessions_options();
std::span<const Option> revoke_sessions_options();

} // namespace sotto::admin

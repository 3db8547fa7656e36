#pragma once

#include "admin/command.hpp"

namespace sotto::admin {

/// `keys list`: the session-signing keys by id, oldest first; never a secret.
Exit list_keys(const Arguments& arguments);

/// `keys rotate`: adds a key, which signs from then on, while the older ones verify; restarts the workers. Nobody is
/// logged out.
Exit rotate_keys(const Arguments& arguments);

/// `keys retire`: takes an old key away. Refused while sessions that it signed may live, unless forced, and always for
/// the key that signs.
Exit retire_key(const Arguments& arguments);

std::span<const Option> list_keys_options();
std::span<const Option> retire_key_options();

} // namespace sotto::admin

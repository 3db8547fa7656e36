#pragma once

#include "admin/command.hpp"

namespace sotto::admin {

/// `migrate`: brings the database to this build's schema and grants the workers their rights; `--check` only says what
/// is to be done.
Exit migrate(const Arguments& arguments);

std::span<const Option> migrate_options();

} // namespace sotto::admin

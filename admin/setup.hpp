#pragma once

#include "admin/command.hpp"

namespace sotto::admin {

/// `setup`: makes this machine serve Sotto under a name: certificate, database, keys, configuration, nginx's site,
/// units. Can be run again, and then changes what differs. Everything is checked before the first change.
Exit setup(const Arguments& arguments);

std::span<const Option> setup_options();

} // namespace sotto::admin

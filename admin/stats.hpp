#pragma once

#include "admin/command.hpp"

namespace sotto::admin {

/// `stats`: how much there is of everything.
Exit show_statistics(const Arguments& arguments);

std::span<const Option> statistics_options();

} // namespace sotto::admin

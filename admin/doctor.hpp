#pragma once

#include "admin/command.hpp"

namespace sotto::admin {

/// `doctor`: checks an install from nginx to the disk and says in plain words what it found and how to mend it. It
/// changes nothing that lasts: two users with random names write to each other through nginx, and are taken out again.
/// Exit::found where there is a problem; a warning alone is none.
Exit doctor(const Arguments& arguments);

std::span<const Option> doctor_options();

} // namespace sotto::admin

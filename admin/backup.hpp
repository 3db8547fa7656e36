#pragma once

#include "admin/command.hpp"

namespace sotto::admin {

/// `backup`: writes the whole database as it is at one moment to a file that is proved before it gets its name: loaded
/// into a database of its own and compared, row for row. Nothing stops meanwhile; commits wait for an instant at the
/// beginning.
Exit backup(const Arguments& arguments);

/// `restore`: loads and proves a backup beside the database, brings it to this build's schema, and swaps the two. Until
/// then nothing has changed. What was there before is kept under another name.
Exit restore(const Arguments& arguments);

std::span<const Option> backup_options();
std::span<const Option> restore_options();

} // namespace sotto::admin

#pragma once

#include <string>
#include <vector>

#include "worker/config.hpp"

namespace sotto::admin {

/// Throws std::runtime_error that says what to do where the database can't be reached with an administrator's rights.
void check_database(const Config& config);

/// Makes the database and the workers' user where they are missing, brings the schema up to date and grants the workers
/// their rights. Returns what it changed, in words. A database on another machine has its users from its own
/// administrator.
std::vector<std::string> prepare_database(const Config& config);

/// The drop-in of the workers' units that lets them reach a database on another machine, and no more than they must.
std::string remote_database_unit(const std::string& host);

/// What the administrator of a database on another machine has to run there, once.
std::string remote_database_script(const Config& config);

} // namespace sotto::admin

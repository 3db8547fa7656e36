#pragma once

#include "db/connection.hpp"
#include "worker/config.hpp"

namespace sotto {

/// Where the configuration has the database, for the worker's own user. Throws std::runtime_error where the password
/// file can't be read.
db::Settings worker_database(const Config& config);

} // namespace sotto

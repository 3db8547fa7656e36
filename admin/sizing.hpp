#pragma once

#include <cstdint>
#include <string>

namespace sotto::admin {

/// What there is to share out.
struct Machine {
    unsigned cores;
    unsigned memory_mib; ///< of the container, where it is one with a limit
};

Machine this_machine();

/// How many of what a machine of that size should run.
struct Sizing {
    Machine machine;
    unsigned api_workers;
    unsigned auth_workers;
    unsigned buffer_pool_mib; ///< of a MariaDB on the same machine
    unsigned log_file_mib;
    unsigned max_connections;
    unsigned nginx_connections; ///< a worker process of nginx
};

Sizing choose_sizing(const Machine& machine);

/// The drop-in of sotto.target that says which workers there are, for systemd.
std::string worker_units(const Sizing& sizing);

/// Suggested settings for MariaDB, each with its reason.
std::string database_settings(const Sizing& sizing);

/// What to change in nginx.conf where many live connections are expected, as comments.
std::string nginx_hints(const Sizing& sizing);

} // namespace sotto::admin

#pragma once

#include <string>
#include <vector>

namespace sotto::admin {

/// Whether systemd runs this machine.
bool has_systemd();

/// The units that run now and whose names match `pattern`, such as "sotto-api@*.service".
std::vector<std::string> running_units(const std::string& pattern);

/// Restarts the workers, so that they read their keys and configuration anew; first those that only check sessions,
/// then those that sign them, so that no worker meets a session whose key it does not know. Their sockets are systemd's
/// and stay: no request is lost. Returns how many there were. Throws std::runtime_error.
std::size_t restart_workers();

} // namespace sotto::admin

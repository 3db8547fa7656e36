#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace sotto::admin {

/// What the hub counts (docs/live.md), by the name of the series, labels included; nothing where it does not answer.
using HubCounters = std::map<std::string, std::int64_t, std::less<>>;

std::optional<HubCounters> read_hub_counters(const std::filesystem::path& socket);

/// SOTTO_HUB_SOCKET, or the socket of a production install.
std::filesystem::path hub_socket();

} // namespace sotto::admin

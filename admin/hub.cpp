#include "admin/hub.hpp"

#include <charconv>
#include <sstream>

#include "admin/configuration.hpp"
#include "admin/process.hpp"

namespace sotto::admin {

std::filesystem::path hub_socket() {
    return setting("SOTTO_HUB_SOCKET", "/run/sotto/hub.sock");
}

std::optional<HubCounters> read_hub_counters(const std::filesystem::path& socket) {
    const Outcome answer =
        run({"curl", "-s", "-f", "-m", "5", "--unix-socket", socket.string(), "http://localhost/metrics"});
    if (!answer.good()) {
        return std::nullopt;
    }
    HubCounters counters;
    std::istringstream lines(answer.out);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t space = line.rfind(' ');
        if (!line.starts_with('#') && space != std::string::npos) {
            std::int64_t value = 0;
            std::from_chars(line.data() + space + 1, line.data() + line.size(), value);
            counters.emplace(line.substr(0, space), value);
        }
    }
    return counters;
}

} // namespace sotto::admin

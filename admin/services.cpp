#include "admin/services.hpp"

#include <filesystem>
#include <sstream>

#include "admin/process.hpp"

namespace sotto::admin {

bool has_systemd() {
    return std::filesystem::exists("/run/systemd/system");
}

std::vector<std::string> running_units(const std::string& pattern) {
    std::vector<std::string> units;
    if (!has_systemd()) {
        return units;
    }
    std::istringstream lines(
        run_or_throw({"systemctl", "list-units", "--plain", "--no-legend", "--state=active", pattern}));
    for (std::string line; std::getline(lines, line);) {
        units.push_back(line.substr(0, line.find(' ')));
    }
    return units;
}

std::size_t restart_workers() {
    std::size_t count = 0;
    for (const std::string pool : {"sotto-api@*.service", "sotto-auth@*.service"}) {
        for (const std::string& unit : running_units(pool)) {
            run_or_throw({"systemctl", "restart", unit});
            ++count;
        }
    }
    return count;
}

} // namespace sotto::admin

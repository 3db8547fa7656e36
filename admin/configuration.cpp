#include "admin/configuration.hpp"

#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "admin/files.hpp"

namespace sotto::admin {

namespace {

constexpr std::string_view plain_characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./_:@,+-";

struct Assignment {
    std::string_view name; ///< empty for a comment, an empty line and whatever else
    std::string_view value;
};

Assignment parse_line(std::string_view line) {
    const std::size_t equals = line.find('=');
    if (line.starts_with('#') || line.starts_with(';') || equals == std::string_view::npos) {
        return {};
    }
    std::string_view value = line.substr(equals + 1);
    if (value.size() >= 2 && value.front() == value.back() && (value.front() == '"' || value.front() == '\'')) {
        value = value.substr(1, value.size() - 2);
    }
    return {line.substr(0, equals), value};
}

/// Hands each line without its end to `visit`, which may stop by returning false.
template<class Visit>
void for_each_line(std::string_view text, const Visit& visit) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        if (!visit(line)) {
            return;
        }
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
}

} // namespace

ConfigurationFile::ConfigurationFile(std::string text) : text_(std::move(text)) {}

std::optional<std::string> ConfigurationFile::get(std::string_view name) const {
    std::optional<std::string> found;
    for_each_line(text_, [&](std::string_view line) {
        const Assignment assignment = parse_line(line);
        if (assignment.name == name) {
            found = assignment.value; // the last one counts
        }
        return true;
    });
    return found;
}

void ConfigurationFile::set(std::string_view name, std::string_view value) {
    if (value.find_first_not_of(plain_characters) != std::string_view::npos) {
        throw std::invalid_argument("'" + std::string(value) + "' has a character that " + std::string(name) +
                                    " can't have");
    }
    const std::string line = std::string(name) + "=" + std::string(value);
    std::optional<std::pair<std::size_t, std::size_t>> place;
    for_each_line(text_, [&](std::string_view old) {
        if (parse_line(old).name == name) {
            place = {static_cast<std::size_t>(old.data() - text_.data()), old.size()};
        }
        return true;
    });
    if (place) {
        text_.replace(place->first, place->second, line);
    } else {
        text_ += (text_.empty() || text_.back() == '\n' ? "" : "\n") + line + "\n";
    }
}

void ConfigurationFile::export_missing() const {
    for_each_line(text_, [&](std::string_view line) {
        const Assignment assignment = parse_line(line);
        if (!assignment.name.empty()) {
            setenv(std::string(assignment.name).c_str(), std::string(assignment.value).c_str(), 0);
        }
        return true;
    });
}

std::filesystem::path configuration_path() {
    return setting("SOTTO_CONFIG", "/etc/sotto/sotto.conf");
}

Config read_configuration() {
    if (const auto text = read_file(configuration_path())) {
        ConfigurationFile(*text).export_missing();
    }
    return Config::from_environment();
}

std::string setting(const char* name, std::string_view fallback) {
    const char* value = std::getenv(name);
    return std::string(value != nullptr && *value != '\0' ? std::string_view(value) : fallback);
}

db::Settings admin_database(const Config& config, const std::string& database) {
    return {
        .socket = config.db_socket,
        .database = database,
        .user = config.db_admin,
        .host = config.db_host,
        .port = config.db_port,
        .password = read_password_file(config.db_admin_password_file),
        .certificates = config.db_ca,
        .patience = std::chrono::hours(24), // a migration or a checksum takes as long as it takes
    };
}

std::string worker_account(const Config& config) {
    return "'" + config.db_user + "'@'" + (config.db_host.empty() ? "localhost" : "%") + "'";
}

} // namespace sotto::admin

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "db/connection.hpp"
#include "worker/config.hpp"

namespace sotto::admin {

/// The configuration file of an install, /etc/sotto/sotto.conf: lines of NAME=value, as systemd's EnvironmentFile=
/// reads them. Comments and lines that we know nothing of stay as they are.
class ConfigurationFile {
  public:
    explicit ConfigurationFile(std::string text);

    std::optional<std::string> get(std::string_view name) const;

    /// Sets a value in its line, or in a new last one. Throws std::invalid_argument for a value with a character that
    /// would mean something to systemd: only letters, digits and ./_:@,+- are taken.
    void set(std::string_view name, std::string_view value);

    const std::string& text() const { return text_; }

    /// Puts what the file says into the environment, unless that has the variable already.
    void export_missing() const;

  private:
    std::string text_;
};

/// SOTTO_CONFIG, or /etc/sotto/sotto.conf.
std::filesystem::path configuration_path();

/// The environment, and below it the configuration file. Throws std::runtime_error.
Config read_configuration();

/// A variable of the environment or the configuration file once that was read, or `fallback`.
std::string setting(const char* name, std::string_view fallback);

/// Where the database is, for the user who may change tables; `database` may be empty.
db::Settings admin_database(const Config& config, const std::string& database);

/// The worker's database user as MariaDB writes it, 'name'@'host'.
std::string worker_account(const Config& config);

} // namespace sotto::admin

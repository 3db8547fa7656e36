#include "worker/config.hpp"

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string_view>

namespace sotto {

namespace {

std::string variable(const char* name, std::string_view fallback) {
    const char* value = std::getenv(name);
    return std::string(value != nullptr && *value != '\0' ? std::string_view(value) : fallback);
}

std::string identifier(const char* name, std::string_view fallback) {
    std::string value = variable(name, fallback);
    const bool good =
        value.size() <= 64 &&
        value.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
    if (!good) {
        throw std::runtime_error(std::string(name) + " must be 1 to 64 letters, digits and underscores");
    }
    return value;
}

unsigned number(const char* name, unsigned fallback, unsigned min, unsigned max) {
    const std::string value = variable(name, std::to_string(fallback));
    unsigned result = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
    if (error != std::errc() || end != value.data() + value.size() || result < min || result > max) {
        throw std::runtime_error(std::string(name) + " must be a number from " + std::to_string(min) + " to " +
                                 std::to_string(max));
    }
    return result;
}

} // namespace

Config Config::from_environment() {
    return {
        .db_socket = variable("SOTTO_DB_SOCKET", "/run/mysqld/mysqld.sock"),
        .db_name = identifier("SOTTO_DB_NAME", "sotto"),
        .db_user = identifier("SOTTO_DB_USER", "sotto"),
        .db_admin = identifier("SOTTO_DB_ADMIN", "root"),
        .db_host = variable("SOTTO_DB_HOST", ""),
        .db_port = number("SOTTO_DB_PORT", 3306, 1, 65535),
        .db_ca = variable("SOTTO_DB_CA", "/etc/ssl/certs/ca-certificates.crt"),
        .db_password_file = variable("SOTTO_DB_PASSWORD_FILE", ""),
        .db_admin_password_file = variable("SOTTO_DB_ADMIN_PASSWORD_FILE", ""),
        .notice_socket = variable("SOTTO_NOTICE_SOCKET", "/run/sotto/notice.sock"),
        .metrics_dir = variable("SOTTO_METRICS_DIR", "/run/sotto/metrics"),
        .pool = identifier("SOTTO_POOL", "api"),
        .keys_file = variable("SOTTO_KEYS_FILE", "/etc/sotto/keys"),
        .password_memory_mib = number("SOTTO_PASSWORD_MEMORY_MIB", 64, 8, 1024),
        .password_passes = number("SOTTO_PASSWORD_PASSES", 2, 1, 16),
    };
}

std::string read_password_file(const std::filesystem::path& file) {
    std::string line;
    if (!file.empty()) {
        std::ifstream stream(file);
        if (!std::getline(stream, line) || line.empty()) {
            throw std::runtime_error(file.string() + ": no password can be read from it");
        }
    }
    return line;
}

} // namespace sotto

#include "admin/database_tools.hpp"

#include <cerrno>
#include <system_error>

#include <sys/mman.h>
#include <sys/stat.h>

#include "admin/configuration.hpp"
#include "admin/files.hpp"

namespace sotto::admin {

namespace {

/// A value of an option file, in quotes.
std::string quoted(const std::string& value) {
    return "\"" + replaced(replaced(value, "\\", "\\\\"), "\"", "\\\"") + "\"\n";
}

std::string option_file(const db::Settings& settings) {
    std::string text = "[client]\ndefault-character-set = utf8mb4\nuser = " + quoted(settings.user);
    if (settings.host.empty()) {
        return text + "socket = " + quoted(settings.socket);
    }
    text += "protocol = tcp\nhost = " + quoted(settings.host) + "port = " + std::to_string(settings.port) +
            "\nssl-verify-server-cert\nssl-ca = " + quoted(settings.certificates);
    return text + "password = " + quoted(settings.password);
}

} // namespace

DatabaseTools::DatabaseTools(const Config& config) : options_(memfd_create("sotto database options", 0)) {
    const std::string text = option_file(admin_database(config, ""));
    // The programs don't trust a file that everybody could write.
    if (!options_ || fchmod(options_.get(), S_IRUSR | S_IWUSR) != 0 ||
        write(options_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        throw std::system_error(errno, std::generic_category(), "the options of MariaDB's programs");
    }
}

Words DatabaseTools::with_options(const std::string& program) const {
    return {program, "--defaults-file=/proc/self/fd/" + std::to_string(options_.get())};
}

Words DatabaseTools::dump(const std::string& database, const Words& more) const {
    Words words = with_options("mariadb-dump");
    words.insert(words.end(), {"--single-transaction", "--routines", "--skip-triggers", "--hex-blob"});
    words.insert(words.end(), more.begin(), more.end());
    words.push_back(database);
    return words;
}

Words DatabaseTools::client(const std::string& database) const {
    Words words = with_options("mariadb");
    words.insert(words.end(), {"--batch", "--binary-mode", database});
    return words;
}

} // namespace sotto::admin

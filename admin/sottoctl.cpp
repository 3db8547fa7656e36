// sottoctl: the administrator's command.
//
// Exit codes: 0 done, 1 failed, 2 wrong usage.

#include <array>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <string_view>

#include "auth/keys.hpp"
#include "auth/random.hpp"
#include "db/migrate.hpp"
#include "worker/config.hpp"

namespace {

using namespace sotto;

void print(std::string_view line) {
    std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
}

/// Brings the database to this build's schema and grants the worker's user its rights.
void migrate(const Config& config) {
    db::Connection connection({.socket = config.db_socket, .database = "", .user = config.db_admin});
    for (const std::string& name : db::migrate(connection, config.db_name, db::embedded_migrations())) {
        print("applied " + name);
    }
    db::grant_worker(connection, config.db_name, "'" + config.db_user + "'@'localhost'");
    print("schema is at version " + std::to_string(db::newest_version()));
}

/// Adds a signing key, which is the one that signs from the workers' next start on; the older ones still verify.
void rotate_keys(const Config& config) {
    print("added key " + auth::add_key(config.keys_file));
}

struct Command {
    std::string_view words;
    std::string_view help;
    void (*run)(const Config&);
};

constexpr std::array commands{
    Command{"migrate", "bring the database to this version's schema, and grant the worker its rights", migrate},
    Command{"keys rotate", "add a session-signing key; older ones still verify", rotate_keys},
};

void print_usage(std::FILE* out) {
    std::fputs("Usage: sottoctl COMMAND\n\n", out);
    for (const Command& command : commands) {
        std::fprintf(out, "  %-12s  %s\n", command.words.data(), command.help.data());
    }
    std::fputs("\nThe environment says where things are: SOTTO_DB_SOCKET, SOTTO_DB_NAME, SOTTO_DB_USER,\n"
               "SOTTO_DB_ADMIN, SOTTO_KEYS_FILE.\n",
               out);
}

} // namespace

int main(int argc, char** argv) {
    std::string words;
    for (const char* word : std::span(argv, static_cast<std::size_t>(argc)).subspan(1)) {
        words += (words.empty() ? "" : " ") + std::string(word);
    }
    if (words == "--help" || words == "help") {
        print_usage(stdout);
        return 0;
    }
    for (const Command& command : commands) {
        if (words == command.words) {
            try {
                auth::initialise();
                command.run(Config::from_environment());
                return 0;
            } catch (const std::exception& error) {
                std::fprintf(stderr, "sottoctl: %s\n", error.what());
                return 1;
            }
        }
    }
    print_usage(stderr);
    return 2;
}

#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace sotto {

/// What a process is told by its environment; nothing else configures it.
struct Config {
    std::string db_socket;             ///< SOTTO_DB_SOCKET: path of MariaDB's unix socket
    std::string db_name;               ///< SOTTO_DB_NAME: 1 to 64 characters of [A-Za-z0-9_]
    std::string db_user;               ///< SOTTO_DB_USER: the worker's database user, same alphabet
    std::string db_admin;              ///< SOTTO_DB_ADMIN: who may change tables; sottoctl alone uses it
    std::string notice_socket;         ///< SOTTO_NOTICE_SOCKET: where the hub listens for workers
    std::filesystem::path metrics_dir; ///< SOTTO_METRICS_DIR: where workers count together
    std::string pool;                  ///< SOTTO_POOL: this worker's pool, same alphabet as the database's name
    std::filesystem::path keys_file;   ///< SOTTO_KEYS_FILE: the session-signing keys
    std::size_t password_memory_mib;   ///< SOTTO_PASSWORD_MEMORY_MIB: 8 to 1024
    unsigned password_passes;          ///< SOTTO_PASSWORD_PASSES: 1 to 16

    /// Reads the environment; what is missing has the default of a production install. Throws std::runtime_error that
    /// names the variable whose value can't be used.
    static Config from_environment();
};

} // namespace sotto

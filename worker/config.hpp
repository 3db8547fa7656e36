#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace sotto {

/// What a process is told by its environment; nothing else configures it.
struct Config {
    std::string db_socket;                        ///< SOTTO_DB_SOCKET: path of MariaDB's unix socket
    std::string db_name;                          ///< SOTTO_DB_NAME: 1 to 64 characters of [A-Za-z0-9_]
    std::string db_user;                          ///< SOTTO_DB_USER: the worker's database user, same alphabet
    std::string db_admin;                         ///< SOTTO_DB_ADMIN: who may change tables; sottoctl alone uses it
    std::string db_host;                          ///< SOTTO_DB_HOST: another machine, over TLS; empty for the socket
    unsigned db_port;                             ///< SOTTO_DB_PORT: 1 to 65535, of that machine
    std::string db_ca;                            ///< SOTTO_DB_CA: file of the CA certificates that may vouch for it
    std::filesystem::path db_password_file;       ///< SOTTO_DB_PASSWORD_FILE: of db_user; empty where there is none
    std::filesystem::path db_admin_password_file; ///< SOTTO_DB_ADMIN_PASSWORD_FILE: of db_admin, for sottoctl alone
    std::string notice_socket;                    ///< SOTTO_NOTICE_SOCKET: where the hub listens for workers
    std::filesystem::path metrics_dir;            ///< SOTTO_METRICS_DIR: where workers count together
    std::string pool;                ///< SOTTO_POOL: this worker's pool, same alphabet as the database's name
    std::filesystem::path keys_file; ///< SOTTO_KEYS_FILE: the session-signing keys
    std::size_t password_memory_mib; ///< SOTTO_PASSWORD_MEMORY_MIB: 8 to 1024
    unsigned password_passes;        ///< SOTTO_PASSWORD_PASSES: 1 to 16

    /// Reads the environment; what is missing has the default of a production install. Throws std::runtime_error that
    /// names the variable whose value can't be used.
    static Config from_environment();
};

/// A password from the first line of `file`; empty without a file. Throws std::runtime_error where it can't be read or
/// has none.
std::string read_password_file(const std::filesystem::path& file);

} // namespace sotto

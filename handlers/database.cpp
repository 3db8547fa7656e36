#include "handlers/database.hpp"

namespace sotto {

db::Settings worker_database(const Config& config) {
    return {
        .socket = config.db_socket,
        .database = config.db_name,
        .user = config.db_user,
        .host = config.db_host,
        .port = config.db_port,
        .password = read_password_file(config.db_password_file),
        .certificates = config.db_ca,
    };
}

} // namespace sotto

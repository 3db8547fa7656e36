#include "admin/database.hpp"

#include <stdexcept>

#include <arpa/inet.h>

#include "admin/configuration.hpp"
#include "admin/site.hpp"
#include "db/migrate.hpp"
#include "handlers/database.hpp"

namespace sotto::admin {

namespace {

[[noreturn]] void refuse_remote(const Config& config, const db::Error& error) {
    throw std::runtime_error(std::string(error.what()) + "\nThe administrator of " + config.db_host +
                             " has to run this there, once:\n\n" + remote_database_script(config));
}

} // namespace

std::string remote_database_script(const Config& config) {
    const std::string admin = "'" + config.db_admin + "'@'%'";
    const std::string worker = worker_account(config);
    return "CREATE DATABASE IF NOT EXISTS `" + config.db_name +
           "` CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;\n"
           "CREATE USER IF NOT EXISTS " +
           admin + " IDENTIFIED BY 'the password in --db-admin-password-file' REQUIRE SSL;\nGRANT ALL ON `" +
           config.db_name + "`.* TO " + admin +
           " WITH GRANT OPTION;\n"
           "-- backups are proved, and restored, beside the database:\nGRANT ALL ON `" +
           config.db_name + "\\_%`.* TO " + admin + ";\nGRANT RELOAD, PROCESS ON *.* TO " + admin +
           ";\n"
           "CREATE USER IF NOT EXISTS " +
           worker + " IDENTIFIED BY 'the password in --db-password-file' REQUIRE SSL;\n";
}

std::string remote_database_unit(const std::string& host) {
    in6_addr address{};
    const bool is_address =
        inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1;
    return std::string(ours) + "#\n# The database is on " + host + ".\n[Service]\nPrivateNetwork=no\n" +
           "RestrictAddressFamilies=AF_INET AF_INET6\n" +
           (is_address ? "IPAddressAllow=" + host + "\n"
                       : "# A name has to be looked up, and may mean another address tomorrow.\nIPAddressDeny=\n");
}

void check_database(const Config& config) {
    try {
        db::Connection(admin_database(config, "")).query_value("SELECT 1");
    } catch (const db::Error& error) {
        if (config.db_host.empty()) {
            throw std::runtime_error("MariaDB does not let " + config.db_admin + " in at " + config.db_socket + " (" +
                                     error.what() +
                                     "). Is it installed and running (apt install mariadb-server), or on another "
                                     "machine (--db-host)?");
        }
        refuse_remote(config, error);
    }
}

std::vector<std::string> prepare_database(const Config& config) {
    std::vector<std::string> changes;
    db::Connection connection(admin_database(config, ""));
    if (config.db_host.empty() &&
        !connection.query_value("SELECT 1 FROM mysql.user WHERE user = " + connection.quote(config.db_user) +
                                " AND host = 'localhost'")) {
        connection.run_script("CREATE USER " + worker_account(config) + " IDENTIFIED VIA unix_socket");
        changes.push_back("made the database user " + worker_account(config));
    }
    for (const std::string& step : db::migrate(connection, config.db_name, db::embedded_migrations())) {
        changes.push_back("applied " + step);
    }
    db::grant_worker(connection, config.db_name, worker_account(config));
    if (!config.db_host.empty()) {
        try {
            db::Connection worker(worker_database(config));
            db::schema_version(worker); // it can see what it has to
        } catch (const db::Error& error) {
            refuse_remote(config, error);
        }
    }
    return changes;
}

} // namespace sotto::admin

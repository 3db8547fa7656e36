#include <array>
#include <filesystem>
#include <stdexcept>

#include "admin/backup.hpp"
#include "admin/backup_file.hpp"
#include "admin/configuration.hpp"
#include "admin/database.hpp"
#include "admin/files.hpp"
#include "admin/output.hpp"
#include "admin/services.hpp"
#include "db/administration.hpp"
#include "db/migrate.hpp"

namespace sotto::admin {

namespace {

constexpr std::array options{
    Option{"--replace", "", "also where there are users already; their data is kept under another name"},
    Option{"--with-keys", "", "put the session-signing keys of the backup in place as well"},
};

/// A database as it is before the restore.
struct Target {
    bool has_tables = false;
    bool has_users = false;
    bool is_newest = false; ///< has this build's schema, and so its procedures
};

Target look_at(db::Connection& connection, const std::string& database) {
    Target target;
    target.has_tables = !read_table_names(connection, database).empty();
    const auto& migrations = db::embedded_migrations();
    if (target.has_tables) {
        target.has_users = connection.query_value("SELECT 1 FROM `" + database + "`.users LIMIT 1").has_value();
        target.is_newest = db::pending_migrations(connection, database, migrations).empty();
    }
    return target;
}

/// Puts the tables of `fresh` into `database`, and what was there into `aside`, in one statement: all of it or nothing.
void swap_tables(db::Connection& connection, const std::string& database, const std::string& fresh,
                 const std::string& aside) {
    std::string renames;
    const auto move = [&](const std::string& from, const std::string& to) {
        for (const std::string& table : read_table_names(connection, from)) {
            renames.append(renames.empty() ? "RENAME TABLE `" : ", `").append(from).append("`.`").append(table);
            renames.append("` TO `").append(to).append("`.`").append(table).append("`");
        }
    };
    move(database, aside);
    move(fresh, database);
    connection.run_script("SET lock_wait_timeout = 30");
    connection.run_script(renames);
}

/// Copies the procedures of one database to another.
void copy_procedures(const DatabaseTools& tools, const std::string& from, const std::string& to) {
    const std::string sql = run_or_throw(tools.dump(from, {"--no-create-info", "--no-data", "--no-create-db"}));
    run_or_throw(tools.client(to), sql);
}

void restore_keys(const Config& config, const std::string& keys) {
    if (const auto old = read_file(config.keys_file)) {
        const std::string kept = config.keys_file.string() + ".before-restore";
        write_file(kept, *old, 0600);
        print("kept the keys that were there as " + kept);
    }
    write_file(config.keys_file, keys, 0600);
    print("restored the session-signing keys");
}

void restart_services() {
    const std::size_t workers = restart_workers();
    // Clients come back at once and ask for what they have missed.
    for (const std::string& hub : running_units("sotto-hub.service")) {
        run_or_throw({"systemctl", "restart", hub});
    }
    if (workers > 0) {
        print("restarted " + std::to_string(workers) + " workers and the hub");
    }
}

} // namespace

Exit restore(const Arguments& arguments) {
    const Config config = read_configuration();
    const CleanUpWhenInterrupted tidy;
    const std::filesystem::path path = *arguments.operand(0);
    const Descriptor file = open_backup(path);
    const BackupHeader header = read_header(file, path);
    if (header.schema_version > db::newest_version()) {
        throw std::runtime_error("the backup has schema version " + std::to_string(header.schema_version) +
                                 ", this build knows " + std::to_string(db::newest_version()) +
                                 ": install a newer Sotto");
    }
    if (arguments.has("--with-keys") && !header.keys) {
        throw std::runtime_error("the backup was made without keys");
    }
    const DatabaseTools tools(config);
    db::Connection connection(admin_database(config, ""));
    const Target target = look_at(connection, config.db_name);
    if (target.has_users && !arguments.has("--replace")) {
        throw std::runtime_error("the database " + config.db_name +
                                 " has users already; --replace puts the backup in their place");
    }

    db::allow_long_statements(connection);
    const ScratchDatabase fresh(connection, config.db_name + "_restore");
    load_and_verify(file, header, tools, connection, fresh.name());
    db::migrate(connection, fresh.name(), db::embedded_migrations());

    const std::string aside = config.db_name + "_before_restore_" + fresh.name().substr(fresh.name().size() - 8);
    connection.run_script("CREATE DATABASE IF NOT EXISTS `" + config.db_name +
                          "` CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin");
    if (target.has_tables) {
        connection.run_script("CREATE DATABASE `" + aside + "` CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin");
    }
    swap_tables(connection, config.db_name, fresh.name(), aside);
    if (!target.is_newest) {
        copy_procedures(tools, fresh.name(), config.db_name);
    }
    prepare_database(config);
    print("restored the database of " + header.created_at);
    if (target.has_users) {
        print("what was there before is in the database " + aside + "; drop it when you need it no more");
    } else if (target.has_tables) {
        connection.run_script("DROP DATABASE `" + aside + "`");
    }
    if (arguments.has("--with-keys")) {
        restore_keys(config, *header.keys);
    }
    restart_services();
    return Exit::done;
}

std::span<const Option> restore_options() {
    return options;
}

} // namespace sotto::admin

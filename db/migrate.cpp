#include "db/migrate.hpp"

#include <charconv>
#include <stdexcept>

namespace sotto::db {

namespace {

constexpr std::string_view version_table = "CREATE TABLE IF NOT EXISTS schema_version ("
                                           " version INT NOT NULL PRIMARY KEY,"
                                           " name VARCHAR(64) NOT NULL,"
                                           " checksum CHAR(64) NOT NULL,"
                                           " started_at DATETIME(3) NOT NULL,"
                                           " applied_at DATETIME(3) NULL"
                                           ") ENGINE = InnoDB DEFAULT CHARACTER SET ascii";

/// Held for as long as a migrator runs, so that two never change the schema at once.
class MigratorLock {
  public:
    explicit MigratorLock(Connection& connection, std::string_view database)
        : connection_(connection),
          name_(connection.quote("sotto migrate " + std::string(database))) {
        if (connection_.query_value("SELECT GET_LOCK(" + name_ + ", 60)") != "1") {
            throw MigrationRefused("another migration of this database has been running for a minute");
        }
    }
    MigratorLock(const MigratorLock&) = delete;
    MigratorLock& operator=(const MigratorLock&) = delete;
    ~MigratorLock() {
        try {
            connection_.query_value("SELECT RELEASE_LOCK(" + name_ + ")");
        } catch (const std::exception&) {
            connection_.close(); // which gives the lock up as well
        }
    }

  private:
    Connection& connection_;
    std::string name_;
};

int to_int(const std::optional<std::string>& text) {
    int value = 0;
    if (text) {
        std::from_chars(text->data(), text->data() + text->size(), value);
    }
    return value;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
}

/// Throws where what the database has been through is not the beginning of what this build knows.
void check_history(Connection& connection, const std::vector<Migration>& migrations) {
    const int reached = to_int(connection.query_value("SELECT COALESCE(MAX(version), 0) FROM schema_version"));
    if (reached > migrations.back().version) {
        throw MigrationRefused("the schema is at version " + std::to_string(reached) + ", this build knows " +
                               std::to_string(migrations.back().version) + ": install a newer Sotto");
    }
    for (const Migration& migration : migrations) {
        const auto changed =
            connection.query_value("SELECT checksum <> SHA2(" + connection.quote(migration.sql) +
                                   ", 256) FROM schema_version WHERE applied_at IS NOT NULL AND version = " +
                                   std::to_string(migration.version));
        if (changed == "1") {
            throw MigrationRefused("migration " + std::string(migration.name) +
                                   " was applied with another text than this build has");
        }
    }
}

bool is_applied(Connection& connection, const Migration& migration) {
    return connection
        .query_value("SELECT 1 FROM schema_version WHERE applied_at IS NOT NULL AND version = " +
                     std::to_string(migration.version))
        .has_value();
}

void apply(Connection& connection, const Migration& migration) {
    const std::string version = std::to_string(migration.version);
    connection.run_script("REPLACE INTO schema_version (version, name, checksum, started_at) VALUES (" + version +
                          ", " + connection.quote(migration.name) + ", SHA2(" + connection.quote(migration.sql) +
                          ", 256), UTC_TIMESTAMP(3))");
    connection.run_script(migration.sql);
    connection.run_script("UPDATE schema_version SET applied_at = UTC_TIMESTAMP(3) WHERE version = " + version);
}

} // namespace

int schema_version(Connection& connection) {
    Rows rows = connection.execute(Sql::schema_version, {});
    rows.next();
    return static_cast<int>(rows->integer(0));
}

int newest_version() {
    return embedded_migrations().back().version;
}

std::vector<std::string> migrate(Connection& connection, std::string_view database,
                                 const std::vector<Migration>& migrations) {
    const std::string name = "`" + std::string(database) + "`";
    connection.run_script("CREATE DATABASE IF NOT EXISTS " + name +
                          " CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin; USE " + name);
    // A migration takes as long as it takes.
    connection.run_script("SET max_statement_time = 0, lock_wait_timeout = 60");
    const MigratorLock lock(connection, database);
    connection.run_script(version_table);
    check_history(connection, migrations);
    std::vector<std::string> applied;
    for (const Migration& migration : migrations) {
        if (!is_applied(connection, migration)) {
            apply(connection, migration);
            applied.emplace_back(migration.name);
        }
    }
    return applied;
}

std::vector<std::string> pending_migrations(Connection& connection, std::string_view database,
                                            const std::vector<Migration>& migrations) {
    const bool has_history =
        connection
            .query_value("SELECT 1 FROM information_schema.tables WHERE table_schema = " + connection.quote(database) +
                         " AND table_name = 'schema_version'")
            .has_value();
    if (has_history) {
        connection.run_script("USE `" + std::string(database) + "`");
        check_history(connection, migrations);
    }
    std::vector<std::string> pending;
    for (const Migration& migration : migrations) {
        if (!has_history || !is_applied(connection, migration)) {
            pending.emplace_back(migration.name);
        }
    }
    return pending;
}

void grant_worker(Connection& connection, std::string_view database, std::string_view user) {
    std::string grants(embedded_grants());
    replace_all(grants, "{database}", database);
    replace_all(grants, "{worker}", user);
    connection.run_script(grants);
}

} // namespace sotto::db

// What doctor looks at in the database.

#include <chrono>
#include <cmath>

#include "admin/checks.hpp"
#include "admin/configuration.hpp"
#include "db/migrate.hpp"

namespace sotto::admin {

namespace {

db::Connection connect(const Install& install) {
    return db::Connection(admin_database(install.config, ""));
}

std::string global(db::Connection& connection, const std::string& name) {
    return connection.query_value("SELECT @@GLOBAL." + name).value_or("");
}

constexpr std::string_view mend_settings =
    "See /etc/mysql/mariadb.conf.d/70-sotto.cnf, then: systemctl restart mariadb";

} // namespace

Findings check_schema(const Install& install) {
    auto connection = connect(install);
    const auto pending = db::pending_migrations(connection, install.config.db_name, db::embedded_migrations());
    if (!pending.empty()) {
        return {{Level::problem, std::to_string(pending.size()) + " migrations are still to be applied",
                 "sottoctl migrate"}};
    }
    return {{Level::ok, "the schema is at version " + std::to_string(db::newest_version())}};
}

Findings check_strict_mode(const Install& install) {
    auto connection = connect(install);
    if (global(connection, "sql_mode").find("STRICT_") == std::string::npos) {
        return {{Level::warning, "MariaDB cuts values that don't fit, except for the workers, who ask it not to",
                 std::string(mend_settings)}};
    }
    return {{Level::ok, "a value that does not fit is an error"}};
}

Findings check_durability(const Install& install) {
    auto connection = connect(install);
    if (const std::string flush = global(connection, "innodb_flush_log_at_trx_commit"); flush != "1") {
        return {{Level::problem,
                 "innodb_flush_log_at_trx_commit is " + flush + ": a power failure loses acknowledged messages",
                 std::string(mend_settings)}};
    }
    if (global(connection, "innodb_doublewrite") == "0") {
        return {
            {Level::warning, "innodb_doublewrite is off: a power failure can tear a page", std::string(mend_settings)}};
    }
    return {{Level::ok, "an acknowledged message is on the disk"}};
}

Finding compare_clocks(const Install& install) {
    auto connection = connect(install);
    const auto before = std::chrono::system_clock::now();
    const double theirs = std::stod(connection.query_value("SELECT UNIX_TIMESTAMP(SYSDATE(3))").value_or("0"));
    const double ours_now = std::chrono::duration<double>(before.time_since_epoch()).count();
    const double apart = std::abs(theirs - ours_now);
    if (apart > 2) {
        return {Level::problem,
                "the database's clock and this machine's are " + std::to_string(std::lround(apart)) + " seconds apart",
                "Synchronise both: sessions end by the one and begin by the other"};
    }
    return {Level::ok, "the database's clock agrees with this machine's"};
}

} // namespace sotto::admin

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "db/connection.hpp"

namespace sotto::db {

/// One numbered step of the schema. Its text may be run twice, so that a step that was cut off starts over.
struct Migration {
    int version; ///< 1, 2, 3 … without a hole
    std::string_view name;
    std::string_view sql;
};

/// The migrations and grants that this build was made with, from `sql/`.
const std::vector<Migration>& embedded_migrations();
std::string_view embedded_grants();

/// The schema's version: the newest migration that was applied whole, 0 for an empty database.
/// Workers serve a schema at or above the one they were built with.
int schema_version(Connection& connection);

/// The version that this build brings a database to.
int newest_version();

/// What stands in the way of migrating: a schema newer than the build, or an applied step whose text has changed since.
class MigrationRefused : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Brings the connection's database to the last of `migrations`, creating the database where it is missing, and returns
/// the names of the steps applied. One migrator at a time: a second one waits up to a minute. A step that was cut off
/// is run again. Throws MigrationRefused before anything is changed, Error where a step fails. `connection` must be
/// allowed to change tables; its settings name no database, since that may not exist yet.
std::vector<std::string> migrate(Connection& connection, std::string_view database,
                                 const std::vector<Migration>& migrations);

/// The names of the steps that `migrate` would apply; changes nothing, and throws as `migrate` does.
std::vector<std::string> pending_migrations(Connection& connection, std::string_view database,
                                            const std::vector<Migration>& migrations);

/// Grants `user` (as MariaDB writes it, 'name'@'host') what a worker needs, and creates nothing.
void grant_worker(Connection& connection, std::string_view database, std::string_view user);

} // namespace sotto::db

#include "admin/migrate.hpp"

#include <array>

#include "admin/configuration.hpp"
#include "admin/output.hpp"
#include "db/migrate.hpp"

namespace sotto::admin {

namespace {

constexpr std::array options{
    Option{"--check", "", "change nothing; exit code 3 where something is to be done"},
};

Exit check(db::Connection& connection, const Config& config) {
    const auto pending = db::pending_migrations(connection, config.db_name, db::embedded_migrations());
    for (const std::string& name : pending) {
        print("to be applied: " + name);
    }
    if (pending.empty()) {
        print("schema is at version " + std::to_string(db::newest_version()) + ": nothing to do");
    }
    return pending.empty() ? Exit::done : Exit::found;
}

} // namespace

Exit migrate(const Arguments& arguments) {
    const Config config = read_configuration();
    db::Connection connection(admin_database(config, ""));
    if (arguments.has("--check")) {
        return check(connection, config);
    }
    const Progress progress("migrating");
    for (const std::string& name : db::migrate(connection, config.db_name, db::embedded_migrations())) {
        print("applied " + name);
    }
    db::grant_worker(connection, config.db_name, worker_account(config));
    print("schema is at version " + std::to_string(db::newest_version()));
    return Exit::done;
}

std::span<const Option> migrate_options() {
    return options;
}

} // namespace sotto::admin

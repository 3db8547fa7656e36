#include "admin/desk.hpp"

#include <stdexcept>

#include "admin/configuration.hpp"
#include "handlers/user_fields.hpp"

namespace sotto::admin {

Desk::Desk() : config(read_configuration()), connection(admin_database(config, config.db_name)) {}

db::Account Desk::account(const std::string& user_name) {
    const auto found = db::find_account(connection, fold_user_name(user_name));
    if (!found) {
        throw std::runtime_error("there is no user " + user_name);
    }
    return *found;
}

} // namespace sotto::admin

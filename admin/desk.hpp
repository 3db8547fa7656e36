#pragma once

#include <string>

#include "db/administration.hpp"
#include "worker/config.hpp"

namespace sotto::admin {

/// What commands about users and sessions work with.
struct Desk {
    Config config;
    db::Connection connection;

    Desk();

    /// The user with that name, capitals folded. Throws std::runtime_error where there is none.
    db::Account account(const std::string& user_name);
};

} // namespace sotto::admin

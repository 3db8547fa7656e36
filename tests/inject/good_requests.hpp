#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tests/fixtures/api.hpp"

namespace sotto::test {

/// A good request of each route; {new} is a name that nobody has, {peer} the one whom the caller writes with.
struct Good {
    std::string_view method;
    std::string_view path;
    int status;
    std::string_view body = {};
    int repeated = status; ///< where it has been carried out before
};

/// One for each route; a case of database_errors_test.cpp sees to that.
std::span<const Good> good_requests();

/// Two users in conversation, and what the good requests name.
struct World {
    LoggedIn me = log_in_new_user("me");
    LoggedIn peer = log_in_new_user("peer");
    std::string other_session = log_in(me.name).session;
    std::string message;

    World();

    Request request(const Good& good) const;
};

/// The number of conversations whose numbers are not dense, and of sessions whose user is gone.
std::string broken_rows();

} // namespace sotto::test

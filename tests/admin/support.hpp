#pragma once

#include <filesystem>
#include <string>

#include "admin/process.hpp"
#include "db/connection.hpp"
#include "tests/fixtures/database.hpp"

namespace sotto::test {

/// The real sottoctl with a database, a key file and a folder of its own.
class Stand {
  public:
    Stand();
    Stand(const Stand&) = delete;
    Stand& operator=(const Stand&) = delete;
    ~Stand();

    /// Runs sottoctl with these words and this for standard input.
    admin::Outcome ctl(const admin::Words& words, const std::string& input = {}) const;

    /// The same with more of an environment, "NAME=value" each, which counts more than the usual one.
    admin::Outcome ctl_with(const admin::Words& environment, const admin::Words& words,
                            const std::string& input = {}) const;

    /// The whole command line of that, for who starts it otherwise.
    admin::Words command(const admin::Words& environment, const admin::Words& words) const;

    /// One value of the database.
    std::string value(const std::string& sql) const;

    const std::filesystem::path& folder() const { return folder_; }
    std::filesystem::path keys() const { return folder_ / "keys"; }
    std::filesystem::path notice_socket() const { return folder_ / "notice.sock"; }
    const Database& database() const { return database_; }

  private:
    Database database_;
    std::filesystem::path folder_;
};

/// Whether a text holds another.
bool has(const std::string& text, const std::string& part);

} // namespace sotto::test

#pragma once

#include <string>

#include "admin/descriptor.hpp"
#include "admin/process.hpp"
#include "worker/config.hpp"

namespace sotto::admin {

/// How MariaDB's own programs are told where the database is and who asks: by a file in memory that they inherit, so
/// that no password stands on a command line or on a disk.
class DatabaseTools {
  public:
    explicit DatabaseTools(const Config& config);

    /// mariadb-dump of one database, in one transaction, with its procedures; `more` stands before the database's name.
    Words dump(const std::string& database, const Words& more = {}) const;

    /// The client, which runs what it reads in that database and ends at the first error.
    Words client(const std::string& database) const;

  private:
    Words with_options(const std::string& program) const;

    Descriptor options_;
};

} // namespace sotto::admin

#pragma once

#include <stdexcept>
#include <string>

namespace sotto::db {

/// The database refused or failed a statement. The text is for the log, never for a client.
class Error : public std::runtime_error {
  public:
    Error(unsigned int number, const std::string& text)
        : std::runtime_error("database error " + std::to_string(number) + ": " + text),
          number_(number) {}

    unsigned int number() const { return number_; }

  private:
    unsigned int number_;
};

/// The database is away, full or too slow: the same request may well succeed in a moment.
class Unavailable : public Error {
  public:
    using Error::Error;
};

} // namespace sotto::db

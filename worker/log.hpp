#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sotto {

/// One line of the log in logfmt: time, level, message, then the pairs that are added. Goes to stderr with one write,
/// so that lines of several processes never mix. A pair for which there is no memory is left out. No value that opens
/// anything (password, token, cookie, message text) belongs here.
class LogLine {
  public:
    LogLine(std::string_view level, std::string_view message) noexcept;
    LogLine(const LogLine&) = delete;
    LogLine& operator=(const LogLine&) = delete;
    ~LogLine(); ///< writes the line

    LogLine& add(std::string_view key, std::string_view value) noexcept;
    LogLine& add(std::string_view key, std::int64_t value) noexcept;

  private:
    std::string line_;
};

} // namespace sotto

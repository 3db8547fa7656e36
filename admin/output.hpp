#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sotto::admin {

/// Writes a line to standard output.
void print(std::string_view line);

/// Writes a line to standard error.
void print_error(std::string_view line);

/// A line on the terminal that counts while something takes its time, and nothing where standard error is no terminal.
class Progress {
  public:
    explicit Progress(std::string what);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress(); ///< takes the line away

    /// Shows `state`, at most some times a second.
    void show(std::string_view state);

  private:
    std::string what_;
    bool terminal_;
    std::chrono::steady_clock::time_point next_{};
};

/// Bytes as people read them: "3.4 MiB".
std::string readable_size(std::uint64_t bytes);

} // namespace sotto::admin

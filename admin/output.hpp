#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <json/value.h>

namespace sotto::admin {

/// Writes a line to standard output.
void print(std::string_view line);

/// Writes a line to standard error.
void print_error(std::string_view line);

struct Column {
    std::string text;
    std::size_t width; ///< in characters; 0 for the last one
};

/// One line of a table; a text that is too wide pushes the others on.
std::string in_columns(const std::vector<Column>& columns);

/// Prints {"<name>":[…]} element by element, one a line, so that a long list needs no memory; nothing where switched
/// off.
class JsonList {
  public:
    JsonList(std::string_view name, bool on);
    JsonList(const JsonList&) = delete;
    JsonList& operator=(const JsonList&) = delete;
    ~JsonList(); ///< closes the list, unless an exception goes through

    void add(const Json::Value& element);

  private:
    bool on_;
    bool empty_ = true;
    int exceptions_;
};

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

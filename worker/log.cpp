#include "worker/log.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <new>

#include <unistd.h>

namespace sotto {

namespace {

bool needs_quotes(std::string_view value) {
    return value.empty() || value.find_first_of(" =\"\\") != std::string_view::npos ||
           std::any_of(value.begin(), value.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

/// Appends `value`; quoted where it holds anything that could be taken for another pair or another line.
void append_value(std::string& line, std::string_view value) {
    if (!needs_quotes(value)) {
        line += value;
        return;
    }
    line += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') {
            line += '\\';
            line += c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            std::array<char, 5> escaped{};
            std::snprintf(escaped.data(), escaped.size(), "\\x%02x",
                          static_cast<unsigned>(static_cast<unsigned char>(c)));
            line += escaped.data();
        } else {
            line += c;
        }
    }
    line += '"';
}

/// The time as RFC 3339 has it, in UTC, with a zero at its end.
std::array<char, 32> now() {
    const auto time = std::chrono::system_clock::now();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const std::time_t clock = std::chrono::system_clock::to_time_t(seconds);
    std::tm parts{};
    gmtime_r(&clock, &parts);
    std::array<char, 32> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::snprintf(text.data() + length, text.size() - length, ".%03dZ",
                  static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(time - seconds).count()) %
                      1000);
    return text;
}

} // namespace

LogLine::LogLine(std::string_view level, std::string_view message) noexcept {
    add("ts", now().data()).add("level", level).add("msg", message);
}

LogLine::~LogLine() {
    if (line_.empty()) {
        return;
    }
    line_.back() = '\n';
    // A log that can't be written must not stop the service; there is nobody to tell.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line_.data(), line_.size());
}

LogLine& LogLine::add(std::string_view key, std::string_view value) noexcept {
    const std::size_t size = line_.size();
    try {
        line_ += key;
        line_ += '=';
        append_value(line_, value);
        line_ += ' '; // the last one makes room for the line's end
    } catch (const std::bad_alloc&) {
        line_.resize(size); // which only shortens it
    }
    return *this;
}

LogLine& LogLine::add(std::string_view key, std::int64_t value) noexcept {
    std::array<char, 20> digits{}; // as many as the least one has, its sign included
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return add(key, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

} // namespace sotto

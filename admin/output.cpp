#include "admin/output.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>

#include <unistd.h>

#include "worker/json.hpp"

namespace sotto::admin {

namespace {

constexpr std::chrono::milliseconds progress_interval{200};

void write_line(std::FILE* to, std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), to);
    std::fputc('\n', to);
}

} // namespace

void print(std::string_view line) {
    write_line(stdout, line);
}

void print_error(std::string_view line) {
    std::fflush(stdout);
    write_line(stderr, line);
}

std::string in_columns(const std::vector<Column>& columns) {
    std::string line;
    for (const Column& column : columns) {
        line += column.text;
        const auto characters = static_cast<std::size_t>(
            std::ranges::count_if(column.text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }));
        if (column.width > 0) {
            line.append(column.width > characters ? column.width - characters : 1, ' ');
        }
    }
    return line;
}

JsonList::JsonList(std::string_view name, bool on) : on_(on), exceptions_(std::uncaught_exceptions()) {
    if (on_) {
        std::printf("{\"%.*s\":[", static_cast<int>(name.size()), name.data());
    }
}

JsonList::~JsonList() {
    if (on_ && std::uncaught_exceptions() == exceptions_) {
        std::fputs(empty_ ? "]}\n" : "\n]}\n", stdout);
    }
}

void JsonList::add(const Json::Value& element) {
    std::printf("%s%s", empty_ ? "\n" : ",\n", to_json(element).c_str());
    empty_ = false;
}

Progress::Progress(std::string what) : what_(std::move(what)), terminal_(isatty(STDERR_FILENO) == 1) {
    show("");
}

Progress::~Progress() {
    if (terminal_) {
        std::fputs("\r\033[K", stderr);
    }
}

void Progress::show(std::string_view state) {
    const auto now = std::chrono::steady_clock::now();
    if (!terminal_ || now < next_) {
        return;
    }
    next_ = now + progress_interval;
    std::fprintf(stderr, "\r\033[K%s %.*s", what_.c_str(), static_cast<int>(state.size()), state.data());
    std::fflush(stderr);
}

std::string readable_size(std::uint64_t bytes) {
    constexpr std::array units{"bytes", "KiB", "MiB", "GiB", "TiB"};
    auto size = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (size >= 1024 && unit + 1 < units.size()) {
        size /= 1024;
        ++unit;
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", size, units.at(unit));
    return text.data();
}

} // namespace sotto::admin

#pragma once

#include <array>
#include <charconv>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "db/types.hpp"

namespace sotto {

/// A cursor as clients see it, which is opaque to them: a time in milliseconds and further numbers, joined with '-'.
template<std::size_t count>
struct Cursor {
    db::Timestamp time;
    std::array<std::int64_t, count - 1> rest;
};

inline constexpr std::size_t max_cursor_length = 64;

/// Reads a cursor of `count` numbers; nothing where it is none, or later than the database can compare (the year 9999).
template<std::size_t count>
std::optional<Cursor<count>> parse_cursor(std::string_view text) {
    constexpr std::int64_t last_millisecond = 253402214400000;
    std::array<std::int64_t, count> numbers{};
    const char* at = text.data();
    const char* const end = at + text.size();
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) {
            if (at == end || *at != '-') {
                return std::nullopt;
            }
            ++at;
        }
        const auto parsed = std::from_chars(at, end, numbers.at(i));
        if (parsed.ec != std::errc() || numbers.at(i) < 0) {
            return std::nullopt;
        }
        at = parsed.ptr;
    }
    if (at != end || numbers[0] > last_millisecond) {
        return std::nullopt;
    }
    Cursor<count> cursor{db::Timestamp(std::chrono::milliseconds(numbers[0])), {}};
    std::copy(numbers.begin() + 1, numbers.end(), cursor.rest.begin());
    return cursor;
}

inline std::string cursor_text(db::Timestamp time, std::initializer_list<std::int64_t> rest) {
    std::string text = std::to_string(time.time_since_epoch().count());
    for (const std::int64_t number : rest) {
        text += '-' + std::to_string(number);
    }
    return text;
}

} // namespace sotto

#include "handlers/user_fields.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace sotto {

namespace {

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// The code points of valid UTF-8.
std::u32string code_points(std::string_view text) {
    std::u32string points;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            points.push_back(byte);
        } else if (byte >= 0xc0) { // the first of two, three or four
            points.push_back(byte & (byte < 0xe0 ? 0x1fU : byte < 0xf0 ? 0x0fU : 0x07U));
        } else {
            points.back() = points.back() << 6U | (byte & 0x3fU);
        }
    }
    return points;
}

/// Controls (Cc) and the two separators that break a line.
bool breaks_a_name(char32_t c) {
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029;
}

/// White space, and what has no shape of its own (Unicode 15: White_Space, Default_Ignorable_Code_Point and the blank
/// pattern of Braille).
bool shows_nothing(char32_t c) {
    static constexpr std::array<std::pair<char32_t, char32_t>, 22> ranges{{
        {0x20, 0x20},       {0xa0, 0xa0},       {0xad, 0xad},     {0x34f, 0x34f},   {0x61c, 0x61c},
        {0x115f, 0x1160},   {0x1680, 0x1680},   {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x2000, 0x200f},
        {0x2028, 0x202f},   {0x205f, 0x206f},   {0x2800, 0x2800}, {0x3000, 0x3000}, {0x3164, 0x3164},
        {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0}, {0xfff0, 0xfff8}, {0x1bca0, 0x1bca3},
        {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
    }};
    return std::ranges::any_of(ranges, [c](const auto& range) { return c >= range.first && c <= range.second; });
}

} // namespace

std::string fold_user_name(std::string_view name) {
    std::string folded(name);
    std::ranges::transform(folded, folded.begin(), [](char c) {
        if (static_cast<unsigned char>(c) > 0x7f) {
            return '?';
        }
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return folded;
}

bool is_user_name(std::string_view name) {
    return !name.empty() && name.size() <= 32 &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.-") == std::string_view::npos &&
           name != "me" && name != "." && name != "..";
}

std::optional<std::string> read_user_name(Fields& fields, std::string_view field) {
    fields.require(field);
    auto name = fields.text(field, {1, 32});
    if (!name) {
        return std::nullopt;
    }
    std::string folded = fold_user_name(*name);
    if (!is_user_name(folded)) {
        fields.fail(field, "invalid",
                    "May hold the letters a to z, digits, '_', '.' and '-', and not be 'me', '.' or '..'.");
        return std::nullopt;
    }
    return folded;
}

std::optional<std::string> read_new_password(Fields& fields, std::string_view field, std::string_view user_name) {
    fields.require(field);
    auto password = fields.bytes(field, {auth::min_password_bytes, auth::max_password_bytes});
    if (password && auth::is_common_password(*password, user_name)) {
        fields.fail(field, "too_common", "Is among the first that anybody would try.");
        return std::nullopt;
    }
    return password;
}

std::optional<std::string> read_display_name(Fields& fields) {
    auto name = fields.text("display_name", {1, 64});
    if (!name) {
        return std::nullopt;
    }
    const std::u32string points = code_points(*name);
    if (std::ranges::any_of(points, breaks_a_name) || std::ranges::all_of(points, shows_nothing)) {
        fields.fail("display_name", "invalid", "Must show something and hold no control characters.");
        return std::nullopt;
    }
    return name;
}

std::optional<std::string> read_email(Fields& fields) {
    auto email = fields.text("email", {3, 254});
    if (!email) {
        return std::nullopt;
    }
    const std::size_t at = email->find('@');
    const bool good = at != std::string::npos && at > 0 && at + 1 < email->size() && at == email->rfind('@') &&
                      std::ranges::none_of(*email, [](char c) { return c == ' ' || is_control(c); });
    if (!good) {
        fields.fail("email", "invalid", "Must be an e-mail address.");
        return std::nullopt;
    }
    return email;
}

} // namespace sotto

#include "handlers/user_fields.hpp"

#include <algorithm>

namespace sotto {

namespace {

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
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
    if (name && (std::ranges::any_of(*name, is_control) || name->find_first_not_of(' ') == std::string::npos)) {
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

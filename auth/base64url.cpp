#include "auth/base64url.hpp"

#include <sodium.h>

namespace sotto::auth {

namespace {

constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

/// All ones where `c` is from `low` to `high`, else zero: without a branch.
constexpr int mask_of(int c, int low, int high) {
    return ((low - 1 - c) & (c - high - 1)) >> 31;
}

/// What the digit `c` stands for (RFC 4648, 5), or -1.
constexpr int digit_of(int c) {
    return -1 + (mask_of(c, 'A', 'Z') & (c - 'A' + 1)) + (mask_of(c, 'a', 'z') & (c - 'a' + 27)) +
           (mask_of(c, '0', '9') & (c - '0' + 53)) + (mask_of(c, '-', '-') & 63) + (mask_of(c, '_', '_') & 64);
}

} // namespace

std::string to_base64url(std::span<const unsigned char> bytes) {
    // The size that libsodium wants has room for its closing NUL.
    std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), variant);
    text.pop_back();
    return text;
}

std::optional<std::size_t> from_base64url(std::string_view text, std::span<unsigned char> out) {
    // Every request brings some 250 characters of this, and libsodium takes 70 instructions for each.
    if (text.size() * 3 / 4 > out.size()) {
        return std::nullopt;
    }
    std::size_t size = 0;
    unsigned bits = 0;
    unsigned pending = 0; // bits that are not in `out` yet
    int invalid = 0;      // below zero from the first that is no digit
    for (const char c : text) {
        const int digit = digit_of(static_cast<unsigned char>(c));
        invalid |= digit;
        bits = bits << 6 | (static_cast<unsigned>(digit) & 63);
        pending += 6;
        if (pending >= 8) {
            pending -= 8;
            out[size++] = static_cast<unsigned char>(bits >> pending);
        }
    }
    if (invalid < 0 || pending == 6 || (bits & ((1U << pending) - 1)) != 0) {
        return std::nullopt;
    }
    return size;
}

} // namespace sotto::auth

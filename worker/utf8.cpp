#include "worker/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace sotto {

namespace {

/// The number of leading bytes that are ASCII, rounded down to a multiple of eight: most text is nothing else.
std::size_t ascii_blocks(std::string_view text) {
    std::size_t length = 0;
    std::uint64_t block = 0;
    while (text.size() - length >= sizeof block) {
        std::memcpy(&block, text.data() + length, sizeof block);
        if ((block & 0x8080808080808080U) != 0) {
            break;
        }
        length += sizeof block;
    }
    return length;
}

/// The length of the well-formed sequence that `text` (not empty) starts with, 0 where it is malformed. The narrower
/// ranges of the second byte (RFC 3629, 4) exclude overlong forms, surrogates and what is above U+10FFFF.
std::size_t sequence_length(std::string_view text) {
    const auto byte_in = [text](std::size_t i, unsigned low, unsigned high) {
        return i < text.size() && static_cast<unsigned char>(text[i]) >= low &&
               static_cast<unsigned char>(text[i]) <= high;
    };
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
        return byte_in(1, 0x80, 0xBF) ? 2 : 0;
    }
    if (lead >= 0xE0 && lead <= 0xEF) {
        const bool second = byte_in(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF);
        return second && byte_in(2, 0x80, 0xBF) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const bool second = byte_in(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF);
        return second && byte_in(2, 0x80, 0xBF) && byte_in(3, 0x80, 0xBF) ? 4 : 0;
    }
    return 0;
}

struct Extent {
    std::size_t bytes = 0;
    std::size_t code_points = 0;
};

/// How far `text` is valid.
Extent valid_extent(std::string_view text) {
    Extent extent;
    while (!text.empty()) {
        const std::size_t ascii = ascii_blocks(text);
        const std::size_t sequence = ascii == text.size() ? 0 : sequence_length(text.substr(ascii));
        extent.bytes += ascii + sequence;
        extent.code_points += ascii + (sequence == 0 ? 0 : 1);
        if (sequence == 0) {
            break;
        }
        text.remove_prefix(ascii + sequence);
    }
    return extent;
}

} // namespace

std::size_t valid_utf8_prefix(std::string_view text) {
    return valid_extent(text).bytes;
}

std::optional<std::size_t> count_code_points(std::string_view text) {
    const Extent extent = valid_extent(text);
    return extent.bytes == text.size() ? std::optional(extent.code_points) : std::nullopt;
}

} // namespace sotto

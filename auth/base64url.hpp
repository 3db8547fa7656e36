#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sotto::auth {

/// `bytes` in base64url without padding (RFC 4648, 5; RFC 7515, 2).
std::string to_base64url(std::span<const unsigned char> bytes);

/// Decodes base64url to the front of `out` and returns how many bytes that made; nothing where `out` is too small or
/// `text` is not canonical: padding, another character, or left-over bits that aren't zero. Takes a time that depends
/// on the length alone, since keys come this way.
std::optional<std::size_t> from_base64url(std::string_view text, std::span<unsigned char> out);

} // namespace sotto::auth

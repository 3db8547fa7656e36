#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace sotto {

/// The number of bytes in front of the first malformed sequence of `text`; all of them where it is valid UTF-8 (RFC
/// 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t valid_utf8_prefix(std::string_view text);

/// The number of code points in `text`, or nothing where it is not valid UTF-8 (RFC 3629).
std::optional<std::size_t> count_code_points(std::string_view text);

} // namespace sotto

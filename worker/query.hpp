#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <json/value.h>

#include "worker/result.hpp"

namespace sotto {

/// The most name=value pairs that a query string or a form may have: no call has half as many.
inline constexpr std::size_t max_pairs = 32;

/// Decodes %XX (RFC 3986, 2.1); '+' stays a plus. Nothing where an escape is broken or the result is not valid UTF-8 or
/// holds U+0000.
std::optional<std::string> percent_decode(std::string_view text);

/// Parses a query string (name=value pairs joined by '&', '+' is a space) to an object of strings.
/// A broken escape, invalid UTF-8, U+0000, a name given twice, or more than 32 pairs is `malformed_request`. Empty
/// pairs
/// ("a=1&&b=2") are skipped; a name without '=' has the empty string.
Result<Json::Value> parse_query(std::string_view query);

} // namespace sotto

#pragma once

#include <string>
#include <string_view>

#include <json/value.h>

#include "worker/result.hpp"

namespace sotto {

/// Parses one JSON text by RFC 8259 to the letter: valid UTF-8 without BOM, no U+0000 (raw or escaped), no lone
/// surrogate, no duplicate name, no comment, no trailing data, no leading zero, no number that a double can't hold,
/// depth at most 16. jsoncpp builds the value, but lets several of these through, so a scan of our own goes first.
/// Fails with `malformed_request`, whose detail names the byte offset.
Result<Json::Value> parse_json(std::string_view text);

/// The value as compact UTF-8 JSON: non-ASCII text stays as it is, and one reused writer saves its set-up.
std::string to_json(const Json::Value& value);

/// Appends `text`, valid UTF-8, as a JSON string with its quotes (RFC 8259, 7): only '"', '\' and what is below U+0020
/// are escaped. For what is written by hand because it is hot.
void append_json_string(std::string& out, std::string_view text);

} // namespace sotto

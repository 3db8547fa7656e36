#pragma once

#include <json/value.h>

#include "worker/request.hpp"
#include "worker/result.hpp"

namespace sotto {

/// Whether the request's Content-Type is one that an HTML form sends, whatever its parameters.
bool is_form(const Request& request);

/// Parses an `application/x-www-form-urlencoded` or `multipart/form-data` body (RFC 7578) with cgicc to an object of
/// strings. Type, boundary, length and shape are checked before cgicc sees a byte, and the query string is kept from
/// it: it believes CONTENT_LENGTH, mixes query and body, and drops or cuts in silence what it doesn't understand.
/// Fields left empty are absent, as a form can't leave one out. Line breaks are LF: a browser sends every one of a
/// textarea as CRLF (HTML, form submission), so a text would differ from the same one sent as JSON. 415
/// for another type or a charset other than UTF-8, 413 beyond `max_body_bytes`; a broken escape, a malformed part or
/// boundary, a file part, a name given twice, more than 32 fields, invalid UTF-8 or U+0000 is `malformed_request`.
Result<Json::Value> parse_form(const Request& request);

} // namespace sotto

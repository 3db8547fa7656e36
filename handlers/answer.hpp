#pragma once

#include <string>
#include <string_view>

#include <json/value.h>

#include "db/types.hpp"
#include "worker/response.hpp"

namespace sotto {

/// A JSON answer that no cache keeps.
Response json_response(int status, const Json::Value& body);

/// 204 No Content.
Response no_content();

/// 303 See Other to a page: what a form gets (RFC 9110, 15.4.4).
Response see_other(std::string_view location);

/// Whether If-None-Match names `etag`, or anything at all with '*'. Weak or strong makes no difference to it (RFC
/// 9110, 13.1.2), and nginx makes a compressed answer's tag weak.
bool matches_etag(std::string_view if_none_match, std::string_view etag);

/// RFC 3339 in UTC with milliseconds: "2026-11-23T00:37:04.152Z".
std::string to_rfc3339(db::Timestamp time);
void append_rfc3339(std::string& out, db::Timestamp time);

} // namespace sotto

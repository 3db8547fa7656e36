#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace sotto {

/// One HTTP request as nginx hands it over: plain values, so that a test builds one by hand.
/// A header that the client did not send is an empty string.
struct Request {
    std::string method;           ///< as sent, e.g. "GET"
    std::string path;             ///< normalised by nginx, without the query: "/api/v1/users/me"
    std::string query;            ///< raw, without the '?'
    std::string content_type;     ///< raw Content-Type
    std::string content_encoding; ///< raw Content-Encoding
    std::string body;             ///< at most `max_body_bytes`; nginx and the FastCGI side both refuse more
    std::string accept;           ///< raw Accept
    std::string authorization;    ///< raw Authorization
    std::string cookie;           ///< raw Cookie
    std::string host;             ///< raw Host, with the port where there is one
    std::string origin;           ///< raw Origin
    std::string sec_fetch_site;   ///< raw Sec-Fetch-Site
    std::string user_agent;       ///< raw User-Agent
    std::string if_none_match;    ///< raw If-None-Match
    std::string idempotency_key;  ///< raw Idempotency-Key
    std::string remote_addr;      ///< the client's address as nginx sees it
    std::string request_id;       ///< nginx's $request_id, 32 hex digits
    std::optional<std::chrono::nanoseconds> waited = {}; ///< since nginx turned to the pool, to a millisecond
};

inline constexpr std::size_t max_body_bytes = std::size_t{64} * 1024;

} // namespace sotto

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sotto {

/// Whether the two are the same but for the case of ASCII letters, as names in headers are compared.
bool equal_ignoring_case(std::string_view left, std::string_view right);

/// A media type, or a media range, with its parameters (RFC 9110, 8.3.1 and 12.5.1).
struct MediaType {
    std::string type; ///< lower case, e.g. "application/json", "text/*", "*/*"
    std::vector<std::pair<std::string, std::string>> parameters = {}; ///< names in lower case, values without quotes

    /// The parameter's value, or nothing.
    std::optional<std::string_view> parameter(std::string_view name) const;

    /// Whether the charset is UTF-8, said or not.
    bool is_utf8() const;
};

/// Parses the value of a Content-Type header, or one element of an Accept header. Nothing where it is malformed or has
/// a parameter twice, which would leave open what it means.
std::optional<MediaType> parse_media_type(std::string_view text);

/// Whether a client that sent this Accept header (RFC 9110, 12.5.1) takes `type` in UTF-8, where `type` is in lower
/// case and without parameters: the most specific range that fits decides, and a weight of 0 refuses. Malformed
/// elements are ignored; a missing header, or one with nothing else in it, takes everything.
bool accepts(std::string_view accept_header, std::string_view type);

} // namespace sotto

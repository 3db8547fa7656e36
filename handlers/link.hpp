#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sotto {

/// The host of an http or https URL, ASCII letters small, without port; nothing where `url` is anything else. No user
/// name or password in front of the host, which only ever disguises it; no blanks or control characters (RFC 3986, 3).
std::optional<std::string> link_host(std::string_view url);

/// Where a video comes from, by its URL's host: "youtube", "vevo", "vimeo", "dailymotion", "twitch" or "tiktok", else
/// the host without "www.", shortened from the left, label by label, to 32 characters.
std::string video_source(std::string_view host);

/// What somebody calls a video's source, "YouTube" for one, as it is stored: letters small. Nothing where it is not 1
/// to 32 of the letters a to z, digits, '_', '.' and '-'.
std::optional<std::string> source_name(std::string_view text);

} // namespace sotto

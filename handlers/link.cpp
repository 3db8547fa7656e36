#include "handlers/link.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace sotto {

namespace {

constexpr std::size_t max_source = 32;

char small(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_within(std::string_view host, std::string_view domain) {
    return host == domain ||
           (host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
}

std::string in_small_letters(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), small);
    return result;
}

/// RFC 3986 lets a port be empty, which means the scheme's own.
bool is_port(std::string_view text) {
    std::uint16_t number = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    return text.empty() || (parsed.ec == std::errc() && parsed.ptr == end);
}

} // namespace

std::optional<std::string> link_host(std::string_view url) {
    if (std::ranges::any_of(url,
                            [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\'; })) {
        return std::nullopt;
    }
    const std::size_t colon = url.find("://");
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string scheme = in_small_letters(url.substr(0, colon));
    if (scheme != "http" && scheme != "https") {
        return std::nullopt;
    }
    const std::string_view authority = url.substr(colon + 3, url.find_first_of("/?#", colon + 3) - (colon + 3));
    if (authority.find('@') != std::string_view::npos) {
        return std::nullopt;
    }
    // An IPv6 address has colons of its own, within brackets.
    const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
    if (bracket == std::string_view::npos) {
        return std::nullopt;
    }
    const std::size_t colon_of_port = authority.find(':', bracket);
    if (colon_of_port != std::string_view::npos && !is_port(authority.substr(colon_of_port + 1))) {
        return std::nullopt;
    }
    std::string host = in_small_letters(authority.substr(0, colon_of_port));
    if (host.empty()) {
        return std::nullopt;
    }
    return host;
}

std::string video_source(std::string_view host) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> known{{
        {"youtube.com", "youtube"},
        {"youtu.be", "youtube"},
        {"youtube-nocookie.com", "youtube"},
        {"vevo.com", "vevo"},
        {"vimeo.com", "vimeo"},
        {"dailymotion.com", "dailymotion"},
        {"dai.ly", "dailymotion"},
        {"twitch.tv", "twitch"},
        {"tiktok.com", "tiktok"},
    }};
    if (host.ends_with('.')) { // the same host, written in full
        host.remove_suffix(1);
    }
    for (const auto& [domain, source] : known) {
        if (is_within(host, domain)) {
            return std::string(source);
        }
    }
    if (host.starts_with("www.")) {
        host.remove_prefix(4);
    }
    while (host.size() > max_source && host.find('.') != std::string_view::npos) {
        host.remove_prefix(host.find('.') + 1);
    }
    return source_name(host).value_or("other");
}

std::optional<std::string> source_name(std::string_view text) {
    std::string name = in_small_letters(text);
    if (name.empty() || name.size() > max_source ||
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.-") != std::string::npos) {
        return std::nullopt;
    }
    return name;
}

} // namespace sotto

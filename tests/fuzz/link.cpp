// The URL of an image or a video.

#include <algorithm>
#include <string>

#include "handlers/link.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace sotto::fuzz {

void try_input(std::string_view url) {
    const std::string source = video_source(url);
    for (const std::string& each : {source, source_name(url).value_or(source)}) {
        require(!each.empty() && each.size() <= 32 &&
                    each.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.-") == std::string::npos,
                "a source is one that a message may have");
        require(source_name(each) == each, "and is kept as it is");
    }

    const auto host = link_host(url);
    if (!host) {
        return;
    }
    std::string small(url);
    std::ranges::transform(small, small.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    require(small.starts_with("http://") || small.starts_with("https://"), "a link is http or https");
    const std::string behind = small.substr(small.find("://") + 3);
    require(!host->empty() && behind.starts_with(*host), "the host stands right behind the scheme");
    const std::string rest = behind.substr(host->size());
    require(rest.empty() || std::string_view("/?#:").find(rest[0]) != std::string_view::npos, "and is all of it");
    require(host->find_first_of("@/?#\\ \t\r\n") == std::string::npos, "no user name, path or blank is in a host");
    require(link_host("https://" + *host + "/") == host, "a host makes a link to itself");
}

} // namespace sotto::fuzz

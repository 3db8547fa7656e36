// Request headers with a grammar. Input: the value of each in a line: Content-Type, Accept, Sec-Fetch-Site, Origin,
// Host.

#include <string>

#include "auth/origin.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "worker/accept.hpp"
#include "worker/form.hpp"

namespace sotto::fuzz {

namespace {

std::string serialise(const MediaType& media) {
    std::string text = media.type;
    for (const auto& [name, value] : media.parameters) {
        text.append("; ").append(name).append("=\"");
        for (const char c : value) {
            text.append(c == '"' || c == '\\' ? "\\" : "").append(1, c);
        }
        text += '"';
    }
    return text;
}

void try_content_type(std::string_view text) {
    const auto media = parse_media_type(text);
    Request request;
    request.content_type = text;
    require(media || !is_form(request), "what is no media type is no form");
    if (media) {
        const auto again = parse_media_type(serialise(*media));
        require(again && again->type == media->type && again->parameters == media->parameters,
                "a media type written anew means the same");
    }
}

void try_accept(std::string_view text) {
    accepts(text, "text/html");
    require(accepts("application/json, " + std::string(text), "application/json"),
            "what is named plainly is accepted, whatever follows");
    require(!accepts("application/json;q=0", "application/json") && accepts("", "application/json"),
            "a weight of 0 refuses, and no header takes all");
}

void try_origin(std::string_view sec_fetch_site, std::string_view origin, std::string_view host) {
    if (!auth::is_same_origin(sec_fetch_site, origin, host)) {
        return;
    }
    const bool said_by_browser = sec_fetch_site == "same-origin" || sec_fetch_site == "none";
    const bool same = !host.empty() && origin == "https://" + std::string(host);
    require(said_by_browser || (sec_fetch_site.empty() && (origin.empty() || same)),
            "no other origin passes for this one");
}

} // namespace

void try_input(std::string_view input) {
    try_content_type(take_until(input, '\n'));
    try_accept(take_until(input, '\n'));
    const std::string_view sec_fetch_site = take_until(input, '\n');
    const std::string_view origin = take_until(input, '\n');
    try_origin(sec_fetch_site, origin, input);
}

} // namespace sotto::fuzz

#include "worker/accept.hpp"

#include <algorithm>
#include <cstddef>

namespace sotto {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Whether `c` may stand in a token (RFC 9110, 5.6.2).
bool is_token_char(char c) {
    const char l = lower(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') ||
           (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

/// Takes `wanted` from the front of `rest`, where it is there.
bool take(std::string_view& rest, char wanted) {
    if (!rest.starts_with(wanted)) {
        return false;
    }
    rest.remove_prefix(1);
    return true;
}

void skip_white(std::string_view& rest) {
    while (take(rest, ' ') || take(rest, '\t')) {
    }
}

/// Takes a token, empty where there is none.
std::string_view take_token(std::string_view& rest) {
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_token_char);
    const std::string_view token(rest.begin(), end);
    rest.remove_prefix(token.size());
    return token;
}

std::string take_lower_token(std::string_view& rest) {
    std::string token(take_token(rest));
    std::transform(token.begin(), token.end(), token.begin(), lower);
    return token;
}

/// Takes a quoted string (RFC 9110, 5.6.4) behind its opening quote.
std::optional<std::string> take_quoted(std::string_view& rest) {
    std::string text;
    while (!rest.empty()) {
        if (take(rest, '"')) {
            return text;
        }
        take(rest, '\\');
        const bool control = rest.empty() || (static_cast<unsigned char>(rest[0]) < 0x20 && rest[0] != '\t');
        if (control || rest[0] == 0x7F) {
            return std::nullopt;
        }
        text.push_back(rest[0]);
        rest.remove_prefix(1);
    }
    return std::nullopt;
}

/// A parameter's value: a token that is not empty, or a quoted string.
std::optional<std::string> take_value(std::string_view& rest) {
    if (take(rest, '"')) {
        return take_quoted(rest);
    }
    const std::string_view token = take_token(rest);
    return token.empty() ? std::nullopt : std::optional<std::string>(token);
}

/// Takes one element of a comma-separated list; a comma within quotes does not end it.
std::string_view take_element(std::string_view& rest) {
    bool quoted = false;
    std::size_t end = 0;
    for (; end < rest.size() && (quoted || rest[end] != ','); ++end) {
        if (quoted && rest[end] == '\\') {
            ++end;
        } else if (rest[end] == '"') {
            quoted = !quoted;
        }
    }
    const std::string_view element = rest.substr(0, end);
    rest.remove_prefix(std::min(element.size() + 1, rest.size()));
    return element;
}

/// Whether a weight (RFC 9110, 12.4.2) is above 0; nothing where it is malformed. A missing leading zero passes, since
/// Java's own client wrote ".2" for decades.
std::optional<bool> is_wanted(std::string_view weight) {
    const bool one = take(weight, '1');
    const bool digit = one || take(weight, '0');
    if (weight.empty()) {
        return digit ? std::optional(one) : std::nullopt;
    }
    if (!take(weight, '.') || weight.size() > 3 || (weight.empty() && !digit)) {
        return std::nullopt;
    }
    const std::string_view allowed = one ? "0" : "0123456789";
    if (weight.find_first_not_of(allowed) != std::string_view::npos) {
        return std::nullopt;
    }
    return one || weight.find_first_not_of('0') != std::string_view::npos;
}

/// How closely `range` fits `type` in UTF-8: 1 for */*, 2 for its main type, 3 for itself, 0 for not at all. What we
/// send has no parameters, so a range that asks for others means something else.
int fit(const MediaType& range, std::string_view type) {
    const bool plain = std::all_of(range.parameters.begin(), range.parameters.end(),
                                   [](const auto& p) { return p.first == "q" || p.first == "charset"; });
    if (!plain || !range.is_utf8()) {
        return 0;
    }
    if (range.type == type) {
        return 3;
    }
    if (range.type == "*/*") {
        return 1;
    }
    const std::string_view main_type = type.substr(0, type.find('/') + 1);
    return range.type.size() == main_type.size() + 1 && range.type.starts_with(main_type) && range.type.ends_with('*')
               ? 2
               : 0;
}

} // namespace

bool equal_ignoring_case(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right, {}, lower, lower);
}

std::optional<std::string_view> MediaType::parameter(std::string_view name) const {
    const auto found =
        std::find_if(parameters.begin(), parameters.end(), [name](const auto& p) { return p.first == name; });
    return found == parameters.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

bool MediaType::is_utf8() const {
    return equal_ignoring_case(parameter("charset").value_or("utf-8"), "utf-8");
}

std::optional<MediaType> parse_media_type(std::string_view text) {
    skip_white(text);
    const std::string main_type = take_lower_token(text);
    if (main_type.empty() || !take(text, '/')) {
        return std::nullopt;
    }
    const std::string subtype = take_lower_token(text);
    if (subtype.empty() || (main_type == "*" && subtype != "*")) {
        return std::nullopt;
    }
    MediaType media{main_type + '/' + subtype};
    for (skip_white(text); !text.empty(); skip_white(text)) {
        if (!take(text, ';')) {
            return std::nullopt;
        }
        skip_white(text);
        if (text.empty() || text.front() == ';') {
            continue;
        }
        std::string name = take_lower_token(text);
        std::optional<std::string> value = !name.empty() && take(text, '=') ? take_value(text) : std::nullopt;
        if (!value || media.parameter(name)) {
            return std::nullopt;
        }
        media.parameters.emplace_back(std::move(name), std::move(*value));
    }
    return media;
}

bool accepts(std::string_view accept_header, std::string_view type) {
    bool ranges = false;
    int best = 0;
    bool wanted = false;
    while (!accept_header.empty()) {
        const std::optional<MediaType> range = parse_media_type(take_element(accept_header));
        const std::optional<bool> weight = range ? is_wanted(range->parameter("q").value_or("1")) : std::nullopt;
        if (!weight) {
            continue;
        }
        ranges = true;
        const int specific = fit(*range, type);
        if (specific > best) {
            best = specific;
            wanted = *weight;
        } else if (specific == best && best > 0) {
            wanted = wanted || *weight;
        }
    }
    return !ranges || wanted;
}

} // namespace sotto

#include "worker/query.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "worker/utf8.hpp"

namespace sotto {

namespace {

Problem malformed(std::string detail) {
    return {ProblemType::malformed_request, std::move(detail)};
}

std::optional<std::string> form_decode(std::string_view text) {
    if (text.find('+') == std::string_view::npos) {
        return percent_decode(text);
    }
    std::string spaced(text);
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    return percent_decode(spaced);
}

} // namespace

std::optional<std::string> percent_decode(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    while (!text.empty()) {
        const std::size_t percent = std::min(text.find('%'), text.size());
        decoded.append(text.substr(0, percent));
        text.remove_prefix(percent);
        if (text.empty()) {
            break;
        }
        unsigned char byte = 0;
        const char* const end = text.data() + std::min<std::size_t>(text.size(), 3);
        const auto [stop, error] = std::from_chars(text.data() + 1, end, byte, 16);
        if (error != std::errc{} || stop != text.data() + 3) {
            return std::nullopt;
        }
        decoded.push_back(static_cast<char>(byte));
        text.remove_prefix(3);
    }
    if (!count_code_points(decoded) || decoded.find('\0') != std::string::npos) {
        return std::nullopt;
    }
    return decoded;
}

Result<Json::Value> parse_query(std::string_view query) {
    Json::Value object(Json::objectValue);
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        if (pair.empty()) {
            continue;
        }
        const std::size_t equals = std::min(pair.find('='), pair.size());
        const std::optional<std::string> name = form_decode(pair.substr(0, equals));
        const std::optional<std::string> value = form_decode(pair.substr(std::min(equals + 1, pair.size())));
        if (!name || !value) {
            return malformed("The query string has a broken escape, or is not valid UTF-8.");
        }
        if (object.isMember(*name)) {
            return malformed("The query string has a parameter twice.");
        }
        if (object.size() == max_pairs) {
            return malformed("The query string has more than 32 parameters.");
        }
        object[*name] = *value;
    }
    return object;
}

} // namespace sotto

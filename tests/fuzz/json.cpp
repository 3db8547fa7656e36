// A JSON text, as any call's body.

#include <algorithm>
#include <string>

#include "tests/fuzz/fuzz.hpp"
#include "worker/json.hpp"
#include "worker/utf8.hpp"

namespace sotto::fuzz {

namespace {

int depth_of(const Json::Value& value) {
    int deepest = 0;
    for (const Json::Value& member : value) {
        deepest = std::max(deepest, depth_of(member));
    }
    return value.isObject() || value.isArray() ? deepest + 1 : 0;
}

bool has_only_text(const Json::Value& value) {
    if (value.isString()) {
        return is_text(value.asString());
    }
    const auto names = value.isObject() ? value.getMemberNames() : Json::Value::Members{};
    return std::ranges::all_of(names, is_text) && std::ranges::all_of(value, has_only_text);
}

/// Any text goes into a JSON string and comes back.
void try_string(std::string_view text) {
    const std::string_view valid = text.substr(0, std::min(valid_utf8_prefix(text), text.find('\0')));
    std::string written;
    append_json_string(written, valid);
    const auto read = parse_json(written);
    require(read && read->isString() && read->asString() == valid, "a string written by hand is read again");
    const auto again = parse_json(to_json(*read));
    require(again && *again == *read, "and so is one that jsoncpp writes");
}

} // namespace

void try_input(std::string_view input) {
    try_string(input);
    const auto value = parse_json(input);
    if (!value) {
        require(value.problem().type == ProblemType::malformed_request, "what is no JSON is a malformed request");
        require(is_text(value.problem().detail), "and the reason is text");
        return;
    }
    require(depth_of(*value) <= 16, "nothing is nested deeper than 16 levels");
    require(has_only_text(*value), "every string and every name is text");
    const std::string written = to_json(*value);
    require(is_text(written), "JSON is text");
    const auto again = parse_json(written);
    require(again && *again == *value, "a value written is read again as it was");
}

} // namespace sotto::fuzz

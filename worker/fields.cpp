#include "worker/fields.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

#include "worker/accept.hpp"
#include "worker/form.hpp"
#include "worker/json.hpp"
#include "worker/query.hpp"
#include "worker/utf8.hpp"

namespace sotto {

namespace {

constexpr std::size_t max_unknown = 8;
constexpr std::size_t max_unknown_name_bytes = 64;

const Json::Value* find_member(const Json::Value& object, std::string_view name) {
    return object.find(name.data(), name.data() + name.size());
}

/// A member with a value: JSON null is a way to leave a member out.
bool has_value(const Json::Value* member) {
    return member != nullptr && !member->isNull();
}

/// What `std::from_chars` makes of a number, or would.
struct WholeNumber {
    std::int64_t number = 0;
    std::errc error{};
};

WholeNumber parse_whole_number(std::string_view digits) {
    WholeNumber result;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, result.number);
    result.error = stop == end ? error : std::errc::invalid_argument;
    return result;
}

/// jsoncpp makes a real number of an integer beyond 64 bits, so a real beyond int64 counts as one that is too large.
WholeNumber to_whole_number(const Json::Value& value) {
    switch (value.type()) {
    case Json::intValue:
        return {value.asInt64(), {}};
    case Json::uintValue:
        return {0,
                std::errc::result_out_of_range}; // the reader makes this of what int64 can't hold, and of nothing else
    case Json::realValue:
        return {0, std::abs(value.asDouble()) >= 0x1p63 ? std::errc::result_out_of_range : std::errc::invalid_argument};
    default:
        return {0, std::errc::invalid_argument};
    }
}

/// Valid UTF-8 cut to at most `max_bytes` between two code points.
std::string_view cut(std::string_view text, std::size_t max_bytes) {
    return text.substr(0, valid_utf8_prefix(text.substr(0, max_bytes)));
}

} // namespace

Fields::Fields(Json::Value object, Encoding encoding) : object_(std::move(object)), encoding_(encoding) {}

Result<Fields> Fields::from_body(const Request& request, bool forms) {
    if (!request.content_encoding.empty()) {
        return Problem{ProblemType::unsupported_media,
                       "Send the body as it is, without a Content-Encoding.",
                       {},
                       {{"Accept-Encoding", "identity"}}}; // RFC 9110, 15.5.16
    }
    if (forms && is_form(request)) {
        Result<Json::Value> form = parse_form(request);
        return form ? Result<Fields>(Fields(std::move(*form), Encoding::text)) : std::move(form.problem());
    }
    const std::optional<MediaType> media = parse_media_type(request.content_type);
    if (!media || media->type != "application/json" || !media->is_utf8()) {
        return Problem{ProblemType::unsupported_media,
                       forms ? "Send application/json or a form, in UTF-8." : "Send application/json in UTF-8."};
    }
    if (request.body.size() > max_body_bytes) {
        return Problem{ProblemType::body_too_large, "A body may have 65,536 bytes."};
    }
    Result<Json::Value> json = parse_json(request.body);
    if (!json) {
        return std::move(json.problem());
    }
    if (!json->isObject()) {
        return Problem{ProblemType::malformed_request, "The body must be a JSON object."};
    }
    return Fields(std::move(*json), Encoding::json);
}

Result<Fields> Fields::from_query(const Request& request) {
    Result<Json::Value> query = parse_query(request.query);
    return query ? Result<Fields>(Fields(std::move(*query), Encoding::text)) : std::move(query.problem());
}

std::optional<std::string> Fields::text(std::string_view name, Length length) {
    std::optional<std::string> value = string(name);
    if (!value) {
        return std::nullopt;
    }
    const std::size_t size = count_code_points(*value).value_or(value->size());
    return sized(name, std::move(*value), size, length, " characters.");
}

std::optional<std::string> Fields::bytes(std::string_view name, Length length) {
    std::optional<std::string> value = string(name);
    if (!value) {
        return std::nullopt;
    }
    const std::size_t size = value->size();
    return sized(name, std::move(*value), size, length, " bytes.");
}

std::optional<std::int64_t> Fields::integer(std::string_view name, std::int64_t min, std::int64_t max) {
    const Json::Value* const value = find(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    const WholeNumber whole =
        encoding_ == Encoding::text ? parse_whole_number(value->asString()) : to_whole_number(*value);
    if (whole.error == std::errc::invalid_argument) {
        fail(name, "wrong_type", "Must be a whole number.");
        return std::nullopt;
    }
    if (whole.error != std::errc{} || whole.number < min || whole.number > max) {
        fail(name, "out_of_range", "Must be from " + std::to_string(min) + " to " + std::to_string(max) + ".");
        return std::nullopt;
    }
    return whole.number;
}

std::optional<bool> Fields::boolean(std::string_view name) {
    const Json::Value* const value = find(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (value->isBool()) {
        return value->asBool();
    }
    if (encoding_ == Encoding::text) {
        const std::string word = value->asString();
        if (word == "true" || word == "1" || word == "on") {
            return true;
        }
        if (word == "false" || word == "0") {
            return false;
        }
    }
    fail(name, "wrong_type", "Must be true or false.");
    return std::nullopt;
}

std::optional<std::string> Fields::choice(std::string_view name, std::initializer_list<std::string_view> choices) {
    std::optional<std::string> value = string(name);
    if (!value || std::find(choices.begin(), choices.end(), *value) != choices.end()) {
        return value;
    }
    std::string detail = "Must be one of:";
    for (const std::string_view choice : choices) {
        detail.append(" ").append(choice);
    }
    fail(name, "invalid", detail + ".");
    return std::nullopt;
}

bool Fields::has(std::string_view name) const {
    return has_value(find_member(object_, name));
}

bool Fields::is_null(std::string_view name) const {
    return object_.isMember(name.data(), name.data() + name.size()) && !has(name);
}

void Fields::require(std::string_view name) {
    const bool failed =
        std::any_of(errors_.begin(), errors_.end(), [name](const FieldError& error) { return error.field == name; });
    if (find(name) == nullptr && !failed) {
        fail(name, "required", "Must be there.");
    }
}

void Fields::fail(std::string_view name, std::string_view code, std::string_view detail) {
    known_.emplace(name);
    errors_.push_back({std::string(name), std::string(code), std::string(detail)});
}

std::optional<Problem> Fields::problem() const {
    std::vector<FieldError> errors = errors_;
    for (const std::string& name : object_.getMemberNames()) {
        if (errors.size() == errors_.size() + max_unknown) {
            break;
        }
        if (!known_.contains(name)) {
            errors.push_back(
                {std::string(cut(name, max_unknown_name_bytes)), "unknown", "This call takes no such field."});
        }
    }
    if (errors.empty()) {
        return std::nullopt;
    }
    return Problem{ProblemType::validation, "See `errors` for the fields and what is wrong with each.",
                   std::move(errors)};
}

const Json::Value* Fields::find(std::string_view name) {
    const Json::Value* const member = find_member(object_, name);
    if (member != nullptr) {
        known_.emplace(name);
    }
    return has_value(member) ? member : nullptr;
}

std::optional<std::string> Fields::string(std::string_view name) {
    const Json::Value* const value = find(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (!value->isString()) {
        fail(name, "wrong_type", "Must be a string.");
        return std::nullopt;
    }
    return value->asString();
}

/// `text` where its `size` is within `length`.
std::optional<std::string> Fields::sized(std::string_view name, std::string text, std::size_t size, Length length,
                                         std::string_view unit) {
    if (size >= length.min && size <= length.max) {
        return text;
    }
    std::string detail = "Must have " + std::to_string(length.min) + " to " + std::to_string(length.max);
    fail(name, size < length.min ? "too_short" : "too_long", detail.append(unit));
    return std::nullopt;
}

} // namespace sotto

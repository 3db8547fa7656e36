#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <json/value.h>

#include "worker/request.hpp"
#include "worker/result.hpp"

namespace sotto {

/// Reads the members of one flat object (a JSON body, a form, a query string), checks each and collects every failure,
/// so that a client sees all of them at once. Values that arrive as text by nature (forms, queries) are turned into
/// numbers and booleans where these are asked for; in a JSON body the type must be right.
///
/// Codes: required, wrong_type, too_short, too_long, out_of_range, invalid, unknown.
class Fields {
  public:
    enum class Encoding { json, text };

    Fields(Json::Value object, Encoding encoding);

    /// From the request's body: JSON, or a form where `forms` allows it.
    /// 415 for any other type or charset, or a Content-Encoding, 400 for what does not parse or is not an object, 413
    /// beyond `max_body_bytes`.
    static Result<Fields> from_body(const Request& request, bool forms);

    /// From the request's query string.
    static Result<Fields> from_query(const Request& request);

    struct Length {
        std::size_t min;
        std::size_t max;
    };

    /// Text of `length.min` to `length.max` code points. JSON null counts as absent, here and below.
    std::optional<std::string> text(std::string_view name, Length length);

    /// Text of `length.min` to `length.max` bytes.
    std::optional<std::string> bytes(std::string_view name, Length length);

    /// A whole number from `min` to `max`: in JSON one without fraction and exponent, so 1.0 and 1e2 are `wrong_type`;
    /// decimal digits with an optional '-' where it arrives as text. Beyond 64 bits it is `out_of_range`.
    std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max);

    /// true or false; also "1"/"0" and "on" where it arrives as text.
    std::optional<bool> boolean(std::string_view name);

    /// One of `choices`.
    std::optional<std::string> choice(std::string_view name, std::initializer_list<std::string_view> choices);

    /// Whether the member is there with a value.
    bool has(std::string_view name) const;

    /// Whether the member is there and JSON null: where that takes a value away, and absence leaves it.
    bool is_null(std::string_view name) const;

    /// Says that `name` must be there; does nothing if it is, or if it has failed already.
    void require(std::string_view name);

    /// Adds a failure found by the caller.
    void fail(std::string_view name, std::string_view code, std::string_view detail);

    /// What is wrong with all that was read, members that nobody asked for included (the first 8 of them, their names
    /// cut to 64 bytes): `validation`, or nothing.
    std::optional<Problem> problem() const;

  private:
    const Json::Value* find(std::string_view name);
    std::optional<std::string> string(std::string_view name);
    std::optional<std::string> sized(std::string_view name, std::string text, std::size_t size, Length length,
                                     std::string_view unit);

    Json::Value object_;
    Encoding encoding_;
    std::set<std::string, std::less<>> known_;
    std::vector<FieldError> errors_;
};

} // namespace sotto

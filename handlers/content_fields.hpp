#pragma once

#include <optional>
#include <string>

#include "db/messages.hpp"
#include "worker/fields.hpp"

namespace sotto {

/// A message's content as a request gives it, checked; owns what db::Content looks at.
struct ContentFields {
    std::string type;
    std::optional<std::string> text;
    std::optional<std::string> url;
    std::optional<std::int64_t> width;
    std::optional<std::int64_t> height;
    std::optional<std::int64_t> duration_s;
    std::optional<std::string> source;

    db::Content view() const { return {type, text, url, width, height, duration_s, source}; }
};

/// Reads the content of a new message; failures are left in `fields`. A member that the type does not have is one.
ContentFields read_content(Fields& fields);

} // namespace sotto

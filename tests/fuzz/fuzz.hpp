#pragma once

#include <string>
#include <string_view>

#include <json/value.h>

namespace sotto::fuzz {

/// What a target does with one input, which is as long as it looks: to read beyond it is an error that the sanitizers
/// see. Each target is this function and nothing else.
void try_input(std::string_view input);

/// Ends the program where a property of the code under test does not hold, with `what` as the last word.
void require(bool holds, std::string_view what);

/// Whether `text` is what may be stored and answered: valid UTF-8 without U+0000.
bool is_text(std::string_view text);

/// Whether each member of `object` is text under a name that is text, and there are no more of them than a query or a
/// form may have.
bool is_object_of_texts(const Json::Value& object);

/// Cuts the text before `separator` off `rest`, and the separator.
std::string_view take_until(std::string_view& rest, char separator);

/// `text` with every byte as %XX but letters and digits.
std::string percent_encode(std::string_view text);

/// The object of texts as a query string, or the body of a form.
std::string urlencode(const Json::Value& object);

} // namespace sotto::fuzz

#pragma once

#include <string>

namespace sotto::admin {

/// A new password: asked for twice on a terminal, without showing it, or else the first line of standard input. Throws
/// std::runtime_error where there is none or the two differ.
std::string ask_for_password();

/// Has a person on the terminal type `word` to go on. False where they type something else; throws UsageError where
/// standard input is no terminal, naming the option `--yes`, which spares the question.
bool confirm(const std::string& question, const std::string& word);

/// `text` without the control characters that a terminal would obey.
std::string printable(std::string text);

} // namespace sotto::admin

#pragma once

#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sotto::admin {

/// What the shell is told.
enum class Exit {
    done = 0,
    failed = 1,
    usage = 2, ///< the command line makes no sense; nothing was done
    found = 3, ///< `doctor` and `migrate --check`: something is to be mended or done
};

/// One option of a command. An option without `value` is a switch.
struct Option {
    std::string_view name;  ///< with its dashes
    std::string_view value; ///< what stands for its value in a help text, such as FILE; empty for a switch
    std::string_view help;
};

/// The command line makes no sense; the text says why.
class UsageError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The options and operands that a command was given.
class Arguments {
  public:
    /// Takes apart what follows a command's words: `--name value`, `--name=value`, `--switch`, operands, and `--`
    /// before operands that begin with a dash. `operands` is how a help text has them: "USER_NAME [FILE]". Throws
    /// UsageError for an option that is unknown, given twice or without its value, and for operands too many or too
    /// few.
    Arguments(std::span<const std::string> words, std::span<const Option> options, std::string_view operands);

    bool has(std::string_view option) const { return options_.contains(option); }
    std::optional<std::string> value(std::string_view option) const;

    /// The operand at `index`, or nothing where it may be absent and is.
    std::optional<std::string> operand(std::size_t index) const;

  private:
    std::map<std::string, std::string, std::less<>> options_;
    std::vector<std::string> operands_;
};

struct Command {
    std::string_view words;    ///< "users add"
    std::string_view operands; ///< "USER_NAME [FILE]"; what stands in brackets may be absent
    std::string_view summary;  ///< one line
    std::span<const Option> options;
    Exit (*run)(const Arguments&);
};

/// Every command, in the order of the help text.
std::span<const Command> commands();

/// What `sottoctl --help` and `sottoctl COMMAND --help` print.
std::string general_help();
std::string help_of(const Command& command);

} // namespace sotto::admin

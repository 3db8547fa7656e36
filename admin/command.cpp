#include "admin/command.hpp"

#include <algorithm>

namespace sotto::admin {

namespace {

/// A column of the help texts.
std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(text.size() + 2, width), ' ');
    return text;
}

std::string shown(const Option& option) {
    return std::string(option.name) + (option.value.empty() ? "" : " " + std::string(option.value));
}

struct OperandCount {
    std::size_t min;
    std::size_t max;
};

OperandCount count_operands(std::string_view operands) {
    const auto optional = static_cast<std::size_t>(std::ranges::count(operands, '['));
    const std::size_t all = operands.empty() ? 0 : 1 + static_cast<std::size_t>(std::ranges::count(operands, ' '));
    return {all - optional, all};
}

} // namespace

Arguments::Arguments(std::span<const std::string> words, std::span<const Option> options, std::string_view operands) {
    bool options_over = false;
    for (auto word = words.begin(); word != words.end(); ++word) {
        if (options_over || word->size() < 2 || word->front() != '-') {
            operands_.push_back(*word);
            continue;
        }
        if (*word == "--") {
            options_over = true;
            continue;
        }
        const std::size_t equals = word->find('=');
        const std::string name = word->substr(0, equals);
        const auto option = std::ranges::find(options, name, &Option::name);
        if (option == options.end()) {
            throw UsageError("there is no option " + name);
        }
        if (has(name)) {
            throw UsageError(name + " is given twice");
        }
        std::string value;
        if (option->value.empty() && equals != std::string::npos) {
            throw UsageError(name + " takes no value");
        }
        if (equals != std::string::npos) {
            value = word->substr(equals + 1);
        } else if (!option->value.empty()) {
            if (++word == words.end()) {
                throw UsageError(name + " needs a value: " + std::string(option->value));
            }
            value = *word;
        }
        if (!option->value.empty() && value.empty()) {
            throw UsageError(name + " needs a value: " + std::string(option->value));
        }
        options_.emplace(name, std::move(value));
    }
    const OperandCount count = count_operands(operands);
    if (operands_.size() < count.min) {
        throw UsageError("missing: " + std::string(operands));
    }
    if (operands_.size() > count.max) {
        throw UsageError("'" + operands_[count.max] + "' is one argument too many");
    }
}

std::optional<std::string> Arguments::value(std::string_view option) const {
    const auto found = options_.find(option);
    return found == options_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string> Arguments::operand(std::size_t index) const {
    return index < operands_.size() ? std::optional(operands_[index]) : std::nullopt;
}

std::string general_help() {
    std::string text = "Usage: sottoctl COMMAND [OPTION…]\n\n";
    for (const Command& command : commands()) {
        text += "  " + padded(std::string(command.words), 18) + std::string(command.summary) + "\n";
    }
    text += "\n`sottoctl COMMAND --help` says more of one. Where things are is read from the environment and from\n"
            "/etc/sotto/sotto.conf; SOTTO_CONFIG names another file.\n\n"
            "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 `doctor` or `migrate --check` found something.\n";
    return text;
}

std::string help_of(const Command& command) {
    std::string text = "Usage: sottoctl " + std::string(command.words);
    text += command.options.empty() ? "" : " [OPTION…]";
    text += command.operands.empty() ? "" : " " + std::string(command.operands);
    text += "\n\n" + std::string(command.summary) + "\n";
    if (!command.options.empty()) {
        text += "\n";
    }
    for (const Option& option : command.options) {
        text += "  " + padded(shown(option), 32) + std::string(option.help) + "\n";
    }
    return text;
}

} // namespace sotto::admin

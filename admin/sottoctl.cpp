// sottoctl: the administrator's command. What it can do stands in commands.cpp; exit codes are those of admin::Exit.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <vector>

#include "admin/command.hpp"
#include "admin/output.hpp"
#include "auth/random.hpp"

namespace {

using namespace sotto::admin;

/// The command whose words the line begins with; "users list" before a "users" that there might be.
const Command* find_command(std::span<const std::string> words) {
    for (std::size_t count = std::min<std::size_t>(2, words.size()); count > 0; --count) {
        const std::string name = count == 2 ? words[0] + " " + words[1] : words[0];
        const auto found = std::ranges::find(commands(), name, &Command::words);
        if (found != commands().end()) {
            return &*found;
        }
    }
    return nullptr;
}

Exit run(const Command& command, std::span<const std::string> rest) {
    if (std::ranges::find(rest, "--help") != rest.end()) {
        std::fputs(help_of(command).c_str(), stdout);
        return Exit::done;
    }
    const Arguments arguments(rest, command.options, command.operands);
    sotto::auth::initialise();
    return command.run(arguments);
}

Exit run(std::span<const std::string> words) {
    if (words.empty()) {
        std::fputs(general_help().c_str(), stderr);
        return Exit::usage;
    }
    if (words[0] == "--help" || words[0] == "help") {
        std::fputs(general_help().c_str(), stdout);
        return Exit::done;
    }
    const Command* const command = find_command(words);
    if (command == nullptr) {
        print_error("sottoctl: there is no command '" + words[0] + "'; see sottoctl --help");
        return Exit::usage;
    }
    try {
        return run(*command, words.subspan(command->words.find(' ') == std::string_view::npos ? 1 : 2));
    } catch (const UsageError& error) {
        print_error("sottoctl: " + std::string(error.what()) + "; see sottoctl " + std::string(command->words) +
                    " --help");
        return Exit::usage;
    } catch (const std::exception& error) {
        print_error("sottoctl: " + std::string(error.what()));
        return Exit::failed;
    }
}

} // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN); // of a program that ends before it has read all that it is given
    const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    return static_cast<int>(run(words));
}

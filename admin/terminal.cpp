#include "admin/terminal.hpp"

#include <cstdio>
#include <iostream>
#include <stdexcept>

#include <termios.h>
#include <unistd.h>

#include "admin/command.hpp"

namespace sotto::admin {

namespace {

/// Keeps the terminal from showing what is typed.
class NoEcho {
  public:
    NoEcho() {
        tcgetattr(STDIN_FILENO, &before_);
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    NoEcho(const NoEcho&) = delete;
    NoEcho& operator=(const NoEcho&) = delete;
    ~NoEcho() {
        tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
        std::fputc('\n', stderr);
    }

  private:
    termios before_{};
};

std::string read_line() {
    std::string line;
    if (!std::getline(std::cin, line)) {
        throw std::runtime_error("nothing was entered");
    }
    return line;
}

std::string ask_silently(const char* prompt) {
    const NoEcho no_echo; // first, since it drops what was typed before
    std::fputs(prompt, stderr);
    return read_line();
}

bool is_terminal() {
    return isatty(STDIN_FILENO) == 1;
}

} // namespace

std::string ask_for_password() {
    if (!is_terminal()) {
        return read_line();
    }
    std::string password = ask_silently("New password: ");
    if (ask_silently("Once more: ") != password) {
        throw std::runtime_error("the two are not the same");
    }
    return password;
}

bool confirm(const std::string& question, const std::string& word) {
    if (!is_terminal()) {
        throw UsageError("nobody is here to ask; --yes spares the question");
    }
    std::fprintf(stderr, "%s Type %s to go on: ", question.c_str(), word.c_str());
    return read_line() == word;
}

std::string printable(std::string text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        const bool c0 = byte < 0x20 || byte == 0x7f;
        const bool c1 = byte == 0xc2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xa0;
        if (c0 || c1) {
            text.replace(at, c1 ? 2 : 1, "?");
        }
    }
    return text;
}

} // namespace sotto::admin

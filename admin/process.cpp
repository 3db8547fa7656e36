#include "admin/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>

namespace sotto::admin {

namespace {

constexpr std::array ending_signals{SIGINT, SIGTERM, SIGHUP};
// A signal handler can reach nothing else.
volatile std::sig_atomic_t interrupted = 0; // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void note_interruption(int) {
    interrupted = 1;
}

void set_handler(void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler; // without SA_RESTART: who waits has to look up
    for (const int signal : ending_signals) {
        sigaction(signal, &action, nullptr);
    }
}

constexpr std::size_t max_output_bytes = std::size_t{16} * 1024 * 1024;

[[noreturn]] void throw_errno(int error, const std::string& what) {
    throw std::system_error(error, std::generic_category(), what);
}

/// The exit code of waitpid's status.
int exit_code(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// posix_spawn's list of what becomes of the descriptors.
class FileActions {
  public:
    FileActions() { posix_spawn_file_actions_init(&actions_); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;
    ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }

    void set(int target, int source) {
        if (source < 0) {
            posix_spawn_file_actions_addopen(&actions_, target, "/dev/null", target == 0 ? O_RDONLY : O_WRONLY, 0);
        } else {
            posix_spawn_file_actions_adddup2(&actions_, source, target);
        }
    }

    const posix_spawn_file_actions_t* get() const { return &actions_; }

  private:
    posix_spawn_file_actions_t actions_{};
};

/// The signals that sottoctl ignores have their usual meaning in its children.
class Attributes {
  public:
    Attributes() {
        posix_spawnattr_init(&attributes_);
        sigset_t defaults{};
        sigemptyset(&defaults);
        sigaddset(&defaults, SIGPIPE);
        posix_spawnattr_setsigdefault(&attributes_, &defaults);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF);
    }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    ~Attributes() { posix_spawnattr_destroy(&attributes_); }

    const posix_spawnattr_t* get() const { return &attributes_; }

  private:
    posix_spawnattr_t attributes_{};
};

/// Moves what is there from `from` to the end of `to`; closes it at the end of the stream.
void read_some(Descriptor& from, std::string& to) {
    std::array<char, 65536> buffer{};
    const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
    if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) {
        from.close();
    } else if (count > 0 && to.size() < max_output_bytes) {
        to.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

void write_some(Descriptor& to, std::string_view& from) {
    const ssize_t count = ::write(to.get(), from.data(), from.size());
    if (count > 0) {
        from.remove_prefix(static_cast<std::size_t>(count));
    }
    if (from.empty() || (count < 0 && errno != EINTR && errno != EAGAIN)) {
        to.close();
    }
}

} // namespace

CleanUpWhenInterrupted::CleanUpWhenInterrupted() {
    set_handler(note_interruption);
}

CleanUpWhenInterrupted::~CleanUpWhenInterrupted() {
    set_handler(SIG_DFL);
}

void throw_if_interrupted() {
    if (interrupted != 0) {
        throw std::runtime_error("interrupted");
    }
}

Pipe::Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw_errno(errno, "pipe");
    }
    read = Descriptor(ends[0]);
    write = Descriptor(ends[1]);
}

Child::Child(const Words& words, Streams streams) {
    FileActions actions;
    actions.set(0, streams.in);
    actions.set(1, streams.out);
    actions.set(2, streams.err);
    const Attributes attributes;
    std::vector<char*> arguments;
    for (const std::string& word : words) {
        arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    const int error =
        posix_spawnp(&pid_, arguments.front(), actions.get(), attributes.get(), arguments.data(), environ);
    if (error != 0) {
        pid_ = -1;
        throw_errno(error, words.front());
    }
}

Child::~Child() {
    if (pid_ > 0) {
        kill();
        wait();
    }
}

int Child::wait() noexcept {
    while (pid_ > 0) {
        int status = 0;
        if (waitpid(pid_, &status, 0) == pid_) {
            status_ = exit_code(status);
            pid_ = -1;
        } else if (errno != EINTR) {
            pid_ = -1; // there is no such child, which can't be
        } else if (interrupted != 0) {
            kill();
        }
    }
    return status_;
}

std::optional<int> Child::poll() {
    int status = 0;
    if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) {
        status_ = exit_code(status);
        pid_ = -1;
    }
    return pid_ > 0 ? std::nullopt : std::optional(status_);
}

void Child::kill() const noexcept {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
    }
}

std::string Outcome::last_words() const {
    std::string text = err.empty() ? out : err;
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
        text.pop_back();
    }
    return text.substr(text.rfind('\n') + 1); // npos + 1 is 0
}

Outcome run(const Words& words, std::string_view input, std::chrono::seconds deadline) {
    Pipe in;
    Pipe out;
    Pipe err;
    Outcome outcome;
    std::optional<Child> child;
    try {
        child.emplace(words, Child::Streams{in.read.get(), out.write.get(), err.write.get()});
    } catch (const std::system_error& error) {
        return {.status = 127, .out = {}, .err = error.what()};
    }
    in.read.close();
    out.write.close();
    err.write.close();
    fcntl(in.write.get(), F_SETFL, O_NONBLOCK);
    if (input.empty()) {
        in.write.close();
    }
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (out.read || err.read) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        std::array<pollfd, 3> files{pollfd{out.read.get(), POLLIN, 0}, pollfd{err.read.get(), POLLIN, 0},
                                    pollfd{in.write.get(), POLLOUT, 0}};
        if (left.count() <= 0 || ::poll(files.data(), files.size(), static_cast<int>(left.count())) == 0) {
            child->kill();
            break;
        }
        if (files[0].revents != 0) {
            read_some(out.read, outcome.out);
        }
        if (files[1].revents != 0) {
            read_some(err.read, outcome.err);
        }
        if (files[2].revents != 0) {
            write_some(in.write, input);
        }
    }
    outcome.status = child->wait();
    return outcome;
}

std::string run_or_throw(const Words& words, std::string_view input, std::chrono::seconds deadline) {
    Outcome outcome = run(words, input, deadline);
    if (!outcome.good()) {
        throw std::runtime_error(words.front() + ": " + outcome.last_words());
    }
    return std::move(outcome.out);
}

} // namespace sotto::admin

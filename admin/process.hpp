#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "admin/descriptor.hpp"

namespace sotto::admin {

using Words = std::vector<std::string>;

/// For as long as it lives, SIGINT, SIGTERM and SIGHUP don't end sottoctl but the programs that it waits for, so that
/// it fails and cleans up behind itself.
class CleanUpWhenInterrupted {
  public:
    CleanUpWhenInterrupted();
    CleanUpWhenInterrupted(const CleanUpWhenInterrupted&) = delete;
    CleanUpWhenInterrupted& operator=(const CleanUpWhenInterrupted&) = delete;
    ~CleanUpWhenInterrupted();
};

/// Throws std::runtime_error where such a signal has come.
void throw_if_interrupted();

/// Both ends of a pipe, closed in children unless handed to them.
struct Pipe {
    Pipe();

    Descriptor read;
    Descriptor write;
};

/// A program that was started, found through PATH and without a shell. It is killed where it is still there at the end.
class Child {
  public:
    /// What it has for standard input, output and error; -1 is /dev/null.
    struct Streams {
        int in = -1;
        int out = -1;
        int err = -1;
    };

    /// Throws std::system_error where it can't be started.
    Child(const Words& words, Streams streams);
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    /// Waits for its end: the exit code, or 128 and the signal's number.
    int wait() noexcept;

    /// The same where it has ended already.
    std::optional<int> poll();

    void kill() const noexcept;

  private:
    pid_t pid_ = -1;
    int status_ = 0;
};

/// How a program ended and what it said.
struct Outcome {
    int status = 0; ///< exit code; 127 where there is no such program, 128 and the signal's number where one ended it
    std::string out;
    std::string err;

    bool good() const { return status == 0; }
    /// The last line of what it said, for a message.
    std::string last_words() const;
};

/// Runs a program to its end, or to the deadline, when it is killed.
Outcome run(const Words& words, std::string_view input = {}, std::chrono::seconds deadline = std::chrono::seconds{30});

/// Runs a program that has to succeed; throws std::runtime_error with its last words otherwise.
std::string run_or_throw(const Words& words, std::string_view input = {},
                         std::chrono::seconds deadline = std::chrono::seconds{120});

} // namespace sotto::admin

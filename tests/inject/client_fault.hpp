#pragma once

#include <cstddef>

namespace sotto::test {

/// When a call fails: instead of being made, or after it was made, as when only the answer is lost.
enum class When { before, after };

/// While it lives, the n-th call (from 1) that db/ makes of Connector/C fails with an error code; only for want of
/// memory (2008) are calls counted that do not talk to the server. The linker's --wrap puts this between the two
/// (tests/CMakeLists.txt), so the code under test has no hook for it.
class ClientFault {
  public:
    ClientFault(std::size_t nth, unsigned int error, When when);
    ClientFault(const ClientFault&) = delete;
    ClientFault& operator=(const ClientFault&) = delete;
    ~ClientFault();

    /// Whether there was an n-th call.
    bool hit() const;

    /// The name of the call that failed.
    const char* call() const;
};

} // namespace sotto::test

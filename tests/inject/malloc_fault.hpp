#pragma once

#include <cstddef>

namespace sotto::test {

/// While it lives, the n-th block (from 1) that Connector/C asks malloc, calloc or realloc for is refused. The whole
/// program's malloc is replaced for it (malloc_fault.cpp), and looks at who calls. Not there under AddressSanitizer.
class MallocFault {
  public:
    explicit MallocFault(std::size_t nth);
    MallocFault(const MallocFault&) = delete;
    MallocFault& operator=(const MallocFault&) = delete;
    ~MallocFault();

    /// Whether there was an n-th block.
    bool hit() const;
};

} // namespace sotto::test

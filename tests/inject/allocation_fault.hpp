#pragma once

#include <cstddef>

namespace sotto::test {

/// While it lives, the n-th allocation (from 1) by `new` in this thread throws std::bad_alloc. The whole program's
/// operator new is replaced for it (allocation_fault.cpp). What Connector/C allocates is not touched:
/// see MallocFault.
class AllocationFault {
  public:
    explicit AllocationFault(std::size_t nth);
    AllocationFault(const AllocationFault&) = delete;
    AllocationFault& operator=(const AllocationFault&) = delete;
    ~AllocationFault();

    /// Whether there was an n-th allocation.
    bool hit() const;
};

} // namespace sotto::test

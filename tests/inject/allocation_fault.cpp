#include "tests/inject/allocation_fault.hpp"

#include <cstdlib>
#include <new>

// Operator new is global, and made of malloc.
// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables,cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory)
namespace {

thread_local std::size_t until_failure = 0; // 0: none fails
thread_local bool was_hit = false;

} // namespace

// The other forms of new and delete come down to these two.
void* operator new(std::size_t size) {
    if (until_failure > 0 && --until_failure == 0) {
        was_hit = true;
        throw std::bad_alloc();
    }
    if (void* memory = std::malloc(size > 0 ? size : 1)) {
        return memory;
    }
    throw std::bad_alloc();
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables,cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory)

namespace sotto::test {

AllocationFault::AllocationFault(std::size_t nth) {
    was_hit = false;
    until_failure = nth;
}

AllocationFault::~AllocationFault() {
    until_failure = 0;
}

bool AllocationFault::hit() const {
    return was_hit;
}

} // namespace sotto::test

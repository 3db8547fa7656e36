#ifndef __SANITIZE_ADDRESS__ // which has a malloc of its own

#include "tests/inject/malloc_fault.hpp"

#include <cstdint>
#include <stdexcept>
#include <string_view>

#include <link.h>

// NOLINTBEGIN(bugprone-reserved-identifier,cppcoreguidelines-avoid-non-const-global-variables)
// NOLINTBEGIN(readability-identifier-naming,readability-inconsistent-declaration-parameter-name)
extern "C" {
// glibc's own, by the names that it has for those who replace them.
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
}

namespace {

/// Where the library's code lies in memory.
struct Code {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
};

Code library;
std::size_t until_failure = 0; // 0: none fails
bool was_hit = false;

/// Whether the block that is asked for from there is to be refused.
bool fails(const void* caller) {
    const auto address = reinterpret_cast<std::uintptr_t>(caller);
    if (until_failure == 0 || address < library.begin || address >= library.end || --until_failure > 0) {
        return false;
    }
    return was_hit = true;
}

Code find_library() {
    Code code;
    dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t /*size*/, void* found) {
            if (std::string_view(info->dlpi_name).find("/libmariadb.so") == std::string_view::npos) {
                return 0;
            }
            for (int i = 0; i < info->dlpi_phnum; ++i) {
                const auto& header = info->dlpi_phdr[i];
                if (header.p_type == PT_LOAD && (header.p_flags & PF_X) != 0) {
                    const std::uintptr_t begin = info->dlpi_addr + header.p_vaddr;
                    *static_cast<Code*>(found) = {begin, begin + header.p_memsz};
                }
            }
            return 1;
        },
        &code);
    if (code.begin == 0) {
        throw std::logic_error("Connector/C is no shared library here");
    }
    return code;
}

} // namespace

extern "C" {

void* malloc(std::size_t size) {
    return fails(__builtin_return_address(0)) ? nullptr : __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
    return fails(__builtin_return_address(0)) ? nullptr : __libc_calloc(count, size);
}

void* realloc(void* memory, std::size_t size) {
    return fails(__builtin_return_address(0)) ? nullptr : __libc_realloc(memory, size);
}

} // extern "C"
// NOLINTEND(readability-identifier-naming,readability-inconsistent-declaration-parameter-name)
// NOLINTEND(bugprone-reserved-identifier,cppcoreguidelines-avoid-non-const-global-variables)

namespace sotto::test {

MallocFault::MallocFault(std::size_t nth) {
    library = find_library();
    was_hit = false;
    until_failure = nth;
}

MallocFault::~MallocFault() {
    until_failure = 0;
}

bool MallocFault::hit() const {
    return was_hit;
}

} // namespace sotto::test

#endif

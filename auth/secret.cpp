#include "auth/secret.hpp"

#include <utility>

#include <sodium.h>

namespace sotto::auth {

Secret::Secret(std::string_view bytes) : bytes_(bytes.begin(), bytes.end()) {}

Secret& Secret::operator=(Secret&& other) noexcept {
    // What was here goes with `other`, whose destructor wipes it.
    std::swap(bytes_, other.bytes_);
    return *this;
}

Secret::~Secret() {
    sodium_memzero(bytes_.data(), bytes_.size());
}

} // namespace sotto::auth

#include "auth/base64url.hpp"

#include <sodium.h>

namespace sotto::auth {

namespace {
constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
}

std::string to_base64url(std::span<const unsigned char> bytes) {
    // The size that libsodium wants has room for its closing NUL.
    std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), variant);
    text.pop_back();
    return text;
}

std::optional<std::size_t> from_base64url(std::string_view text, std::span<unsigned char> out) {
    std::size_t size = 0;
    // Without a place to report where it stopped, libsodium takes the whole text or fails.
    if (sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &size, nullptr, variant) != 0) {
        return std::nullopt;
    }
    return size;
}

} // namespace sotto::auth

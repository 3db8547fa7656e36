#include "auth/random.hpp"

#include <algorithm>
#include <stdexcept>

#include <sodium.h>

namespace sotto::auth {

void initialise() {
    if (sodium_init() < 0) {
        throw std::runtime_error("libsodium can't start: the system gives no random bytes");
    }
}

SessionId random_session_id() {
    SessionId id{};
    randombytes_buf(id.data(), id.size());
    return id;
}

std::string to_hex(const SessionId& id) {
    std::string hex(id.size() * 2 + 1, '\0'); // with libsodium's closing NUL
    sodium_bin2hex(hex.data(), hex.size(), id.data(), id.size());
    hex.pop_back();
    return hex;
}

std::optional<SessionId> session_id_from_hex(std::string_view hex) {
    SessionId id{};
    const auto is_lower_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (hex.size() != id.size() * 2 || !std::ranges::all_of(hex, is_lower_hex)) {
        return std::nullopt;
    }
    sodium_hex2bin(id.data(), id.size(), hex.data(), hex.size(), nullptr, nullptr, nullptr);
    return id;
}

std::array<unsigned char, 16> fingerprint(std::string_view text) {
    std::array<unsigned char, 16> result{};
    static_assert(result.size() >= crypto_generichash_BYTES_MIN);
    crypto_generichash(result.data(), result.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                       nullptr, 0);
    return result;
}

} // namespace sotto::auth

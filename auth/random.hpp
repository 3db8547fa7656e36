#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace sotto::auth {

/// 128 bits: the public name of a session. Knowing it opens nothing; only a signed token does.
using SessionId = std::array<unsigned char, 16>;

/// Starts libsodium; call once at the start of a process. Throws std::runtime_error where the system has no randomness.
void initialise();

SessionId random_session_id();

/// Lower-case hex, 32 digits.
std::string to_hex(const SessionId& id);
/// Nothing unless `hex` is exactly 32 lower-case hex digits.
std::optional<SessionId> session_id_from_hex(std::string_view hex);

/// A 128-bit BLAKE2b fingerprint of `text`, to tell the same content from other content.
std::array<unsigned char, 16> fingerprint(std::string_view text);

} // namespace sotto::auth

#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "auth/secret.hpp"

namespace sotto::auth {

inline constexpr std::size_t key_bytes = 32; ///< HS256 asks for at least the hash's own 256 bits (RFC 7518, 3.2)
inline constexpr std::size_t max_key_id_size = 32;

/// A signing key: 256 random bits under an id of 1 to 32 characters of [A-Za-z0-9_-].
struct Key {
    std::string id;
    Secret secret;
};

/// The session-signing keys. The newest signs, the older ones verify.
class KeyRing {
  public:
    /// Oldest first, at least one, ids and secrets as in `Key`, ids unique; throws std::invalid_argument otherwise.
    explicit KeyRing(std::vector<Key> keys);

    /// Reads a file of lines "id base64url-secret", oldest first, each ended by LF; empty lines and those that start
    /// with '#' are skipped. Throws std::runtime_error, naming the file and line but never a secret, where it is
    /// missing, not a regular file, without a key, malformed, or open to others than its owner and group.
    static KeyRing load(const std::filesystem::path& file);

    const Key& newest() const { return keys_.back(); }
    const std::vector<Key>& all() const { return keys_; }

  private:
    std::vector<Key> keys_;
};

/// Adds a new newest key to `file`, which is created with mode 0600 where it is missing; the change is atomic (write
/// aside, fsync, rename) and keeps an existing file's other lines, mode and owner. Several at once wait for each other.
/// Returns the new key's id: today's date (UTC) and eight random hex digits. Throws std::runtime_error where an
/// existing `file` can't be read as `KeyRing::load` reads it (to have no key yet is fine), or the new one can't be
/// written.
std::string add_key(const std::filesystem::path& file);

/// Takes an older key out of `file`, with the same care. Throws std::runtime_error where there is none with that id, or
/// it is the newest.
void remove_key(const std::filesystem::path& file, std::string_view id);

} // namespace sotto::auth

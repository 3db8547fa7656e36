#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace sotto::auth {

/// What one password hash costs: argon2id (RFC 9106) through crypto_pwhash_str.
struct PasswordCost {
    unsigned long long passes = 2;
    std::size_t memory_bytes = std::size_t{64} * 1024 * 1024;
};

inline constexpr std::size_t min_password_bytes = 8;
inline constexpr std::size_t max_password_bytes = 256;

class PasswordHasher {
  public:
    /// Hashes nothing yet. Throws std::invalid_argument where libsodium can't do `cost` (under 1 pass or 8 KiB).
    explicit PasswordHasher(PasswordCost cost);

    /// The hash in its self-describing text form, at most 127 bytes of ASCII. Throws std::bad_alloc where memory runs
    /// out.
    std::string hash(std::string_view password);

    /// Whether `password` is the one behind `hash`; false for what is no hash, and where memory runs out, since
    /// libsodium answers both alike.
    bool verify(std::string_view hash, std::string_view password);

    /// Spends what `verify` spends, so that an unknown user takes as long as a wrong password. Always false.
    bool verify_nobody(std::string_view password);

    /// Whether `hash` was made at another cost and should be made again while the password is at hand.
    bool needs_rehash(std::string_view hash) const;

    /// The time spent on hashes since the last call of this function.
    std::chrono::nanoseconds take_time_spent();

    /// What they waited of it since the last call of this function: for a processor that others had, or for memory.
    std::chrono::nanoseconds take_time_waited();

  private:
    class Stopwatch;

    PasswordCost cost_;
    std::chrono::nanoseconds spent_{};
    std::chrono::nanoseconds waited_{};
    std::string nobody_; ///< a hash of the same cost that belongs to no password
};

/// Whether the password is among the commonest, or is the user's own name; both compared without ASCII case.
bool is_common_password(std::string_view password, std::string_view user_name);

} // namespace sotto::auth

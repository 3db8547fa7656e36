#include "auth/password.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <new>
#include <optional>
#include <stdexcept>
#include <utility>

#include <sodium.h>

#include "auth/common_passwords.hpp"

namespace sotto::auth {

namespace {

/// A hash as libsodium takes it: with a closing NUL.
using HashText = std::array<char, crypto_pwhash_STRBYTES>;

std::optional<HashText> to_hash_text(std::string_view hash) {
    HashText text{};
    if (hash.size() >= text.size() || hash.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    std::ranges::copy(hash, text.begin());
    return text;
}

template<std::size_t size>
std::string random_base64() {
    std::array<unsigned char, size> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    constexpr int variant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
    std::array<char, sodium_base64_ENCODED_LEN(size, variant)> text{};
    return sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), variant);
}

/// A hash in the form of crypto_pwhash_str whose salt and result are random: no password is known for it, and checking
/// one costs the same as for any other. Making a real one would cost each worker 64 MiB and 50 ms at its start.
std::string hash_of_nobody(const PasswordCost& cost) {
    return "$argon2id$v=19$m=" + std::to_string(cost.memory_bytes / 1024) + ",t=" + std::to_string(cost.passes) +
           ",p=1$" + random_base64<crypto_pwhash_SALTBYTES>() + '$' + random_base64<32>();
}

char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string to_lower(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) { return to_lower(c); });
    return lower;
}

/// The processor time that this thread has had.
std::chrono::nanoseconds processor_time() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

} // namespace

/// Measures what happens while it exists.
class PasswordHasher::Stopwatch {
  public:
    explicit Stopwatch(PasswordHasher& hasher) : hasher_(hasher) {}
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;
    ~Stopwatch() {
        const std::chrono::nanoseconds spent = std::chrono::steady_clock::now() - start_;
        hasher_.spent_ += spent;
        hasher_.waited_ += std::max(spent - (processor_time() - processor_time_), std::chrono::nanoseconds{});
    }

  private:
    PasswordHasher& hasher_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::chrono::nanoseconds processor_time_ = processor_time();
};

PasswordHasher::PasswordHasher(PasswordCost cost) : cost_(cost), nobody_(hash_of_nobody(cost)) {
    if (cost.passes < crypto_pwhash_opslimit_min() || cost.passes > crypto_pwhash_opslimit_max() ||
        cost.memory_bytes < crypto_pwhash_memlimit_min() || cost.memory_bytes > crypto_pwhash_memlimit_max()) {
        throw std::invalid_argument("libsodium can't hash passwords at this cost");
    }
}

std::string PasswordHasher::hash(std::string_view password) {
    const Stopwatch stopwatch(*this);
    HashText text{};
    if (crypto_pwhash_str(text.data(), password.data(), password.size(), cost_.passes, cost_.memory_bytes) != 0) {
        throw std::bad_alloc();
    }
    return text.data();
}

bool PasswordHasher::verify(std::string_view hash, std::string_view password) {
    const Stopwatch stopwatch(*this);
    const auto text = to_hash_text(hash);
    return text && crypto_pwhash_str_verify(text->data(), password.data(), password.size()) == 0;
}

bool PasswordHasher::verify_nobody(std::string_view password) {
    verify(nobody_, password);
    return false;
}

bool PasswordHasher::needs_rehash(std::string_view hash) const {
    const auto text = to_hash_text(hash);
    return !text || crypto_pwhash_str_needs_rehash(text->data(), cost_.passes, cost_.memory_bytes) != 0;
}

std::chrono::nanoseconds PasswordHasher::take_time_spent() {
    return std::exchange(spent_, {});
}

std::chrono::nanoseconds PasswordHasher::take_time_waited() {
    return std::exchange(waited_, {});
}

bool is_common_password(std::string_view password, std::string_view user_name) {
    const std::string folded = to_lower(password);
    return folded == to_lower(user_name) || std::ranges::binary_search(common_passwords, folded);
}

} // namespace sotto::auth

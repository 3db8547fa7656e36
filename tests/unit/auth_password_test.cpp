#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

#include <sys/resource.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "auth/common_passwords.hpp"
#include "auth/password.hpp"

using namespace sotto::auth;
using namespace std::string_literals;

namespace {

constexpr PasswordCost small{.passes = 1, .memory_bytes = std::size_t{64} * 1024};

/// Caps the address space at what is mapped now and `room` bytes more.
class AddressSpaceLimit {
  public:
    explicit AddressSpaceLimit(std::size_t room) {
        std::size_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages;
        getrlimit(RLIMIT_AS, &before_);
        const rlimit limit{pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + room, before_.rlim_max};
        BOOST_REQUIRE(setrlimit(RLIMIT_AS, &limit) == 0);
    }
    AddressSpaceLimit(const AddressSpaceLimit&) = delete;
    AddressSpaceLimit& operator=(const AddressSpaceLimit&) = delete;
    ~AddressSpaceLimit() { setrlimit(RLIMIT_AS, &before_); }

  private:
    rlimit before_{};
};

/// The middle one of five runs.
template<class Function>
std::chrono::duration<double> median_time(Function function) {
    std::array<std::chrono::duration<double>, 5> times{};
    for (auto& time : times) {
        const auto start = std::chrono::steady_clock::now();
        function();
        time = std::chrono::steady_clock::now() - start;
    }
    std::ranges::sort(times);
    return times[times.size() / 2];
}

} // namespace

BOOST_AUTO_TEST_SUITE(auth_password)

BOOST_AUTO_TEST_CASE(a_hash_knows_its_password) {
    PasswordHasher hasher(small);
    const std::string password = "correct horse \0 battery ä😀"s;
    const std::string hash = hasher.hash(password);
    BOOST_TEST(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
    BOOST_TEST(hash.size() <= 127U);
    BOOST_TEST(hasher.verify(hash, password));
    BOOST_TEST(hasher.hash(password) != hash); // salted

    const std::string others[] = {"",
                                  "correct horse ",
                                  "correct horse \0"s,
                                  "correct horse \0 battery ä😀 "s,
                                  "Correct horse \0 battery ä😀"s,
                                  "correct horse \1 battery ä😀"s};
    for (const auto& other : others) {
        BOOST_TEST_CONTEXT("password " << other) {
            BOOST_TEST(!hasher.verify(hash, other));
        }
    }
}

BOOST_AUTO_TEST_CASE(every_byte_of_the_longest_password_counts) {
    PasswordHasher hasher(small);
    std::string password(max_password_bytes, 'x');
    const std::string hash = hasher.hash(password);
    BOOST_TEST(hasher.verify(hash, password));
    password.back() = 'y';
    BOOST_TEST(!hasher.verify(hash, password));
}

BOOST_AUTO_TEST_CASE(what_is_no_hash_matches_nothing) {
    PasswordHasher hasher(small);
    const std::string hash = hasher.hash("a fine password");
    const std::string others[] = {"",
                                  "x",
                                  "a fine password",
                                  hash.substr(0, hash.size() - 1),
                                  hash + "A",
                                  hash + '\0',
                                  hash + std::string(128, 'A'),
                                  "$argon2id$v=19$m=64,t=1,p=1$$",
                                  "$argon2i" + hash.substr(9),
                                  "\0"s + hash};
    for (const auto& other : others) {
        BOOST_TEST_CONTEXT("hash " << other) {
            BOOST_TEST(!hasher.verify(other, "a fine password"));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_changed_cost_asks_for_a_new_hash) {
    PasswordHasher hasher(small);
    const std::string hash = hasher.hash("a fine password");
    BOOST_TEST(!hasher.needs_rehash(hash));

    PasswordHasher more_passes({.passes = 2, .memory_bytes = small.memory_bytes});
    PasswordHasher more_memory({.passes = 1, .memory_bytes = 2 * small.memory_bytes});
    PasswordHasher less_memory({.passes = 1, .memory_bytes = small.memory_bytes / 2});
    for (auto* other : {&more_passes, &more_memory, &less_memory}) {
        BOOST_TEST(other->needs_rehash(hash));
        BOOST_TEST(other->verify(hash, "a fine password"));
    }
    for (const std::string_view no_hash : {"", "x", "$argon2id$v=19$m=64,t=1,p=1$"}) {
        BOOST_TEST(hasher.needs_rehash(no_hash));
    }
    BOOST_TEST(hasher.needs_rehash(hash + std::string(128, 'x')));
    BOOST_TEST(hasher.needs_rehash(hash + '\0'));
}

BOOST_AUTO_TEST_CASE(a_cost_that_cannot_be_paid_is_refused) {
    BOOST_CHECK_NO_THROW(PasswordHasher({.passes = 1, .memory_bytes = 8192}));
    BOOST_CHECK_THROW(PasswordHasher({.passes = 1, .memory_bytes = 8191}), std::invalid_argument);
    BOOST_CHECK_THROW(PasswordHasher({.passes = 0, .memory_bytes = 8192}), std::invalid_argument);
    // What argon2 has 32 bits for.
    BOOST_CHECK_NO_THROW(PasswordHasher({.passes = 4'294'967'295, .memory_bytes = 4'398'046'510'080}));
    BOOST_CHECK_THROW(PasswordHasher({.passes = 4'294'967'296, .memory_bytes = 8192}), std::invalid_argument);
    BOOST_CHECK_THROW(PasswordHasher({.passes = 1, .memory_bytes = 4'398'046'510'081}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(nobody_takes_as_long_as_somebody) {
    PasswordHasher hasher({.passes = 2, .memory_bytes = std::size_t{8} * 1024 * 1024});
    const std::string hash = hasher.hash("a fine password");
    BOOST_TEST(!hasher.verify_nobody("a fine password"));
    const auto somebody = median_time([&] { hasher.verify(hash, "a wrong password"); });
    const auto nobody = median_time([&] { hasher.verify_nobody("a wrong password"); });
    // A hash that libsodium refuses unread would be faster a thousand times over.
    BOOST_TEST(nobody.count() > somebody.count() / 3);
    BOOST_TEST(nobody.count() < somebody.count() * 3);
}

BOOST_AUTO_TEST_CASE(too_little_memory_interrupts) {
    constexpr std::size_t mebibyte = std::size_t{1024} * 1024;
    PasswordHasher hasher({.passes = 1, .memory_bytes = 256 * mebibyte});
    const AddressSpaceLimit limit(128 * mebibyte);
    BOOST_CHECK_THROW(hasher.hash("a fine password"), std::bad_alloc);
}

BOOST_AUTO_TEST_CASE(common_passwords_are_found) {
    struct Case {
        std::string_view password;
        std::string_view user_name;
        bool common;
    };
    const Case cases[] = {
        {"password", "alice", true},
        {"PassWord", "alice", true},
        {"12345678", "alice", true},
        {"!@#$%^&*", "alice", true},
        {"zzzzzzzz", "alice", true},
        {"Trustno1", "alice", true},
        {"alice.smith", "alice.smith", true},
        {"ALICE.Smith", "alice.smith", true},
        {"alice.smith", "ALICE.Smith", true},
        {"alice.smith1", "alice.smith", false},
        {"alice.smith", "alice", false},
        {"password ", "alice", false},
        {"xpassword", "alice", false},
        {"passwor", "alice", false},
        {"correct horse battery", "alice", false},
        {"pässword", "alice", false},
        {"", "alice", false},
    };
    for (const auto& [password, user_name, common] : cases) {
        BOOST_TEST_CONTEXT("password " << password) {
            BOOST_TEST(is_common_password(password, user_name) == common);
        }
    }
    BOOST_TEST(!is_common_password("password\0"s, "alice"));
}

BOOST_AUTO_TEST_CASE(every_common_password_can_be_chosen_and_found) {
    for (const std::string_view password : common_passwords) {
        BOOST_TEST_CONTEXT("password " << password) {
            BOOST_TEST(password.size() >= min_password_bytes);
            BOOST_TEST(password.size() <= max_password_bytes);
            BOOST_TEST(is_common_password(password, "")); // fails for one that isn't in lower case
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

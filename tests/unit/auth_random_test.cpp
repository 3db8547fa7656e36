#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "auth/base64url.hpp"
#include "auth/random.hpp"
#include "auth/secret.hpp"

using namespace sotto::auth;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

struct Sodium {
    Sodium() { initialise(); }
};

std::span<const unsigned char> as_bytes(std::string_view text) {
    return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

std::string decoded(std::string_view text) {
    std::vector<unsigned char> out(64);
    const auto size = from_base64url(text, out);
    return size ? std::string(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(*size)) : "(refused)";
}

} // namespace

BOOST_TEST_GLOBAL_FIXTURE(Sodium);

BOOST_AUTO_TEST_SUITE(auth_random)

BOOST_AUTO_TEST_CASE(base64url_goes_there_and_back) {
    struct Case {
        std::string_view bytes;
        std::string_view text;
    };
    // RFC 4648, 10, without the padding, and the two characters in which base64url differs.
    const Case cases[] = {
        {"", ""},
        {"f", "Zg"},
        {"fo", "Zm8"},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg"},
        {"fooba", "Zm9vYmE"},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xbf", "-_-_"},
        {"\0\0\0"sv, "AAAA"},
    };
    for (const auto& [bytes, text] : cases) {
        BOOST_TEST_CONTEXT("text " << text) {
            BOOST_TEST(to_base64url(as_bytes(bytes)) == text);
            BOOST_TEST(decoded(text) == bytes);
        }
    }
}

BOOST_AUTO_TEST_CASE(base64url_is_canonical_or_refused) {
    for (const std::string_view text : {"Zg==", "Zg=", "Zm8=", "Zm9v=", "Zm9v====", "Zh", "Zm9", "Zm9vY", "Z", "+/+/",
                                        "Zm9v\n", " Zm9v", "Zm 9v", "Zm9v.", "Zm\xc3\xa9v"}) {
        BOOST_TEST_CONTEXT("text " << text) {
            BOOST_TEST(decoded(text) == "(refused)");
        }
    }
    BOOST_TEST(decoded("Zm9v\0"sv) == "(refused)");
}

BOOST_AUTO_TEST_CASE(base64url_stays_within_its_room) {
    std::vector<unsigned char> room(3);
    BOOST_TEST(from_base64url("Zm9v", room).value_or(0) == 3U);
    BOOST_TEST(!from_base64url("Zm9vYg", room));
    BOOST_TEST(!from_base64url("Zg", std::span(room).first(0)));
    BOOST_TEST(from_base64url("", std::span(room).first(0)).value_or(1) == 0U);
}

BOOST_AUTO_TEST_CASE(session_ids_are_random) {
    std::set<SessionId> ids;
    for (int i = 0; i < 1000; ++i) {
        ids.insert(random_session_id());
    }
    BOOST_TEST(ids.size() == 1000U);
}

BOOST_AUTO_TEST_CASE(session_ids_in_hex) {
    const SessionId id{0x00, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x10, 0x7f, 0x80, 0xfe, 0xff, 0x0f, 0xf0};
    const std::string hex = "000123456789abcdef107f80feff0ff0";
    BOOST_TEST(to_hex(id) == hex);
    BOOST_TEST((session_id_from_hex(hex) == id));

    const std::string others[] = {
        "",
        hex.substr(1),
        hex + "0",
        '0' + hex,
        "000123456789ABCDEF107F80FEFF0FF0",
        hex + " ",
        ' ' + hex.substr(1),
        'g' + hex.substr(1),
        hex.substr(2) + "0x",
        hex.substr(1) + "\0"s,
        "00:123456789abcdef107f80feff0ff0",
    };
    for (const auto& other : others) {
        BOOST_TEST_CONTEXT("text " << other) {
            BOOST_TEST(!session_id_from_hex(other));
        }
    }
}

BOOST_AUTO_TEST_CASE(fingerprints_tell_contents_apart) {
    // From another implementation: python3 -c 'import hashlib; print(hashlib.blake2b(b"abc",
    // digest_size=16).hexdigest())'
    BOOST_TEST(to_hex(fingerprint("abc")) == "cf4ab791c62b8d2b2109c90275287816");
    BOOST_TEST(to_hex(fingerprint("")) == "cae66941d9efbd404e4d88758ea67670");
    BOOST_TEST(to_hex(fingerprint("abc\0"sv)) != to_hex(fingerprint("abc")));
}

BOOST_AUTO_TEST_CASE(secrets_move_and_never_copy) {
    static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
    static_assert(std::is_nothrow_move_constructible_v<Secret> && std::is_nothrow_move_assignable_v<Secret>);
    const auto text = [](const Secret& secret) { return std::string(secret.bytes().begin(), secret.bytes().end()); };

    Secret first("one\0two"sv);
    BOOST_TEST(text(first) == "one\0two"s);
    Secret second(std::move(first));
    BOOST_TEST(text(second) == "one\0two"s);
    Secret third("three");
    third = std::move(second);
    BOOST_TEST(text(third) == "one\0two"s);
}

BOOST_AUTO_TEST_SUITE_END()

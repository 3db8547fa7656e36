#include <array>
#include <chrono>
#include <cstdio>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "auth/base64url.hpp"
#include "auth/token.hpp"

using namespace sotto::auth;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

constexpr Seconds now{1'700'000'000s};

/// The bytes 0, 1, 2 … 31.
std::string counting_secret() {
    std::string secret(key_bytes, '\0');
    std::iota(secret.begin(), secret.end(), '\0');
    return secret;
}

const std::string first_secret = counting_secret();
const std::string second_secret(key_bytes, '\x55');

using Pairs = std::vector<std::pair<std::string, std::string>>;

TokenSigner signer_of(const Pairs& pairs) {
    std::vector<Key> keys;
    for (const auto& [id, secret] : pairs) {
        keys.push_back({id, Secret(secret)});
    }
    return TokenSigner(KeyRing(std::move(keys)));
}

TokenSigner one_key_signer() {
    return signer_of({{"k1", first_secret}});
}

Claims alice() {
    return {"alice", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, now, now + 1h};
}

std::string base64url(std::string_view text) {
    return to_base64url({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

/// The HMAC of `text`, in base64url, by an implementation that isn't ours. `text` has no quotes.
std::string openssl_hmac(std::string_view text, std::string_view secret, std::string_view digest) {
    std::string command = "printf %s '" + std::string(text) + "' | openssl dgst -binary -" + std::string(digest) +
                          " -mac HMAC -macopt hexkey:";
    for (const char byte : secret) {
        std::array<char, 3> hex{};
        std::snprintf(hex.data(), hex.size(), "%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
        command += hex.data();
    }
    std::FILE* pipe = popen(command.c_str(), "r");
    BOOST_REQUIRE(pipe != nullptr);
    std::string mac(64, '\0');
    mac.resize(std::fread(mac.data(), 1, mac.size(), pipe));
    BOOST_REQUIRE(pclose(pipe) == 0);
    return base64url(mac);
}

/// A token whose signature by the first key holds for whatever it says.
std::string signed_anyway(std::string_view encoded_header, std::string_view encoded_payload,
                          std::string_view digest = "sha256") {
    const std::string text = std::string(encoded_header) + '.' + std::string(encoded_payload);
    return text + '.' + openssl_hmac(text, first_secret, digest);
}

constexpr std::string_view good_header = R"({"alg":"HS256","typ":"JWT","kid":"k1"})";
constexpr std::string_view good_payload =
    R"({"iss":"sotto","aud":"sotto","sub":"alice","sid":"000102030405060708090a0b0c0d0e0f","iat":1700000000,"exp":1700003600})";

/// Made by hand: each part with basenc --base64url, the signature with openssl dgst -mac HMAC.
constexpr std::string_view good_token =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0."
    "eyJpc3MiOiJzb3R0byIsImF1ZCI6InNvdHRvIiwic3ViIjoiYWxpY2UiLCJzaWQiOiIwMDAxMDIwMzA0MDUwNjA3MDgwOTBhMGIwYzBkMGUwZiIsIm"
    "lhdCI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAzNjAwfQ."
    "YNNidzV03KaVGuohrqnvQV8ibc1GAE9BVowZCUOg4cA";

} // namespace

BOOST_AUTO_TEST_SUITE(auth_token)

BOOST_AUTO_TEST_CASE(a_token_is_what_another_implementation_makes_of_it) {
    const TokenSigner signer = one_key_signer();
    BOOST_TEST(signer.sign(alice()) == good_token);
    BOOST_TEST(signed_anyway(base64url(good_header), base64url(good_payload)) == good_token);
    BOOST_TEST(signer.verify(good_token, now).has_value());
}

BOOST_AUTO_TEST_CASE(claims_come_back) {
    const TokenSigner signer = one_key_signer();
    const Claims longest{std::string(32, 'z'), random_session_id(), now - 24h * 30, now + 24h * 365 * 100};
    const Claims others{"a.b_c-1", SessionId{}, now, now + 1s};
    for (const Claims& claims : {alice(), longest, others}) {
        const auto verified = signer.verify(signer.sign(claims), now);
        BOOST_REQUIRE(verified.has_value());
        BOOST_TEST(verified->user_name == claims.user_name);
        BOOST_TEST(to_hex(verified->session) == to_hex(claims.session));
        BOOST_TEST((verified->issued_at == claims.issued_at));
        BOOST_TEST((verified->expires_at == claims.expires_at));
    }
}

BOOST_AUTO_TEST_CASE(a_moved_signer_still_works) {
    TokenSigner signer = one_key_signer();
    const TokenSigner moved = std::move(signer);
    BOOST_TEST(moved.sign(alice()) == good_token);
    BOOST_TEST(moved.verify(good_token, now).has_value());
}

BOOST_AUTO_TEST_CASE(only_a_user_name_is_signed) {
    const TokenSigner signer = one_key_signer();
    for (const std::string& name :
         {""s, R"(x","sub":"alice)"s, R"(a\u0062)"s, "a\nb"s, "a b"s, "\xc3\xa9"s, "a\0"s, "a\x7f"s}) {
        BOOST_TEST_CONTEXT("name " << name) {
            Claims claims = alice();
            claims.user_name = name;
            BOOST_CHECK_THROW(signer.sign(claims), std::invalid_argument);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_token_has_its_time) {
    struct Case {
        std::chrono::seconds issued;
        std::chrono::seconds expires;
        bool good;
    };
    const Case cases[] = {
        {0s, 1s, true},  {0s, 0s, false},  {-10s, -1s, false}, {-24h * 365, 1s, true},
        {60s, 1h, true}, {61s, 1h, false}, {24h, 48h, false},  {-1h, 24h * 365, true},
    };
    const TokenSigner signer = one_key_signer();
    for (const auto& [issued, expires, good] : cases) {
        BOOST_TEST_CONTEXT("issued at " << issued.count() << " s, expires at " << expires.count() << " s") {
            Claims claims = alice();
            claims.issued_at = now + issued;
            claims.expires_at = now + expires;
            BOOST_TEST(signer.verify(signer.sign(claims), now).has_value() == good);
        }
    }
}

BOOST_AUTO_TEST_CASE(another_header_is_refused_though_its_signature_holds) {
    const TokenSigner signer = one_key_signer();
    const std::string_view headers[] = {
        R"({"alg":"none","typ":"JWT","kid":"k1"})",
        R"({"alg":"None","typ":"JWT","kid":"k1"})",
        R"({"alg":"HS512","typ":"JWT","kid":"k1"})",
        R"({"alg":"HS384","typ":"JWT","kid":"k1"})",
        R"({"alg":"RS256","typ":"JWT","kid":"k1"})",
        R"({"alg":"ES256","typ":"JWT","kid":"k1"})",
        R"({"alg":"hs256","typ":"JWT","kid":"k1"})",
        R"({"alg":"HS256","typ":"JWT","kid":"k2"})",
        R"({"alg":"HS256","typ":"JWT","kid":""})",
        R"({"alg":"HS256","typ":"JWT","kid":"K1"})",
        R"({"alg":"HS256","typ":"JWT","kid":"../k1"})",
        R"({"alg":"HS256","typ":"JWT","kid":["k1"]})",
        R"({"alg":"HS256","typ":"JWT"})",
        R"({"alg":"HS256","kid":"k1"})",
        R"({"alg":"HS256","typ":"jwt","kid":"k1"})",
        R"({"alg":"HS256","typ":"at+jwt","kid":"k1"})",
        R"({"alg":"HS256","typ":"JWT","kid":"k1","crit":["exp"]})",
        R"({"alg":"HS256","typ":"JWT","kid":"k1","jwk":{"kty":"oct","k":"AA"}})",
        R"({"alg":"HS256","typ":"JWT","kid":"k1","alg":"none"})",
        R"({"kid":"k1","alg":"HS256","typ":"JWT"})",
        R"({"typ":"JWT","alg":"HS256","kid":"k1"})",
        R"({ "alg":"HS256","typ":"JWT","kid":"k1"})",
        R"({"alg":"HS256","typ":"JWT","kid":"k1"} )",
        R"({})",
        "",
    };
    for (const std::string_view header : headers) {
        BOOST_TEST_CONTEXT("header " << header) {
            BOOST_TEST(!signer.verify(signed_anyway(base64url(header), base64url(good_payload)), now));
        }
    }
    const std::string hs512 = base64url(R"({"alg":"HS512","typ":"JWT","kid":"k1"})");
    BOOST_TEST(!signer.verify(signed_anyway(hs512, base64url(good_payload), "sha512"), now));
    const std::string none = base64url(R"({"alg":"none","typ":"JWT","kid":"k1"})");
    BOOST_TEST(!signer.verify(none + '.' + base64url(good_payload) + '.', now));
    BOOST_TEST(!signer.verify(base64url(good_header) + '.' + base64url(good_payload) + '.', now));
}

BOOST_AUTO_TEST_CASE(another_payload_is_refused_though_its_signature_holds) {
    const TokenSigner signer = one_key_signer();
    // Each is the good payload with one thing replaced.
    struct Case {
        std::string_view what;
        std::string_view by;
    };
    const Case cases[] = {
        {R"("iss":"sotto")", R"("iss":"other")"},
        {R"("iss":"sotto")", R"("iss":"sotto ")"},
        {R"("iss":"sotto",)", ""},
        {R"("aud":"sotto")", R"("aud":"other")"},
        {R"("aud":"sotto")", R"("aud":["sotto"])"},
        {R"("aud":"sotto",)", ""},
        {R"("sub":"alice",)", ""},
        {R"("alice")", R"("")"},
        {R"("alice")", "17"},
        {R"("alice")", "null"},
        {R"("alice")", R"(["alice"])"},
        {R"("alice")", R"("a\u006cice")"},
        {R"("alice")", "\"a\nlice\""},
        {R"("alice")", R"("alice)"},
        {R"("sid":"000102030405060708090a0b0c0d0e0f",)", ""},
        {R"("000102030405060708090a0b0c0d0e0f")", "17"},
        {R"("000102030405060708090a0b0c0d0e0f")", "null"},
        {R"("000102030405060708090a0b0c0d0e0f")", R"("")"},
        {R"(0a0b0c0d0e0f")", R"(0A0B0C0D0E0F")"},
        {R"(0e0f")", R"(0e0")"},
        {R"(0e0f")", R"(0e0f0")"},
        {R"(0e0f")", R"(0e0g")"},
        {R"("iat":1700000000,)", ""},
        {"1700000000", R"("1700000000")"},
        {"1700000000", "1700000000.5"},
        {"1700000000", "1.7e9"},
        {"1700000000", "01700000000"},
        {"1700000000", "null"},
        {R"(,"exp":1700003600)", ""},
        {"1700003600", R"("1700003600")"},
        {"1700003600", "1700003600.5"},
        {"1700003600", "true"},
        {"1700003600", "01700003600"},
        {"1700003600", ""},
        {"1700003600", "9223372036854775808"},
        {"1700003600}", R"(1700003600,"admin":true})"},
        {"1700003600}", R"(1700003600,"exp":9999999999})"},
        {"1700003600}", "1700003600}}"},
        {"1700003600}", "1700003600} "},
        {"1700003600}", "1700003600"},
        {R"({"iss")", R"( {"iss")"},
        {R"({"iss")", R"(["iss")"},
        {R"("iss":"sotto","aud":"sotto")", R"("aud":"sotto","iss":"sotto")"},
    };
    for (const auto& [what, by] : cases) {
        std::string payload(good_payload);
        const std::size_t place = payload.find(what);
        BOOST_REQUIRE(place != std::string::npos);
        payload.replace(place, what.size(), by);
        BOOST_TEST_CONTEXT("payload " << payload) {
            BOOST_TEST(!signer.verify(signed_anyway(base64url(good_header), base64url(payload)), now));
        }
    }
    for (const std::string_view payload : {"", "{}", "null", "\"sotto\"", "[]", "\xff\xfe"}) {
        BOOST_TEST_CONTEXT("payload " << payload) {
            BOOST_TEST(!signer.verify(signed_anyway(base64url(good_header), base64url(payload)), now));
        }
    }
    BOOST_TEST(!signer.verify(signed_anyway(base64url(good_header), base64url(good_payload) + ".e30"), now));
}

BOOST_AUTO_TEST_CASE(other_base64_is_refused_though_its_signature_holds) {
    const TokenSigner signer = one_key_signer();
    const std::string header = base64url(good_header);
    const std::string payload = base64url(good_payload); // 2 characters past a multiple of 4, so with 4 left-over bits
    BOOST_REQUIRE(payload.size() % 4 == 2);
    BOOST_REQUIRE(payload.back() == 'Q');
    const std::string left_over = payload.substr(0, payload.size() - 1) + 'R';
    for (const std::string& other :
         {payload + "=", payload + "==", left_over, payload + "\n", " " + payload, payload + "+"}) {
        BOOST_TEST_CONTEXT("payload " << other) {
            BOOST_TEST(!signer.verify(signed_anyway(header, other), now));
        }
    }
    BOOST_TEST(!signer.verify(signed_anyway(header + "=", payload), now));

    const std::string token(good_token); // its last character, 'A', carries 4 bits and 2 zeros
    BOOST_REQUIRE(token.back() == 'A');
    for (const char other : {'B', 'C', 'D'}) {
        BOOST_TEST(!signer.verify(token.substr(0, token.size() - 1) + other, now));
    }
}

BOOST_AUTO_TEST_CASE(each_changed_missing_or_added_character_is_noticed) {
    const TokenSigner signer = one_key_signer();
    const std::string token(good_token);
    for (std::size_t i = 0; i < token.size(); ++i) {
        BOOST_TEST_CONTEXT("at " << i) {
            std::string changed = token;
            changed[i] = changed[i] == 'x' ? 'y' : 'x';
            BOOST_TEST(!signer.verify(changed, now));
            BOOST_TEST(!signer.verify(token.substr(0, i), now));
            BOOST_TEST(!signer.verify(token.substr(i + 1), now));
            BOOST_TEST(!signer.verify(token.substr(0, i) + token.substr(i + 1), now));
        }
    }
    for (const std::string& other :
         {token + "A", token + "=", token + ".", "." + token, token + " ", token + "\n", token + '\0', " " + token, ""s,
          "."s, ".."s, "..."s, token.substr(0, token.find('.')), token + token.substr(token.rfind('.'))}) {
        BOOST_TEST_CONTEXT("token " << other) {
            BOOST_TEST(!signer.verify(other, now));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_token_is_at_most_1024_bytes_long) {
    // Base64 leaves lengths out, so the key's id helps to meet each one.
    const auto verifies_at = [](std::size_t size) {
        for (std::size_t id_size = 1; id_size <= 4; ++id_size) {
            const TokenSigner signer = signer_of({{std::string(id_size, 'k'), first_secret}});
            Claims claims = alice();
            for (claims.user_name = std::string(500, 'n'); claims.user_name.size() < 700; claims.user_name += 'n') {
                const std::string token = signer.sign(claims);
                if (token.size() == size) {
                    return signer.verify(token, now).has_value();
                }
            }
        }
        throw std::logic_error("no token of that size");
    };
    BOOST_TEST(max_token_bytes == 1'024U);
    BOOST_TEST(verifies_at(1'023));
    BOOST_TEST(verifies_at(1'024));
    BOOST_TEST(!verifies_at(1'025));
    BOOST_TEST(!verifies_at(1'026));
    BOOST_TEST(!one_key_signer().verify(std::string(1'000'000, '.'), now));
}

BOOST_AUTO_TEST_CASE(keys_rotate) {
    const TokenSigner before = signer_of({{"k1", first_secret}});
    const TokenSigner between = signer_of({{"k1", first_secret}, {"k2", second_secret}});
    const TokenSigner after = signer_of({{"k2", second_secret}});
    const std::string old_token = before.sign(alice());
    const std::string new_token = between.sign(alice());

    BOOST_TEST(between.verify(old_token, now).has_value());
    BOOST_TEST(between.verify(new_token, now).has_value());
    BOOST_TEST(after.verify(new_token, now).has_value());
    BOOST_TEST(!after.verify(old_token, now));
    BOOST_TEST(!before.verify(new_token, now));
    BOOST_TEST(after.sign(alice()) == new_token);

    // The same id with another secret, and one key's token under the other's name.
    BOOST_TEST(!signer_of({{"k1", second_secret}}).verify(old_token, now));
    const std::string renamed = new_token.substr(0, new_token.find('.')) + old_token.substr(old_token.find('.'));
    BOOST_TEST(!between.verify(renamed, now));
}

BOOST_AUTO_TEST_SUITE_END()

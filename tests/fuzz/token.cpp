// The session token. Input: the Authorization header in a line, then the Cookie header.

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <vector>

#include <sodium.h>

#include "auth/base64url.hpp"
#include "auth/random.hpp"
#include "auth/token.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace sotto::fuzz {

namespace {

using auth::Claims;
using auth::Seconds;
using std::chrono::seconds;

constexpr Seconds now{seconds{1'800'000'000}};
constexpr std::string_view newest_secret = "0123456789abcdef0123456789abcdef";

auth::KeyRing keys(bool with_newest) {
    std::vector<auth::Key> list;
    list.push_back({"old", auth::Secret(std::string(32, 'o'))});
    if (with_newest) {
        list.push_back({"new", auth::Secret(std::string(newest_secret))});
    }
    return auth::KeyRing(std::move(list));
}

/// What has been signed: the only tokens that hold, so that they also stand in the seeds.
struct Signed {
    auth::TokenSigner signer{keys(true)};
    Claims claims{"alice", {}, now - seconds{60}, now + seconds{60}};
    std::array<std::string, 2> tokens{signer.sign(claims), auth::TokenSigner(keys(false)).sign(claims)};
};

const Signed& given() {
    static const Signed value = [] {
        auth::initialise();
        return Signed();
    }();
    return value;
}

std::span<const unsigned char> bytes(std::string_view text) {
    return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

/// A token whose signature is right, whatever its payload is.
std::string signed_payload(std::string_view payload) {
    const std::string& real = given().tokens[0];
    std::string token = real.substr(0, real.find('.') + 1) + auth::to_base64url(bytes(payload));
    std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
    crypto_auth_hmacsha256(mac.data(), bytes(token).data(), token.size(), bytes(newest_secret).data());
    return token.append(".").append(auth::to_base64url(mac));
}

void try_token(std::string_view token) {
    const bool is_signed = std::ranges::find(given().tokens, token) != given().tokens.end();
    const auto claims = given().signer.verify(token, now);
    require(claims.has_value() == is_signed, "a token holds exactly where it was signed");
    require(!claims || claims->user_name == "alice", "and says what was signed");
}

/// What a payload says is taken only where we could have written it.
void try_payload(std::string_view payload) {
    const std::string token = signed_payload(payload);
    const auto claims = given().signer.verify(token, now);
    if (claims) {
        require(given().signer.sign(*claims) == token, "claims that hold make the same token again");
        require(claims->expires_at > now && claims->issued_at <= now + seconds{60}, "and hold now");
        require(is_text(claims->user_name), "and name a user");
    }
}

void try_headers(std::string_view authorization, std::string_view cookie) {
    const auto presented = auth::presented_token(authorization, cookie);
    if (!presented) {
        return;
    }
    require(presented->from_cookie == authorization.empty(), "a cookie counts where there is no Authorization");
    const std::string_view header = presented->from_cookie ? cookie : authorization;
    require(!presented->token.empty() && presented->token.data() >= header.data() &&
                presented->token.data() + presented->token.size() <= header.data() + header.size(),
            "a token is a part of its header");
    try_token(presented->token);
}

} // namespace

void try_input(std::string_view input) {
    try_token(input);
    try_payload(input);
    const std::string_view authorization = take_until(input, '\n');
    try_headers(authorization, input);
}

} // namespace sotto::fuzz

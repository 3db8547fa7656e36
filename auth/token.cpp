#include "auth/token.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <span>
#include <stdexcept>
#include <utility>

#include <sodium.h>

#include "auth/base64url.hpp"

namespace sotto::auth {

namespace {

using namespace std::chrono_literals;

constexpr auto max_clock_skew = 1min;
using Mac = std::array<unsigned char, crypto_auth_hmacsha256_BYTES>;
static_assert(key_bytes == crypto_auth_hmacsha256_KEYBYTES);

constexpr std::string_view before_sub = R"({"iss":"sotto","aud":"sotto","sub":")";
constexpr std::string_view before_sid = R"(","sid":")";
constexpr std::string_view before_iat = R"(","iat":)";
constexpr std::string_view before_exp = R"(,"exp":)";
constexpr std::string_view after_exp = "}";

std::span<const unsigned char> as_bytes(std::string_view text) {
    return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

Secret mac_start_of(const Key& key) {
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key.secret.bytes().data(), key.secret.bytes().size());
    Secret start({reinterpret_cast<const char*>(&state), sizeof state});
    sodium_memzero(&state, sizeof state);
    return start;
}

Mac mac_of(std::string_view text, const Secret& mac_start) {
    crypto_auth_hmacsha256_state state;
    std::memcpy(&state, mac_start.bytes().data(), sizeof state);
    crypto_auth_hmacsha256_update(&state, as_bytes(text).data(), text.size());
    Mac mac{};
    crypto_auth_hmacsha256_final(&state, mac.data());
    return mac;
}

/// What may stand in a JSON string as it is, and is in a user name.
bool is_plain_name(std::string_view name) {
    return !name.empty() &&
           std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\'; });
}

std::string payload_of(const Claims& claims) {
    std::string payload(before_sub);
    payload += claims.user_name;
    payload += before_sid;
    payload += to_hex(claims.session);
    payload += before_iat;
    payload += std::to_string(claims.issued_at.time_since_epoch().count());
    payload += before_exp;
    payload += std::to_string(claims.expires_at.time_since_epoch().count());
    payload += after_exp;
    return payload;
}

bool take(std::string_view& text, std::string_view expected) {
    if (!text.starts_with(expected)) {
        return false;
    }
    text.remove_prefix(expected.size());
    return true;
}

/// Takes all up to the closing quote, which stays.
std::string_view take_string(std::string_view& text) {
    const std::string_view taken = text.substr(0, text.find('"'));
    text.remove_prefix(taken.size());
    return taken;
}

/// Takes a NumericDate (RFC 7519, 2) of whole seconds, as we write it: without a leading zero.
std::optional<Seconds> take_seconds(std::string_view& text) {
    Seconds::rep count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.data()));
    if (error != std::errc{} || digits != std::to_string(count)) {
        return std::nullopt;
    }
    text.remove_prefix(digits.size());
    return Seconds(std::chrono::seconds(count));
}

/// Reads what `payload_of` writes, and only that.
std::optional<Claims> claims_of(std::string_view payload) {
    if (!take(payload, before_sub)) {
        return std::nullopt;
    }
    const std::string_view name = take_string(payload);
    if (!is_plain_name(name) || !take(payload, before_sid)) {
        return std::nullopt;
    }
    const auto session = session_id_from_hex(take_string(payload));
    if (!session || !take(payload, before_iat)) {
        return std::nullopt;
    }
    const auto issued_at = take_seconds(payload);
    if (!issued_at || !take(payload, before_exp)) {
        return std::nullopt;
    }
    const auto expires_at = take_seconds(payload);
    if (!expires_at || payload != after_exp) {
        return std::nullopt;
    }
    return Claims{std::string(name), *session, *issued_at, *expires_at};
}

bool equal_without_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// The value of the session cookie in a Cookie header (RFC 6265, 4.2.1); nothing where it is not there exactly once.
std::optional<std::string_view> session_cookie_value(std::string_view cookies) {
    std::optional<std::string_view> value;
    while (!cookies.empty()) {
        const std::string_view pair = cookies.substr(0, cookies.find(';'));
        cookies.remove_prefix(std::min(pair.size() + 1, cookies.size()));
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos || trim(pair.substr(0, equals)) != session_cookie) {
            continue;
        }
        if (value) {
            return std::nullopt;
        }
        value = trim(pair.substr(equals + 1));
    }
    return value;
}

std::optional<std::string_view> bearer_token(std::string_view authorization) {
    constexpr std::string_view scheme = "Bearer "; // without case (RFC 9110, 11.1)
    if (!equal_without_case(authorization.substr(0, scheme.size()), scheme)) {
        return std::nullopt;
    }
    return trim(authorization.substr(scheme.size()));
}

} // namespace

TokenSigner::TokenSigner(const KeyRing& keys) {
    for (const Key& key : keys.all()) {
        const std::string header = R"({"alg":"HS256","typ":"JWT","kid":")" + key.id + R"("})";
        headers_.push_back({to_base64url(as_bytes(header)), mac_start_of(key)});
    }
}

std::string TokenSigner::sign(const Claims& claims) const {
    if (!is_plain_name(claims.user_name)) {
        throw std::invalid_argument("a session token needs a user name");
    }
    const auto& [header, mac_start] = headers_.back();
    std::string token = header + '.' + to_base64url(as_bytes(payload_of(claims)));
    const Mac mac = mac_of(token, mac_start);
    token += '.';
    token += to_base64url(mac);
    return token;
}

std::optional<Claims> TokenSigner::verify(std::string_view token, Seconds now) const {
    if (token.size() > max_token_bytes) {
        return std::nullopt;
    }
    const std::size_t first_dot = token.find('.');
    const auto header = std::ranges::find(headers_, token.substr(0, first_dot), &NamedHeader::encoded);
    const std::size_t last_dot = token.rfind('.');
    if (header == headers_.end() || first_dot == last_dot) {
        return std::nullopt;
    }

    const std::string_view signed_part = token.substr(0, last_dot);
    Mac mac{};
    if (from_base64url(token.substr(last_dot + 1), mac) != mac.size() ||
        sodium_memcmp(mac.data(), mac_of(signed_part, header->mac_start).data(), mac.size()) != 0) {
        return std::nullopt;
    }

    std::array<unsigned char, max_token_bytes> payload{};
    const auto payload_size = from_base64url(signed_part.substr(first_dot + 1), payload);
    if (!payload_size) {
        return std::nullopt;
    }
    auto claims = claims_of({reinterpret_cast<const char*>(payload.data()), *payload_size});
    if (claims && (claims->issued_at > now + max_clock_skew || claims->expires_at <= now)) {
        return std::nullopt;
    }
    return claims;
}

std::string session_cookie_header(std::string_view token, std::chrono::seconds max_age) {
    std::string header(session_cookie);
    header += '=';
    header += token;
    header += "; Path=/; Max-Age=";
    header += std::to_string(max_age.count());
    header += "; Secure; HttpOnly; SameSite=Lax";
    return header;
}

std::optional<Presented> presented_token(std::string_view authorization, std::string_view cookie) {
    const bool from_cookie = authorization.empty();
    const auto token = from_cookie ? session_cookie_value(cookie) : bearer_token(authorization);
    if (!token || token->empty()) {
        return std::nullopt;
    }
    return Presented{*token, from_cookie};
}

} // namespace sotto::auth

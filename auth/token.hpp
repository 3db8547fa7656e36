#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/keys.hpp"
#include "auth/random.hpp"

namespace sotto::auth {

using Seconds = std::chrono::sys_seconds;

/// What a session token says once its signature holds.
struct Claims {
    std::string user_name; ///< `sub`
    SessionId session;     ///< `sid`
    Seconds issued_at;     ///< `iat`
    Seconds expires_at;    ///< `exp`
};

inline constexpr std::size_t max_token_bytes = 1'024;

/// Signs and checks session tokens: JWT (RFC 7519) in JWS compact form (RFC 7515), HS256 (RFC 7518, 3.2) and nothing
/// else. The header of a token is one of the few that this server writes itself, one per key, so verification compares
/// the header's text with those and parses nothing of a token that it did not sign. What it
/// did sign has one form, the claims in one order, and is read in that form alone.
class TokenSigner {
  public:
    explicit TokenSigner(const KeyRing& keys);

    /// A token signed with the newest key; `iss` and `aud` are "sotto". Throws std::invalid_argument where the user
    /// name is none, since it is written unescaped.
    std::string sign(const Claims& claims) const;

    /// The claims, or nothing where the token is longer than 1,024 bytes, malformed, of another alg, typ or key,
    /// wrongly signed (compared in constant time), for another issuer or audience, issued over a minute in the future,
    /// or expired at `now`, as it is from the very second of `exp` on (RFC 7519, 4.1.4).
    std::optional<Claims> verify(std::string_view token, Seconds now) const;

  private:
    struct NamedHeader {
        std::string encoded; ///< base64url of the one header that goes with this key
        Secret mac_start;    ///< HMAC's state once it has taken in the key, which is a third of its work
    };
    std::vector<NamedHeader> headers_; // in the order of the keys
};

/// The session cookie's name. The prefix makes browsers insist on Secure, Path=/ and no Domain (RFC 6265bis, 4.1.3.2).
inline constexpr std::string_view session_cookie = "__Host-session";

/// The Set-Cookie value (RFC 6265, 4.1) that stores `token` for `max_age`; an empty token with zero age removes the
/// cookie.
std::string session_cookie_header(std::string_view token, std::chrono::seconds max_age);

/// A token as a request carries it.
struct Presented {
    std::string_view token;
    bool from_cookie; ///< a browser may have sent it by itself: state changes need a same-origin check
};

/// The bearer token (RFC 6750, 2.1) where there is an Authorization header, else the session cookie's value, else
/// nothing. Another scheme in Authorization, an empty token, or the cookie given twice, is nothing. The result is a
/// part of the argument's text.
std::optional<Presented> presented_token(std::string_view authorization, std::string_view cookie);

} // namespace sotto::auth

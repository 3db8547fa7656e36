#include <chrono>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "auth/token.hpp"

using namespace sotto::auth;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(auth_presented)

BOOST_AUTO_TEST_CASE(the_cookie_is_kept_from_scripts_and_other_sites) {
    BOOST_TEST(session_cookie_header("abc.def.ghi", 24h) ==
               "__Host-session=abc.def.ghi; Path=/; Max-Age=86400; Secure; HttpOnly; SameSite=Lax");
    BOOST_TEST(session_cookie_header("", 0s) == "__Host-session=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
}

BOOST_AUTO_TEST_CASE(a_request_presents_one_token) {
    struct Case {
        std::string_view authorization;
        std::string_view cookie;
        std::string_view token; ///< empty: none
        bool from_cookie;
    };
    const Case cases[] = {
        {"", "", "", false},
        {"Bearer a.b.c", "", "a.b.c", false},
        {"bearer a.b.c", "", "a.b.c", false},
        {"BEARER   a.b.c ", "", "a.b.c", false},
        {"Bearer a.b.c", "__Host-session=x.y.z", "a.b.c", false},
        {"Bearer", "__Host-session=x.y.z", "", false},
        {"Bearer ", "__Host-session=x.y.z", "", false},
        {"Bearera.b.c", "", "", false},
        {"Bearer\ta.b.c", "", "", false},
        {"Basic YTpi", "", "", false},
        {"Basic YTpi", "__Host-session=x.y.z", "", false},
        {"a.b.c", "", "", false},
        {" ", "__Host-session=x.y.z", "", false},
        {"", "__Host-session=x.y.z", "x.y.z", true},
        {"", "a=1; __Host-session=x.y.z; b=2", "x.y.z", true},
        {"", "a=1;__Host-session=x.y.z;b=2", "x.y.z", true},
        {"", "a=1;\t__Host-session=x.y.z ", "x.y.z", true},
        {"", ";;; __Host-session=x.y.z;", "x.y.z", true},
        {"", "flag; __Host-session=x.y.z", "x.y.z", true},
        {"", "__Host-session=x=y", "x=y", true},
        {"", "__Host-session=", "", true},
        {"", "__Host-session", "", true},
        {"", "__Host-session; a=1", "", true},
        {"", "=__Host-session=x.y.z", "", true},
        {"", "session=x.y.z", "", true},
        {"", "__host-session=x.y.z", "", true},
        {"", "x__Host-session=x.y.z", "", true},
        {"", "__Host-session2=x.y.z", "", true},
        {"", "a=__Host-session=x.y.z", "", true},
        {"", "__Host-session=x.y.z; __Host-session=x.y.z", "", true},
        {"", "__Host-session=x.y.z; a=1; __Host-session=u.v.w", "", true},
        {"", "__Host-session=; __Host-session=x.y.z", "", true},
        {"", "__Host-session=x.y.z; __Host-session=", "", true},
        {"", "__Host-session=x.y.z; __Host-session=u.v.w; __Host-session=x.y.z", "", true},
    };
    for (const auto& [authorization, cookie, token, from_cookie] : cases) {
        BOOST_TEST_CONTEXT("Authorization '" << authorization << "', Cookie '" << cookie << "'") {
            const auto presented = presented_token(authorization, cookie);
            BOOST_TEST((presented ? presented->token : "") == token);
            BOOST_TEST((!presented || presented->from_cookie == from_cookie));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

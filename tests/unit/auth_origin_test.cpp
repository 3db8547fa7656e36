#include <string_view>

#include <boost/test/unit_test.hpp>

#include "auth/origin.hpp"

using sotto::auth::is_same_origin;

BOOST_AUTO_TEST_SUITE(auth_origin)

BOOST_AUTO_TEST_CASE(who_may_rely_on_a_cookie) {
    struct Case {
        std::string_view sec_fetch_site;
        std::string_view origin;
        std::string_view host;
        bool same;
    };
    const Case cases[] = {
        // No browser.
        {"", "", "chat.example.org", true},
        {"", "", "", true},
        // Sec-Fetch-Site decides, whatever Origin says.
        {"same-origin", "https://chat.example.org", "chat.example.org", true},
        {"same-origin", "", "chat.example.org", true},
        {"none", "", "chat.example.org", true},
        {"same-origin", "null", "chat.example.org", true},
        {"same-site", "https://chat.example.org", "chat.example.org", false},
        {"cross-site", "https://chat.example.org", "chat.example.org", false},
        {"cross-site", "", "chat.example.org", false},
        {"Same-Origin", "", "chat.example.org", false},
        {"same-origin, cross-site", "", "chat.example.org", false},
        {"something-new", "https://chat.example.org", "chat.example.org", false},
        // Origin alone.
        {"", "https://chat.example.org", "chat.example.org", true},
        {"", "https://localhost:8443", "localhost:8443", true},
        {"", "https://[::1]:8443", "[::1]:8443", true},
        {"", "http://chat.example.org", "chat.example.org", false},
        {"", "HTTPS://chat.example.org", "chat.example.org", false},
        {"", "chat.example.org", "chat.example.org", false},
        {"", "null", "chat.example.org", false},
        {"", "null", "null", false},
        {"", "https://", "", false},
        {"", "https:/", "", false},
        {"", "https://chat.example.org", "", false},
        {"", "https://localhost:8444", "localhost:8443", false},
        {"", "https://localhost", "localhost:8443", false},
        {"", "https://chat.example.org/", "chat.example.org", false},
        {"", "https://chat.example.org.evil.example", "chat.example.org", false},
        {"", "https://evil.example", "chat.example.org", false},
        {"", "https://evil.chat.example.org", "chat.example.org", false},
        {"", "https://example.org", "chat.example.org", false},
        {"", "https://user@chat.example.org", "chat.example.org", false},
    };
    for (const auto& [sec_fetch_site, origin, host, same] : cases) {
        BOOST_TEST_CONTEXT("Sec-Fetch-Site '" << sec_fetch_site << "', Origin '" << origin << "', Host '" << host
                                              << "'") {
            BOOST_TEST(is_same_origin(sec_fetch_site, origin, host) == same);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

#include <boost/test/unit_test.hpp>

#include "handlers/link.hpp"

using namespace sotto;

BOOST_AUTO_TEST_SUITE(links)

BOOST_AUTO_TEST_CASE(hosts) {
    for (const auto& [url, host] : std::vector<std::pair<std::string, std::string>>{
             {"http://example.org", "example.org"},
             {"HTTPS://Example.ORG/a?b#c", "example.org"},
             {"https://example.org:8443/", "example.org"},
             {"https://example.org?x@y", "example.org"},
             {"https://[::1]:80/", "[::1]"},
             {"https://münchen.example/", "münchen.example"},
             {"https://[::1", ""},
             {"https://example.org:port/", ""},
             {"https://example.org:65535/", "example.org"},
             {"https://example.org:65536/", ""},
             {"https://example.org:/", "example.org"},
             {"https://example.org:-1/", ""},
             {"https://example.org:123456/", ""},
             {"https://:80/", ""},
             {"https:///path", ""},
             {"https://", ""},
             {"https:/example.org", ""},
             {"ftp://example.org", ""},
             {"javascript://example.org/%0aalert(1)", ""},
             {"data:text/html,x", ""},
             {"https://user@example.org/", ""},
             {"https://example.org\\@evil.test/", ""},
             {"https://example.org/a b", ""},
             {"https://example.org/\t", ""},
             {" https://example.org", ""},
             {"", ""},
         }) {
        BOOST_TEST(link_host(url).value_or("") == host, url);
    }
}

BOOST_AUTO_TEST_CASE(video_sources) {
    for (const auto& [host, source] : std::vector<std::pair<std::string, std::string>>{
             {"youtube.com", "youtube"},
             {"www.youtube.com", "youtube"},
             {"m.youtube.com", "youtube"},
             {"youtu.be", "youtube"},
             {"www.vevo.com", "vevo"},
             {"player.vimeo.com", "vimeo"},
             {"notyoutube.com", "notyoutube.com"},
             {"youtube.com.evil.test", "youtube.com.evil.test"},
             {"www.example.org", "example.org"},
             {"www.example.org.", "example.org"},
             {"www.youtube.com.", "youtube"},
             {"a.very.long.name.of.a.host.example.org", "long.name.of.a.host.example.org"},
             {std::string(40, 'x'), "other"},
             {"[::1]", "other"},
             {"münchen.example", "other"},
         }) {
        BOOST_TEST(video_source(host) == source, host);
    }
}

BOOST_AUTO_TEST_CASE(a_source_is_kept_in_small_letters) {
    for (const auto& [text, name] : std::vector<std::pair<std::string, std::string>>{
             {"YouTube", "youtube"},
             {"az-AZ_0.9", "az-az_0.9"},
             {std::string(32, 'S'), std::string(32, 's')},
             {std::string(33, 's'), ""},
             {"", ""},
             {"a b", ""},
             {"[", ""},
             {"münchen", ""},
         }) {
        BOOST_TEST(source_name(text).value_or("") == name, text);
    }
}

BOOST_AUTO_TEST_SUITE_END()

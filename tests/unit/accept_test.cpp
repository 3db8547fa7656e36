#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "worker/accept.hpp"

using namespace sotto;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(accept)

BOOST_AUTO_TEST_CASE(json_is_accepted) {
    for (const std::string_view header : {
             "",
             "*/*",
             "application/json",
             "APPLICATION/JSON",
             "application/*",
             " \tapplication/json\t ",
             "text/html, application/json",
             "text/html,,application/json",
             "text/html;q=0.9,*/*;q=0.1",
             "application/json;q=1",
             "application/json;q=1.000",
             "application/json;q=0.001",
             "application/json ; Q=0.5",
             "application/json; charset=utf-8",
             "application/json; charset=\"UTF-8\"; q=0.5",
             "application/json;",
             "*/*;q=0, application/json",
             "application/*;q=0, application/json",
             "application/json, */*;q=0",
             "application/json, application/json;q=0",
             "application/json;q=0, application/json",
             "application/json;version=2, */*",
             "text/plain;note=\"a, b;q=0\", application/json",
             R"(text/plain;note="a\", ", application/json)",
             // what a browser, Java's client and axios send
             "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
             "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
             "application/json, text/plain, */*",
             // malformed elements alone are as good as none
             ",",
             "nonsense",
             "*",
             "*/json;q=0",
             "application/json;q=0;q=0",
             "/json;q=0",
             "application/;q=0",
             "application/json;q=",
             "application/json;q=.",
             "application/json;q=\"\"",
             "application/json{;q=0",
             "application/json;q=2",
             "application/json;q=1.1",
             "application/json;q=0.0000",
             "application/json;q=-0",
             "application/json;q=0x",
             "application/json;q=0 0",
             "application/json q=0",
             "application /json;q=0",
             "application/json;q =0",
             "application/json;note=\"open;q=0",
             "application/json;note=\"\x01\";q=0",
             "application/json;note=\"\x7F\";q=0",
             "application/json;note=\"\\",
         }) {
        BOOST_TEST_CONTEXT("Accept: " << header) {
            BOOST_TEST(accepts(header, "application/json"));
        }
    }
    BOOST_TEST(accepts("application/json\0;q=0"s, "application/json"));
}

BOOST_AUTO_TEST_CASE(json_is_refused) {
    for (const std::string_view header : {
             "text/html",
             "text/*",
             "application/xml",
             "application/jsonp",
             "application/j",
             "text/markdown",
             "application/jso",
             "application/json+problem",
             "application/problem+json",
             "app/*",
             "applicationx/*",
             "text/html, nonsense",
             "text/html, application/json;q=1.1",
             "text/html, application/json;q=2",
             "text/html, application/json;q",
             "application/json;q=0",
             "application/json;q=0.",
             "application/json;q=.0",
             "application/json;q=0.000",
             "application/*;q=0",
             "*/*;q=0",
             "application/json;q=0, application/json;q=0",
             "*/*, application/json;q=0",
             "application/json;q=0, application/*, */*",
             "*/*, application/*;q=0",
             "application/json; charset=iso-8859-1",
             "application/json; version=2",
             "text/plain;note=\", application/json\"",
         }) {
        BOOST_TEST_CONTEXT("Accept: " << header) {
            BOOST_TEST(!accepts(header, "application/json"));
        }
    }
}

BOOST_AUTO_TEST_CASE(other_types_are_negotiated_alike) {
    BOOST_TEST(accepts("text/event-stream", "text/event-stream"));
    BOOST_TEST(accepts("text/*;q=0.1, application/json", "text/event-stream"));
    BOOST_TEST(!accepts("application/*", "text/event-stream"));
}

BOOST_AUTO_TEST_CASE(media_types_are_parsed) {
    const auto media = parse_media_type(" Multipart/Form-Data ;; Boundary=\"a \\\"b\\\\;,\" ;charset=UTF-8; ");
    BOOST_REQUIRE(media.has_value());
    BOOST_TEST(media->type == "multipart/form-data");
    BOOST_TEST(media->parameters.size() == 2U);
    BOOST_TEST(media->parameter("boundary").value_or("") == "a \"b\\;,");
    BOOST_TEST(media->parameter("charset").value_or("") == "UTF-8");
    BOOST_TEST(!media->parameter("other"));
    BOOST_TEST(media->is_utf8());
    BOOST_TEST(parse_media_type("text/plain").value().is_utf8());
    BOOST_TEST(!parse_media_type("text/plain; charset=utf-16").value().is_utf8());
    BOOST_TEST(!parse_media_type("text/plain; charset=\"\"").value().is_utf8());
}

BOOST_AUTO_TEST_CASE(malformed_media_types_are_refused) {
    for (const std::string_view text :
         {"", " ", "text", "text/", "/plain", "text/plain text/html", "text/plain, text/html", "text/plain;charset",
          "text/plain;=utf-8", "text/plain;charset=", "text/plain;charset= utf-8", "text/plain;charset=\"utf-8",
          "text/plain;charset=utf-8;charset=utf-8", "text/plain;charset=utf-8;CHARSET=utf-16", "text/plain;a=b c",
          "t(/plain"}) {
        BOOST_TEST_CONTEXT("Content-Type: " << text) {
            BOOST_TEST(!parse_media_type(text));
        }
    }
}

BOOST_AUTO_TEST_CASE(case_is_ignored_in_ascii_alone) {
    BOOST_TEST(equal_ignoring_case("Content-Type", "content-TYPE"));
    BOOST_TEST(equal_ignoring_case("", ""));
    BOOST_TEST(!equal_ignoring_case("a", "ab"));
    BOOST_TEST(!equal_ignoring_case("@", "`"));
    BOOST_TEST(!equal_ignoring_case("é", "É"));
    BOOST_TEST(!equal_ignoring_case("a\0b"s, "a\0c"s));
}

BOOST_AUTO_TEST_SUITE_END()

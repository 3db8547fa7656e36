#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "worker/json.hpp"
#include "worker/query.hpp"

using namespace sotto;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(query)

BOOST_AUTO_TEST_CASE(escapes_are_decoded) {
    struct Case {
        std::string_view text;
        std::string_view decoded;
    };
    const Case cases[] = {
        {"", ""},           {"plain", "plain"}, {"a+b", "a+b"},  {"a%20b", "a b"},  {"%41%7a%7A", "Azz"},
        {"%25", "%"},       {"%2541", "%41"},   {"%C3%A9", "é"}, {"\xC3\xA9", "é"}, {"%F0%9F%98%80!", "😀!"},
        {"%0D%0A", "\r\n"},
    };
    for (const auto& [text, decoded] : cases) {
        BOOST_TEST_CONTEXT("text " << text) {
            BOOST_TEST(percent_decode(text).value_or("(refused)") == decoded);
        }
    }
}

BOOST_AUTO_TEST_CASE(broken_escapes_are_refused) {
    for (const std::string_view text : {"%", "a%", "%4", "%4g", "%g4", "%%41", "% 41", "%-1", "%+1", "%0x", "%41%",
                                        "%00", "%C3", "%C3%", "%C3a", "%80", "%ED%A0%80", "%C0%80"}) {
        BOOST_TEST_CONTEXT("text " << text) {
            BOOST_TEST(!percent_decode(text));
        }
    }
    BOOST_TEST(!percent_decode("a\0b"s));
}

BOOST_AUTO_TEST_CASE(pairs_become_members) {
    struct Case {
        std::string_view query;
        std::string_view json;
    };
    const Case cases[] = {
        {"", "{}"},
        {"&&&", "{}"},
        {"between=alice,bob", R"({"between":"alice,bob"})"},
        {"between=alice%2Cbob&page=2", R"({"between":"alice,bob","page":"2"})"},
        {"a=1&&b=2&", R"({"a":"1","b":"2"})"},
        {"a=b=c", R"({"a":"b=c"})"},
        {"a", R"({"a":""})"},
        {"a=", R"({"a":""})"},
        {"=1", R"({"":"1"})"},
        {"a+b=c+d%2B", R"({"a b":"c d+"})"},
        {"a=1;b=2", R"({"a":"1;b=2"})"},
        {"%61=1&A=2", R"({"A":"2","a":"1"})"},
    };
    for (const auto& [query, json] : cases) {
        BOOST_TEST_CONTEXT("query " << query) {
            const auto parsed = parse_query(query);
            BOOST_REQUIRE(parsed);
            BOOST_TEST(to_json(*parsed) == json);
        }
    }
}

BOOST_AUTO_TEST_CASE(malformed_queries_are_refused) {
    for (const std::string_view query :
         {"a=%", "%=a", "a=%zz", "a=1&a=2", "a=1&%61=2", "a&a", "a=\xFF", "a=%00", "a=1&b=%C3", "a%C3=%A9"}) {
        BOOST_TEST_CONTEXT("query " << query) {
            const auto parsed = parse_query(query);
            BOOST_REQUIRE(!parsed);
            BOOST_TEST((parsed.problem().type == ProblemType::malformed_request));
            BOOST_TEST(!parsed.problem().detail.empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(pairs_are_limited_to_32) {
    std::string query;
    for (int i = 0; i < 32; ++i) {
        query += "p" + std::to_string(i) + "=1&";
    }
    const auto most = parse_query(query);
    BOOST_REQUIRE(most);
    BOOST_TEST(most->size() == 32U);
    BOOST_TEST(!parse_query(query + "one=more"));
}

BOOST_AUTO_TEST_SUITE_END()

#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "worker/utf8.hpp"

using namespace sotto;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(utf8)

BOOST_AUTO_TEST_CASE(valid_text_is_counted_in_code_points) {
    struct Case {
        std::string text;
        std::size_t code_points;
    };
    const Case cases[] = {
        {"", 0},
        {"a", 1},
        {"\0"s, 1},
        {"\x7F", 1},
        {"\xC2\x80", 1},                                 // U+0080, the first of two bytes
        {"\xDF\xBF", 1},                                 // U+07FF, the last of two
        {"\xE0\xA0\x80", 1},                             // U+0800, the first of three
        {"\xED\x9F\xBF", 1},                             // U+D7FF, the last before the surrogates
        {"\xEE\x80\x80", 1},                             // U+E000, the first after them
        {"\xEF\xBF\xBF", 1},                             // U+FFFF, the last of three
        {"\xF0\x90\x80\x80", 1},                         // U+10000, the first of four
        {"\xF4\x8F\xBF\xBF", 1},                         // U+10FFFF, the last of all
        {"exactly8", 8},                                 // one block
        {"nine long", 9},                                // one block and a byte
        {"seven..\xC3\xA9", 8},                          // a sequence across a block's end
        {"שלום, e\xCC\x81, 👩‍👩‍👧", 15}, // right-to-left, combining, joined
    };
    for (const auto& [text, code_points] : cases) {
        BOOST_TEST_CONTEXT("text " << text) {
            BOOST_TEST(count_code_points(text).value_or(999) == code_points);
            BOOST_TEST(valid_utf8_prefix(text) == text.size());
        }
    }
}

BOOST_AUTO_TEST_CASE(malformed_text_is_refused_where_it_breaks) {
    const std::string broken[] = {
        "\x80",             // a continuation byte alone
        "\xBF",             //
        "\xC0\x80",         // overlong U+0000
        "\xC1\xBF",         // overlong U+007F
        "\xE0\x9F\xBF",     // overlong U+07FF
        "\xF0\x8F\xBF\xBF", // overlong U+FFFF
        "\xED\xA0\x80",     // U+D800
        "\xED\xBF\xBF",     // U+DFFF
        "\xF4\x90\x80\x80", // U+110000
        "\xF5\x80\x80\x80", // beyond
        "\xF8\x88\x80\x80", // five bytes
        "\xFE",             //
        "\xFF",             //
        "\xC3",             // cut off
        "\xE2\x82",         //
        "\xF0\x9F\x98",     //
        "\xC3(",            // not continued
        "\xE2(\xA1",        //
        "\xE2\x82(",        //
        "\xF0\x28\x8C\xBC", //
        "\xF0\x9F(\x80",    //
        "\xF0\x9F\x98(",    //
    };
    for (const std::string& sequence : broken) {
        for (const std::string& before : {""s, "a"s, "exactly8"s, "nine long"s, "\xC3\xA9"s}) {
            BOOST_TEST_CONTEXT("bytes " << before << " + " << sequence) {
                BOOST_TEST(!count_code_points(before + sequence));
                BOOST_TEST(valid_utf8_prefix(before + sequence) == before.size());
                BOOST_TEST(valid_utf8_prefix(before + sequence + "more text after") == before.size());
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "worker/json.hpp"

using namespace sotto;
using namespace std::string_literals;

namespace {

std::string repeated(std::string_view text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) {
        result += text;
    }
    return result;
}

/// Where the parse of `text` failed, by the problem's detail; the empty string where it passed.
std::string failure(std::string_view text) {
    const auto parsed = parse_json(text);
    if (parsed) {
        return "";
    }
    BOOST_TEST((parsed.problem().type == ProblemType::malformed_request));
    static constexpr std::string_view start = "Not JSON as we take it, at byte ";
    BOOST_TEST(parsed.problem().detail.starts_with(start));
    return parsed.problem().detail.substr(start.size());
}

} // namespace

BOOST_AUTO_TEST_SUITE(json)

BOOST_AUTO_TEST_CASE(valid_texts_come_back_compact) {
    struct Case {
        std::string text;
        std::string json;
    };
    const Case cases[] = {
        {"null", "null"},
        {"true", "true"},
        {" \t\r\nfalse \t\r\n", "false"},
        {R"("")", R"("")"},
        {"{}", "{}"},
        {"[ ]", "[]"},
        {"{ }", "{}"},
        {R"( { "a" : [ 1 , { } , "x" ] , "b" : null } )", R"({"a":[1,{},"x"],"b":null})"},
        {"0", "0"},
        {"-0", "0"},
        {"-1", "-1"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"18446744073709551615", "18446744073709551615"},
        {"0.5", "0.5"},
        {"-0.5", "-0.5"},
        {"1.0", "1.0"},
        {"1e2", "100.0"},
        {"1E+2", "100.0"},
        {"25e-2", "0.25"},
        {"0e0", "0.0"},
        {R"("\"\\\/\b\f\n\r\t")", R"("\"\\/\b\f\n\r\t")"},
        {R"("\u0041\u00e9\u00E9\u20ac\ud83d\ude00")", "\"Aéé€😀\""},
        {R"("\u0001\u001f\u007f")", "\"\\u0001\\u001f\x7F\""},
        {R"("\uFFFF\uFEFF\uD800\uDC00\uDBFF\uDFFF")", "\"\xEF\xBF\xBF\xEF\xBB\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\""},
        {"\"\xE2\x80\xA8é😀שלום\x7F\"", "\"\xE2\x80\xA8é😀שלום\x7F\""},
        {R"("// no comment /* here */")", R"("// no comment /* here */")"},
        {R"({"":1,"a":2,"A":3,"\u0062":4})", R"({"":1,"A":3,"a":2,"b":4})"},
        {R"([{"a":1},{"a":2}])", R"([{"a":1},{"a":2}])"},
        {R"({"a":{"a":{"a":1}}})", R"({"a":{"a":{"a":1}}})"},
        {R"({"a\u0001":1,"a":2})", R"({"a":2,"a\u0001":1})"},
    };
    for (const auto& [text, json] : cases) {
        BOOST_TEST_CONTEXT("text " << text) {
            BOOST_TEST(failure(text) == "");
            BOOST_TEST(to_json(*parse_json(text)) == json);
        }
    }
}

BOOST_AUTO_TEST_CASE(invalid_texts_are_refused_with_the_byte) {
    struct Case {
        std::string text;
        std::string_view failure;
    };
    const Case cases[] = {
        // nothing, or more than one text
        {"", "0: a value expected."},
        {" ", "1: a value expected."},
        {"1 2", "2: nothing more expected."},
        {"{}}", "2: nothing more expected."},
        {"{}\0"s, "2: nothing more expected."},
        {"\0"s, "0: a value expected."},
        {"{},", "2: nothing more expected."},
        {"\"a\"b", "3: nothing more expected."},
        {"\xEF\xBB\xBF{}", "0: a value expected."},
        {"\xFE\xFF\0{\0}"s, "0: not valid UTF-8."},
        {"{\0}\0"s, "1: a member's name expected."},
        {"\x0C{}", "0: a value expected."},
        {"\xC2\xA0{}", "0: a value expected."},
        // words
        {"nul", "0: a value expected."},
        {"nulll", "4: nothing more expected."},
        {"True", "0: a value expected."},
        {"NaN", "0: a value expected."},
        {"Infinity", "0: a value expected."},
        {"-Infinity", "1: a digit expected."},
        {"undefined", "0: a value expected."},
        {"'a'", "0: a value expected."},
        // comments
        {"/**/1", "0: a value expected."},
        {"1//", "1: nothing more expected."},
        {"[1/**/]", "2: ',' or ']' expected."},
        {"#\n1", "0: a value expected."},
        // numbers
        {"01", "1: nothing more expected."},
        {"-01", "2: nothing more expected."},
        {"00", "1: nothing more expected."},
        {"-", "1: a digit expected."},
        {"--1", "1: a digit expected."},
        {"+1", "0: a value expected."},
        {"1.", "2: a digit expected."},
        {".5", "0: a value expected."},
        {"-.5", "1: a digit expected."},
        {"1.e1", "2: a digit expected."},
        {"1e", "2: a digit expected."},
        {"1e+", "3: a digit expected."},
        {"1e+-1", "3: a digit expected."},
        {"1e1.5", "3: nothing more expected."},
        {"0x10", "1: nothing more expected."},
        {"1_000", "1: nothing more expected."},
        {"1,5", "1: nothing more expected."},
        {"\xEF\xBC\x91", "0: a value expected."}, // U+FF11, a full-width 1
        {"[1e400]", "1: a number that a double can't hold."},
        {"-1e400", "0: a number that a double can't hold."},
        {"1e-400", "0: a number that a double can't hold."},
        {"1" + repeated("0", 400), "0: a number that a double can't hold."},
        // strings
        {"\"", "1: a string without an end."},
        {"\"abc", "4: a string without an end."},
        {"\"a\nb\"", "2: a control character in a string."},
        {"\"\t\"", "1: a control character in a string."},
        {"\"\x1F\"", "1: a control character in a string."},
        {"\"a\0b\""s, "2: a control character in a string."},
        {R"("\)", "1: a broken escape."},
        {R"("\")", "3: a string without an end."},
        {R"("\x41")", "1: a broken escape."},
        {R"("\'")", "1: a broken escape."},
        {R"("\a")", "1: a broken escape."},
        {R"("\U0041")", "1: a broken escape."},
        {"\"\\\n\"", "1: a broken escape."},
        {"\"\\\0\""s, "1: a broken escape."},
        {R"("\u")", "1: a broken escape."},
        {R"("\u004")", "1: a broken escape."},
        {R"("\u004g")", "1: a broken escape."},
        {R"("\u-041")", "1: a broken escape."},
        {R"("\u+041")", "1: a broken escape."},
        {R"("\u 041")", "1: a broken escape."},
        {R"("\u0x41")", "1: a broken escape."},
        {R"("ab\u0000")", "3: U+0000 is not taken."},
        {R"({"\u0000":1})", "2: U+0000 is not taken."},
        {R"("\ud800")", "1: half of a surrogate pair."},
        {R"("\uDBFFx")", "1: half of a surrogate pair."},
        {R"("\udc00")", "1: half of a surrogate pair."},
        {R"("\udfff\ud800")", "1: half of a surrogate pair."},
        {R"("\ud800\ud800")", "1: half of a surrogate pair."},
        {R"("\ud800\u0041")", "1: half of a surrogate pair."},
        {R"("\ud800\n")", "1: half of a surrogate pair."},
        {R"("\ud800\udc0")", "1: half of a surrogate pair."},
        {R"("\ud800\ue000")", "1: half of a surrogate pair."},
        // UTF-8
        {"\"\x80\"", "1: not valid UTF-8."},
        {"\"\xC0\x80\"", "1: not valid UTF-8."},
        {"\"\xC0\xAF\"", "1: not valid UTF-8."},
        {"\"\xE0\x80\xAF\"", "1: not valid UTF-8."},
        {"\"\xED\xA0\x80\"", "1: not valid UTF-8."},
        {"\"\xF4\x90\x80\x80\"", "1: not valid UTF-8."},
        {"\"\xC3\"", "1: not valid UTF-8."},
        {"[1]\xFF", "3: not valid UTF-8."},
        // arrays
        {"[", "1: a value expected."},
        {"[1", "2: ',' or ']' expected."},
        {"[1,", "3: a value expected."},
        {"[1,]", "3: a value expected."},
        {"[,1]", "1: a value expected."},
        {"[1,,2]", "3: a value expected."},
        {"[1 2]", "3: ',' or ']' expected."},
        {"[1}", "2: ',' or ']' expected."},
        {"]", "0: a value expected."},
        // objects
        {"{", "1: a member's name expected."},
        {"{,}", "1: a member's name expected."},
        {"{a:1}", "1: a member's name expected."},
        {"{'a':1}", "1: a member's name expected."},
        {"{1:1}", "1: a member's name expected."},
        {R"({"a"})", "4: ':' expected."},
        {R"({"a",1})", "4: ':' expected."},
        {R"({"a"::1})", "5: a value expected."},
        {R"({"a":})", "5: a value expected."},
        {R"({"a":1,})", "7: a member's name expected."},
        {R"({"a":1 "b":2})", "7: ',' or '}' expected."},
        {R"({"a":1;"b":2})", "6: ',' or '}' expected."},
        {R"({"a":1])", "6: ',' or '}' expected."},
        // duplicate names, also when written in another way
        {R"({"a":1,"a":1})", "7: the same name twice in one object."},
        {R"({"a":1, "\u0061":2})", "8: the same name twice in one object."},
        {R"({"\ud83d\ude00":1,"😀":2})", "18: the same name twice in one object."},
        {"{\"\\ud87e\\udc00\":1,\"\xF0\xAF\xA0\x80\":2}", "18: the same name twice in one object."},
        {R"({"\u00e9":1,"é":2})", "12: the same name twice in one object."},
        {R"({"\u20AC":1,"€":2})", "12: the same name twice in one object."},
        {R"({"\/":1,"/":2})", "8: the same name twice in one object."},
        {R"({"":1,"":2})", "6: the same name twice in one object."},
        {R"([{"b":{"a":1,"c":{},"a":2}}])", "20: the same name twice in one object."},
    };
    for (const auto& [text, expected] : cases) {
        BOOST_TEST_CONTEXT("text " << text) {
            BOOST_TEST(failure(text) == expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(depth_is_limited_to_16) {
    BOOST_TEST(failure(repeated("[", 16) + repeated("]", 16)) == "");
    BOOST_TEST(failure(repeated("[", 17) + repeated("]", 17)) == "16: nested deeper than 16 levels.");
    BOOST_TEST(failure(repeated(R"({"a":)", 16) + "1" + repeated("}", 16)) == "");
    BOOST_TEST(failure(repeated(R"({"a":)", 17) + "1" + repeated("}", 17)) == "80: nested deeper than 16 levels.");
    BOOST_TEST(failure(repeated("[", 65536)) == "16: nested deeper than 16 levels.");
    BOOST_TEST(failure("[" + repeated("[],", 100) + "[]]") == ""); // side by side is not deep
}

BOOST_AUTO_TEST_CASE(a_text_cut_at_any_byte_is_refused) {
    const std::string text =
        R"({"recipient":"bob","text":"é😀\u00e9\ud83d\ude00\n","width":640,"x":[true,false,null,-1.5e+3,{}]})";
    BOOST_TEST(failure(text) == "");
    for (std::size_t length = 0; length < text.size(); ++length) {
        BOOST_TEST_CONTEXT("bytes " << length) {
            BOOST_TEST(failure(text.substr(0, length)) != "");
        }
    }
}

BOOST_AUTO_TEST_CASE(a_view_is_not_read_beyond_its_end) {
    const std::string_view text = "1234,\"\\u0041\"";
    BOOST_TEST(to_json(*parse_json(text.substr(0, 2))) == "12");
    BOOST_TEST(failure(text.substr(5, 6)) == "1: a broken escape.");
}

BOOST_AUTO_TEST_CASE(strings_written_by_hand_are_read_back) {
    std::string every_byte;
    for (char c = 1; c > 0; ++c) {
        every_byte.push_back(c);
        if (c == 127) {
            break;
        }
    }
    const std::string texts[] = {
        "",     "a",        "plain text",       "\"",     "\\",       "a\"b\\c", "\n",
        "\x1F", every_byte, "é😀שלום e\xCC\x81", "ends\n", "\nstarts",
    };
    for (const std::string& text : texts) {
        BOOST_TEST_CONTEXT("text " << text) {
            std::string out = "[";
            append_json_string(out, text);
            out += "]";
            const auto parsed = parse_json(out);
            BOOST_REQUIRE(parsed);
            BOOST_TEST((*parsed)[0].asString() == text);
            BOOST_TEST(to_json(*parsed) == out); // the two writers agree
        }
    }
}

BOOST_AUTO_TEST_CASE(only_what_must_be_is_escaped) {
    std::string out;
    append_json_string(out, "\"\\/\b\f\n\r\t\0\x01\x1f\x7f<é>😀"s);
    BOOST_TEST(out == "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u0001\\u001f\x7F<é>😀\"");
}

// A text is looked at eight bytes at a time, so each byte stands at each place of the eight, alone and beside one from
// 0x80 on.
BOOST_AUTO_TEST_CASE(every_byte_is_escaped_or_not_wherever_it_stands) {
    for (int byte = 1; byte < 0x80; ++byte) { // U+0000 is never read back
        const bool escaped = byte < 0x20 || byte == '"' || byte == '\\';
        for (std::size_t place = 0; place < 18; ++place) {
            for (const std::string_view filler : {"a", "é"}) {
                std::string text;
                for (std::size_t i = 0; i < 18; ++i) {
                    text += i == place ? std::string(1, static_cast<char>(byte)) : std::string(filler);
                }
                std::string out;
                append_json_string(out, text);
                BOOST_TEST_INFO("byte " << byte << " at " << place);
                BOOST_CHECK_EQUAL(out.size() == text.size() + 2, !escaped);
                const auto parsed = parse_json("[" + out + "]");
                BOOST_REQUIRE(parsed);
                BOOST_CHECK_EQUAL((*parsed)[0].asString(), text);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

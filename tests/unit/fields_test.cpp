#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "worker/fields.hpp"
#include "worker/json.hpp"

using namespace sotto;
using namespace std::string_literals;

namespace {

Fields json_fields(std::string_view text) {
    return Fields(*parse_json(text), Fields::Encoding::json);
}

Fields text_fields(std::string_view name, std::string_view value) {
    Json::Value object(Json::objectValue);
    object[std::string(name)] = std::string(value);
    return Fields(std::move(object), Fields::Encoding::text);
}

/// "field:code" of every error, in order, joined by spaces; empty where all is well.
std::string errors(const Fields& fields) {
    std::string joined;
    if (const auto problem = fields.problem()) {
        BOOST_TEST((problem->type == ProblemType::validation));
        BOOST_TEST(!problem->errors.empty());
        for (const FieldError& error : problem->errors) {
            BOOST_TEST(!error.detail.empty());
            joined += (joined.empty() ? "" : " ") + error.field + ":" + error.code;
        }
    }
    return joined;
}

std::string repeated(std::string_view text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) {
        result += text;
    }
    return result;
}

Request body_request(std::string content_type, std::string body) {
    Request request;
    request.content_type = std::move(content_type);
    request.body = std::move(body);
    return request;
}

} // namespace

BOOST_AUTO_TEST_SUITE(fields)

BOOST_AUTO_TEST_CASE(text_is_measured_in_code_points) {
    struct Case {
        std::string json;
        std::string_view errors;
    };
    const Case cases[] = {
        {R"({"a":"x"})", ""},
        {R"({"a":"12345"})", ""},
        {R"({"a":"éééé😀"})", ""},
        {R"({"a":""})", "a:too_short"},
        {R"({"a":"123456"})", "a:too_long"},
        {R"({"a":"éééééé"})", "a:too_long"},
        {R"({"a":1})", "a:wrong_type"},
        {R"({"a":true})", "a:wrong_type"},
        {R"({"a":["x"]})", "a:wrong_type"},
        {R"({"a":{}})", "a:wrong_type"},
    };
    for (const auto& [json, expected] : cases) {
        BOOST_TEST_CONTEXT("body " << json) {
            Fields fields = json_fields(json);
            BOOST_TEST(fields.text("a", {1, 5}).has_value() == expected.empty());
            BOOST_TEST(errors(fields) == expected);
        }
    }
    BOOST_TEST(json_fields(R"({"a":"é"})").text("a", {1, 1}).value() == "é");
    BOOST_TEST(json_fields(R"({"a":""})").text("a", {0, 1}).value() == "");
}

BOOST_AUTO_TEST_CASE(bytes_are_measured_in_bytes) {
    struct Case {
        std::string json;
        std::string_view errors;
    };
    const Case cases[] = {
        {R"({"a":"12"})", ""},
        {R"({"a":"é"})", ""},
        {R"({"a":"éé1"})", ""},
        {R"({"a":"1"})", "a:too_short"},
        {R"({"a":"ééé"})", "a:too_long"},
        {R"({"a":12})", "a:wrong_type"},
    };
    for (const auto& [json, expected] : cases) {
        BOOST_TEST_CONTEXT("body " << json) {
            Fields fields = json_fields(json);
            BOOST_TEST(fields.bytes("a", {2, 5}).has_value() == expected.empty());
            BOOST_TEST(errors(fields) == expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(integers_in_json_have_no_fraction_and_no_exponent) {
    struct Case {
        std::string number;
        std::string_view errors;
    };
    const Case cases[] = {
        {"1", ""},
        {"200", ""},
        {"0", "a:out_of_range"},
        {"-0", "a:out_of_range"},
        {"-1", "a:out_of_range"},
        {"201", "a:out_of_range"},
        {"9223372036854775807", "a:out_of_range"},
        {"9223372036854775808", "a:out_of_range"},
        {"-9223372036854775809", "a:out_of_range"},
        {"18446744073709551616", "a:out_of_range"},
        {"100000000000000000000000000", "a:out_of_range"},
        {"1.0", "a:wrong_type"},
        {"1.5", "a:wrong_type"},
        {"1e2", "a:wrong_type"},
        {"10e-1", "a:wrong_type"},
        {"\"1\"", "a:wrong_type"},
        {"true", "a:wrong_type"},
        {"[1]", "a:wrong_type"},
        {"{}", "a:wrong_type"},
    };
    for (const auto& [number, expected] : cases) {
        BOOST_TEST_CONTEXT("number " << number) {
            Fields fields = json_fields(R"({"a":)" + number + "}");
            BOOST_TEST(fields.integer("a", 1, 200).has_value() == expected.empty());
            BOOST_TEST(errors(fields) == expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(integers_in_text_are_decimal_digits) {
    struct Case {
        std::string text;
        std::string_view errors;
    };
    const Case cases[] = {
        {"1", ""},
        {"200", ""},
        {"007", ""},
        {"0", "a:out_of_range"},
        {"-1", "a:out_of_range"},
        {"201", "a:out_of_range"},
        {"9223372036854775808", "a:out_of_range"},
        {"-9223372036854775809", "a:out_of_range"},
        {"999999999999999999999999999999", "a:out_of_range"},
        {"", "a:wrong_type"},
        {"-", "a:wrong_type"},
        {"--1", "a:wrong_type"},
        {"+1", "a:wrong_type"},
        {" 1", "a:wrong_type"},
        {"1 ", "a:wrong_type"},
        {"1.0", "a:wrong_type"},
        {"1e2", "a:wrong_type"},
        {"0x1", "a:wrong_type"},
        {"one", "a:wrong_type"},
        {"99999999999999999999x", "a:wrong_type"},
    };
    for (const auto& [text, expected] : cases) {
        BOOST_TEST_CONTEXT("text " << text) {
            Fields fields = text_fields("a", text);
            BOOST_TEST(fields.integer("a", 1, 200).has_value() == expected.empty());
            BOOST_TEST(errors(fields) == expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(integers_reach_both_ends_of_64_bits) {
    constexpr std::int64_t min = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t max = std::numeric_limits<std::int64_t>::max();
    BOOST_TEST(json_fields(R"({"a":-9223372036854775808})").integer("a", min, max).value() == min);
    BOOST_TEST(json_fields(R"({"a":9223372036854775807})").integer("a", min, max).value() == max);
    BOOST_TEST(text_fields("a", "-9223372036854775808").integer("a", min, max).value() == min);
    BOOST_TEST(text_fields("a", "9223372036854775807").integer("a", min, max).value() == max);
    for (const std::string& number : {"9223372036854775808"s, "-9223372036854775809"s}) {
        BOOST_TEST(!json_fields(R"({"a":)" + number + "}").integer("a", min, max));
        BOOST_TEST(!text_fields("a", number).integer("a", min, max));
    }
}

BOOST_AUTO_TEST_CASE(booleans_are_words_in_text_only) {
    BOOST_TEST(json_fields(R"({"a":true})").boolean("a").value() == true);
    BOOST_TEST(json_fields(R"({"a":false})").boolean("a").value() == false);
    for (const std::string_view json : {R"({"a":"true"})", R"({"a":1})", R"({"a":0})", R"({"a":[]})"}) {
        BOOST_TEST_CONTEXT("body " << json) {
            Fields fields = json_fields(json);
            BOOST_TEST(!fields.boolean("a"));
            BOOST_TEST(errors(fields) == "a:wrong_type");
        }
    }
    for (const std::string_view word : {"true", "1", "on"}) {
        BOOST_TEST_CONTEXT("text " << word) {
            BOOST_TEST(text_fields("a", word).boolean("a").value() == true);
        }
    }
    for (const std::string_view word : {"false", "0"}) {
        BOOST_TEST_CONTEXT("text " << word) {
            BOOST_TEST(text_fields("a", word).boolean("a").value() == false);
        }
    }
    for (const std::string_view word : {"", "yes", "TRUE", "2", "off"}) {
        BOOST_TEST_CONTEXT("text " << word) {
            Fields fields = text_fields("a", word);
            BOOST_TEST(!fields.boolean("a"));
            BOOST_TEST(errors(fields) == "a:wrong_type");
        }
    }
}

BOOST_AUTO_TEST_CASE(a_choice_is_one_of_the_given) {
    Fields good = json_fields(R"({"type":"image"})");
    BOOST_TEST(good.choice("type", {"text", "image"}).value() == "image");
    BOOST_TEST(errors(good) == "");
    Fields other = json_fields(R"({"type":"Image"})");
    BOOST_TEST(!other.choice("type", {"text", "image"}));
    BOOST_TEST(errors(other) == "type:invalid");
    BOOST_TEST(other.problem()->errors.front().detail == "Must be one of: text image.");
    Fields number = json_fields(R"({"type":1})");
    BOOST_TEST(!number.choice("type", {"text", "image"}));
    BOOST_TEST(errors(number) == "type:wrong_type");
}

BOOST_AUTO_TEST_CASE(null_and_absence_are_the_same) {
    for (const std::string_view json : {"{}", R"({"a":null})"}) {
        BOOST_TEST_CONTEXT("body " << json) {
            Fields fields = json_fields(json);
            BOOST_TEST(!fields.has("a"));
            BOOST_TEST(!fields.text("a", {1, 5}));
            BOOST_TEST(!fields.bytes("a", {1, 5}));
            BOOST_TEST(!fields.integer("a", 1, 5));
            BOOST_TEST(!fields.boolean("a"));
            BOOST_TEST(!fields.choice("a", {"x"}));
            BOOST_TEST(errors(fields) == "");
            fields.require("a");
            BOOST_TEST(errors(fields) == "a:required");
        }
    }
    BOOST_TEST(json_fields(R"({"a":false})").has("a"));
    BOOST_TEST(json_fields(R"({"a":""})").has("a"));
}

BOOST_AUTO_TEST_CASE(what_is_required_is_missed_once) {
    Fields fields = json_fields(R"({"there":"x","wrong":1})");
    fields.require("there");
    fields.text("wrong", {1, 5});
    fields.require("wrong");
    fields.require("absent");
    fields.require("absent");
    BOOST_TEST(errors(fields) == "wrong:wrong_type absent:required");
}

BOOST_AUTO_TEST_CASE(all_failures_are_collected_in_order) {
    Fields fields = json_fields(R"({"name":"","size":0,"flag":3,"kind":"x","fine":"y","stray":1})");
    fields.text("name", {1, 5});
    fields.integer("size", 1, 5);
    fields.boolean("flag");
    fields.choice("kind", {"a"});
    fields.text("fine", {1, 5});
    fields.fail("fine", "invalid", "Not so fine.");
    BOOST_TEST(errors(fields) ==
               "name:too_short size:out_of_range flag:wrong_type kind:invalid fine:invalid stray:unknown");
    BOOST_TEST(errors(fields) ==
               "name:too_short size:out_of_range flag:wrong_type kind:invalid fine:invalid stray:unknown");
}

BOOST_AUTO_TEST_CASE(members_nobody_asked_for_are_unknown) {
    Fields fields = json_fields(R"({"asked":1,"failed":1,"required":1,"stray":null,"":1})");
    fields.integer("asked", 1, 1);
    fields.fail("failed", "invalid", "Not with this type.");
    fields.require("required");
    BOOST_TEST(fields.has("stray") == false);
    BOOST_TEST(errors(fields) == "failed:invalid :unknown stray:unknown");
}

BOOST_AUTO_TEST_CASE(unknown_names_are_cut_between_code_points) {
    struct Case {
        std::string name;
        std::string cut;
    };
    const Case cases[] = {
        {std::string(64, 'x'), std::string(64, 'x')},
        {std::string(65, 'x'), std::string(64, 'x')},
        {std::string(63, 'x') + "é", std::string(63, 'x')},
        {std::string(61, 'x') + "😀", std::string(61, 'x')},
        {std::string(60, 'x') + "😀", std::string(60, 'x') + "😀"},
        {repeated("€", 30), repeated("€", 21)},
    };
    for (const auto& [name, cut] : cases) {
        BOOST_TEST_CONTEXT("name " << name) {
            BOOST_TEST(errors(json_fields("{\"" + name + "\":1}")) == cut + ":unknown");
        }
    }
}

BOOST_AUTO_TEST_CASE(at_most_8_unknown_members_are_listed) {
    std::string json = R"({"bad":1)";
    for (int i = 0; i < 100; ++i) {
        json += ",\"m" + std::to_string(i) + "\":1";
    }
    Fields fields = json_fields(json + "}");
    fields.text("bad", {1, 5});
    BOOST_TEST(fields.problem()->errors.size() == 9U);
    BOOST_TEST(fields.problem()->errors.front().code == "wrong_type");
    BOOST_TEST(fields.problem()->errors.back().code == "unknown");
}

BOOST_AUTO_TEST_CASE(bodies_are_json_objects_or_forms) {
    struct Case {
        std::string content_type;
        std::string body;
        bool forms;
        std::string_view outcome; ///< the text of "a", or the problem's slug
    };
    const std::string form_type = "application/x-www-form-urlencoded";
    const std::string part = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B--\r\n";
    const Case cases[] = {
        {"application/json", R"({"a":"1"})", false, "1"},
        {"application/json", R"({"a":"1"})", true, "1"},
        {"Application/JSON ; charset=\"UTF-8\"", R"({"a":"1"})", false, "1"},
        {form_type, "a=1", true, "1"},
        {"multipart/form-data; boundary=\"B\"", part, true, "1"},
        {"", R"({"a":"1"})", true, "unsupported-media"},
        {"text/plain", R"({"a":"1"})", true, "unsupported-media"},
        {"text/json", R"({"a":"1"})", true, "unsupported-media"},
        {"application/jsonx", R"({"a":"1"})", true, "unsupported-media"},
        {"application/json, text/plain", R"({"a":"1"})", true, "unsupported-media"},
        {"application/json; charset=utf-16", R"({"a":"1"})", true, "unsupported-media"},
        {form_type, "a=1", false, "unsupported-media"},
        {form_type + "; charset=latin1", "a=1", true, "unsupported-media"},
        {"application/json", "", true, "malformed-request"},
        {"application/json", R"({"a":"1")", true, "malformed-request"},
        {"application/json", R"(["a"])", true, "malformed-request"},
        {"application/json", R"("a")", true, "malformed-request"},
        {"application/json", "null", true, "malformed-request"},
        {form_type, "a=%", true, "malformed-request"},
        {"application/json", R"({"a":"1"})" + std::string(max_body_bytes - 9, ' '), false, "1"},
        {"application/json", R"({"a":"1"})" + std::string(max_body_bytes - 8, ' '), false, "body-too-large"},
        {form_type, "a=1" + std::string(max_body_bytes - 3, '&'), true, "1"},
        {form_type, "a=1" + std::string(max_body_bytes - 2, '&'), true, "body-too-large"},
    };
    for (const auto& [content_type, body, forms, outcome] : cases) {
        BOOST_TEST_CONTEXT("type " << content_type << " body " << body.substr(0, 100) << " forms " << forms) {
            auto read = Fields::from_body(body_request(content_type, body), forms);
            BOOST_TEST((read ? read->text("a", {1, 1}).value_or("(none)")
                             : std::string(slug_of(read.problem().type))) == outcome);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_encoded_body_is_refused) {
    for (const std::string type : {"application/json", "application/x-www-form-urlencoded"}) {
        Request request = body_request(type, type.ends_with("json") ? R"({"a":"1"})" : "a=1");
        BOOST_TEST(bool(Fields::from_body(request, true)));
        request.content_encoding = "gzip";
        const auto refused = Fields::from_body(request, true);
        BOOST_REQUIRE(!refused);
        BOOST_TEST(slug_of(refused.problem().type) == "unsupported-media");
        BOOST_TEST(refused.problem().headers.front().second == "identity");
    }
}

BOOST_AUTO_TEST_CASE(values_of_forms_and_queries_are_text) {
    auto form =
        Fields::from_body(body_request("application/x-www-form-urlencoded", "width=640&token=on&caption="), true);
    BOOST_REQUIRE(form);
    BOOST_TEST(form->integer("width", 1, 65535).value() == 640);
    BOOST_TEST(form->boolean("token").value() == true);
    BOOST_TEST(!form->has("caption"));
    BOOST_TEST(errors(*form) == "");

    auto json = Fields::from_body(body_request("application/json", R"({"width":"640","token":"on"})"), true);
    BOOST_REQUIRE(json);
    json->integer("width", 1, 65535);
    json->boolean("token");
    BOOST_TEST(errors(*json) == "width:wrong_type token:wrong_type");

    Request request;
    request.query = "page=2&order=asc&upto=x&stray";
    auto query = Fields::from_query(request);
    BOOST_REQUIRE(query);
    BOOST_TEST(query->integer("page", 1, 9).value() == 2);
    BOOST_TEST(query->choice("order", {"asc", "desc"}).value() == "asc");
    query->integer("upto", 1, 9);
    BOOST_TEST(errors(*query) == "upto:wrong_type stray:unknown");

    request.query = "page=%";
    const auto broken = Fields::from_query(request);
    BOOST_REQUIRE(!broken);
    BOOST_TEST((broken.problem().type == ProblemType::malformed_request));
}

BOOST_AUTO_TEST_SUITE_END()

#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "worker/form.hpp"
#include "worker/json.hpp"

using namespace sotto;
using namespace std::string_literals;

namespace {

Request form_request(std::string content_type, std::string body) {
    Request request;
    request.method = "POST";
    request.query = "text=from+the+query&user_name=mallory";
    request.content_type = std::move(content_type);
    request.body = std::move(body);
    return request;
}

Request urlencoded(std::string body) {
    return form_request("application/x-www-form-urlencoded", std::move(body));
}

Request multipart(std::string body) {
    return form_request("multipart/form-data; boundary=B", std::move(body));
}

std::string part(std::string_view head, std::string_view value) {
    return "--B\r\n" + std::string(head) + "\r\n\r\n" + std::string(value) + "\r\n";
}

std::string field(std::string_view name, std::string_view value) {
    return part("Content-Disposition: form-data; name=\"" + std::string(name) + "\"", value);
}

constexpr std::string_view a_head = "Content-Disposition: form-data; name=\"a\"";

/// The form as JSON, or the problem's slug.
std::string outcome(const Request& request) {
    const auto form = parse_form(request);
    return form ? to_json(*form) : std::string(slug_of(form.problem().type));
}

std::string numbered_pairs(int count) {
    std::string body;
    for (int i = 0; i < count; ++i) {
        body += "f" + std::to_string(i) + "=1&";
    }
    return body;
}

std::string numbered_parts(int count) {
    std::string body;
    for (int i = 0; i < count; ++i) {
        body += field("f" + std::to_string(i), "1");
    }
    return body + "--B--\r\n";
}

} // namespace

BOOST_AUTO_TEST_SUITE(form)

BOOST_AUTO_TEST_CASE(content_types_of_forms_are_known) {
    for (const std::string_view type :
         {"application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded; charset=UTF-8",
          "multipart/form-data; boundary=x", "multipart/form-data",
          "application/x-www-form-urlencoded;charset=latin1"}) {
        BOOST_TEST_CONTEXT("type " << type) {
            BOOST_TEST(is_form(form_request(std::string(type), "")));
        }
    }
    for (const std::string_view type :
         {"", "application/json", "text/plain", "multipart/mixed; boundary=x", "application/x-www-form-urlencoded2",
          "multipart/form-data2; boundary=x", "multipart/form-data; boundary"}) {
        BOOST_TEST_CONTEXT("type " << type) {
            BOOST_TEST(!is_form(form_request(std::string(type), "")));
        }
    }
}

BOOST_AUTO_TEST_CASE(urlencoded_forms_are_read) {
    struct Case {
        std::string body;
        std::string_view json;
    };
    const Case cases[] = {
        {"", "{}"},
        {"&&", "{}"},
        {"user_name=alice&password=a%26b%3Dc+d", R"({"password":"a&b=c d","user_name":"alice"})"},
        {"a=1&empty=&b=2", R"({"a":"1","b":"2"})"},
        {"a=1&&b=2&", R"({"a":"1","b":"2"})"},
        {"a=b=c", R"({"a":"b=c"})"},
        {"text=%C3%A9%F0%9F%98%80", R"({"text":"é😀"})"},
        {"text=é😀", R"({"text":"é😀"})"},
        {"text=%2B%25%3B", R"({"text":"+%;"})"},
        // what cgicc alone cuts at the ';', or drops
        {"text=hi;+there", R"({"text":"hi; there"})"},
        {"text=a;b=c", R"({"text":"a;b=c"})"},
        {"a;b=1", R"({"a;b":"1"})"},
        {"a=1&b", R"({"a":"1"})"},
        {"b", "{}"},
        // line breaks
        {"text=a%0D%0Ab%0D%0A", R"({"text":"a\nb\n"})"},
        {"text=a%0Ab%0Dc%0D%0D%0A", R"({"text":"a\nb\rc\r\n"})"},
    };
    for (const auto& [body, json] : cases) {
        BOOST_TEST_CONTEXT("body " << body) {
            BOOST_TEST(outcome(urlencoded(body)) == json);
        }
    }
}

BOOST_AUTO_TEST_CASE(malformed_urlencoded_forms_are_refused) {
    const std::string bodies[] = {
        "a=%",   "a=%4",   "a=%4g",       "%=1",      "a=%00",      "a=\0"s,     "\0=a"s,
        "a=%C3", "a=\xFF", "%ED%A0%80=",  "a%C3=%A9", "a=1&a=2",    "a=1&%61=2", "a=&a=",
        "a&a",   "a=1&a",  "a=1&b=2&b=3", "a=%u0041", "a=\xC0\x80", "a=1&b=%zz",
    };
    for (const std::string& body : bodies) {
        BOOST_TEST_CONTEXT("body " << body) {
            BOOST_TEST(outcome(urlencoded(body)) == "malformed-request");
        }
    }
}

BOOST_AUTO_TEST_CASE(multipart_forms_are_read) {
    struct Case {
        std::string body;
        std::string_view json;
    };
    const Case cases[] = {
        {"--B--\r\n", "{}"},
        {"--B--", "{}"},
        {field("a", "1") + "--B--\r\n", R"({"a":"1"})"},
        {field("a", "1") + "--B--", R"({"a":"1"})"}, // some clients leave the last line break out
        {field("a", "1") + field("b", "") + field("c", "3") + "--B--\r\n", R"({"a":"1","c":"3"})"},
        {field("a", "é😀 +%41;&=") + "--B--\r\n", R"({"a":"é😀 +%41;&="})"},
        {field("a", "one\r\ntwo\r\n\r\n") + "--B--\r\n", R"({"a":"one\ntwo\n\n"})"},
        {field("a", "\r\n") + "--B--\r\n", R"({"a":"\n"})"},
        {field("a", "-B --b -- B\r\n--\r\n") + "--B--\r\n", R"({"a":"-B --b -- B\n--\n"})"},
        {field("a", "name=\"b\"") + "--B--\r\n", R"({"a":"name=\"b\""})"},
        {field("é", "1") + "--B--\r\n", R"({"é":"1"})"},
        {part(std::string(a_head) + "\r\nContent-Type: text/plain; charset=UTF-8", "1") + "--B--\r\n", R"({"a":"1"})"},
        {part("Content-Type: text/plain\r\n" + std::string(a_head), "1") + "--B--\r\n", R"({"a":"1"})"},
        {part("content-disposition:form-data; name=\"a\"", "1") + "--B--\r\n", R"({"a":"1"})"},
        {part(std::string(a_head) + "\r\nContent-Transfer-Encoding: 7bit", "1") + "--B--\r\n", R"({"a":"1"})"},
        {part(std::string(a_head) + "\r\nContent-Transfer-Encoding: 8bit", "1") + "--B--\r\n", R"({"a":"1"})"},
        {part(std::string(a_head) + "\r\nContent-Transfer-Encoding: binary", "1") + "--B--\r\n", R"({"a":"1"})"},
    };
    for (const auto& [body, json] : cases) {
        BOOST_TEST_CONTEXT("body " << body) {
            BOOST_TEST(outcome(multipart(body)) == json);
        }
    }
}

BOOST_AUTO_TEST_CASE(malformed_multipart_forms_are_refused) {
    const std::string head(a_head);
    const std::string end = "--B--\r\n";
    const std::string bodies[] = {
        // boundaries
        "",
        "junk",
        "--B",
        "--B\r\n",
        "--B-",
        "--B\n" + head + "\n\n1\n--B--\n",
        field("a", "1"),
        field("a", "1") + "--B",
        field("a", "1") + "--B-",
        field("a", "1") + "--B\r\n",
        field("a", "1") + "--Bx--\r\n",
        field("a", "1") + "--B--\r\nepilogue",
        field("a", "1") + "--B--\r",
        field("a", "1") + "--B--\r\n\r\n",
        field("a", "1") + "--B-- \r\n",
        field("a", "1") + end + field("b", "2") + end,
        "preamble\r\n" + field("a", "1") + end,
        "\r\n" + field("a", "1") + end,
        field("a", "in the middle --B\r\nof a line") + end,
        field("a", "--B") + end,
        field("a", "x\r\n--Bar\r\n") + end,
        "--B\r\n" + head + "\r\n\r\nno line break at the end--B--\r\n",
        // headers
        "--B\r\n--B--\r\n",
        "--B\r\n\r\n--B--\r\n",
        "--B\r\n\r\n1\r\n--B--\r\n",
        "--B\r\n\r\n\r\n1\r\n--B--\r\n",
        "--B\r\n" + head + "\r\n--B--\r\n",
        "--B\r\n" + head + "\r\n\r\n--B--\r\n",
        "--B\r\n" + head + "\n\n1\r\n--B--\r\n",
        part("Content-Type: text/plain", "1") + end,
        part("Content-Disposition: form-data", "1") + end,
        part("Content-Disposition: form-data; name=a", "1") + end,
        part("Content-Disposition: form-data; name=\"\"", "1") + end,
        part("Content-Disposition: form-data; name=\"a", "1") + end,
        part("Content-Disposition: form-data; name=\"", "1") + end,
        part("Content-Disposition: form-data; name=\"a\\\"b\"", "1") + end,
        part("Content-Disposition: form-data; name=\"a\"; b=\"c\"", "1") + end,
        part("Content-Disposition: attachment; name=\"a\"", "1") + end,
        part(head + "\r\n" + head, "1") + end,
        part("no colon\r\n" + head, "1") + end,
        part("X: name=\"b\"\r\n" + head, "1") + end,
        part("X: a\nname=\"b\"\r\n" + head, "1") + end,
        part("X: \0\r\n"s + head, "1") + end,
        part(head + "\r\nContent-Transfer-Encoding: base64", "MQ==") + end,
        part(head + "\r\nContent-Transfer-Encoding: quoted-printable", "=31") + end,
        part(head + "\r\nX: " + std::string(60000, 'x'), "1") + end,
        // files
        part(head + "; filename=\"f.txt\"\r\nContent-Type: text/plain", "1") + end,
        part(head + "; filename=\"\"", "") + end,
        part(head + "; filename*=UTF-8''f", "1") + end,
        part("Content-Disposition: form-data; filename=\"f\"; name=\"a\"", "1") + end,
        field("a", "1") + part("Content-Disposition: form-data; name=\"b\"; filename=\"f\"", "1") + end,
        // nested parts
        part(head + "\r\nContent-Type: multipart/mixed; boundary=\"B2\"", "--B2\r\n\r\n1\r\n--B2--") + end,
        // text
        field("a", "\0"s) + end,
        field("a", "\xFF") + end,
        field("a", "\xC3") + end,
        field("\xC3", "1") + end,
        // names
        field("a", "1") + field("a", "2") + end,
        field("a", "") + field("a", "") + end,
    };
    for (const std::string& body : bodies) {
        BOOST_TEST_CONTEXT("body " << body.substr(0, 200)) {
            BOOST_TEST(outcome(multipart(body)) == "malformed-request");
        }
    }
}

BOOST_AUTO_TEST_CASE(a_multipart_form_cut_at_any_byte_is_refused) {
    const std::string body = field("recipient", "bob") + field("text", "a\r\n\r\nb") + "--B--";
    BOOST_TEST(outcome(multipart(body)) == R"({"recipient":"bob","text":"a\n\nb"})");
    for (std::size_t length = 0; length < body.size(); ++length) {
        BOOST_TEST_CONTEXT("bytes " << length) {
            BOOST_TEST(outcome(multipart(body.substr(0, length))) == "malformed-request");
        }
    }
}

BOOST_AUTO_TEST_CASE(a_part_head_may_have_1024_bytes) {
    const std::string head = std::string(a_head) + "\r\nX: ";
    BOOST_TEST(outcome(multipart(part(head + std::string(1024 - head.size(), 'x'), "1") + "--B--\r\n")) ==
               R"({"a":"1"})");
    BOOST_TEST(outcome(multipart(part(head + std::string(1025 - head.size(), 'x'), "1") + "--B--\r\n")) ==
               "malformed-request");
}

BOOST_AUTO_TEST_CASE(fields_are_limited_to_32) {
    BOOST_TEST(parse_form(urlencoded(numbered_pairs(32)))->size() == 32U);
    BOOST_TEST(outcome(urlencoded(numbered_pairs(33))) == "malformed-request");
    BOOST_TEST(parse_form(multipart(numbered_parts(32)))->size() == 32U);
    BOOST_TEST(outcome(multipart(numbered_parts(33))) == "malformed-request");
}

BOOST_AUTO_TEST_CASE(a_body_may_have_64_kib) {
    const std::string most = "text=" + std::string(max_body_bytes - 5, 'x');
    BOOST_TEST(parse_form(urlencoded(most)).operator*()["text"].asString().size() == max_body_bytes - 5);
    BOOST_TEST(outcome(urlencoded(most + "x")) == "body-too-large");
    const std::string around = field("a", "") + "--B--";
    const std::string value(max_body_bytes - around.size(), 'x');
    BOOST_TEST(parse_form(multipart(field("a", value) + "--B--")).operator*()["a"].asString().size() == value.size());
    BOOST_TEST(outcome(multipart(field("a", value + "x") + "--B--")) == "body-too-large");
}

BOOST_AUTO_TEST_CASE(boundaries_are_checked) {
    const auto with = [](const std::string& boundary, const std::string& parameter) {
        return outcome(
            form_request("multipart/form-data; " + parameter,
                         "--" + boundary + "\r\n" + std::string(a_head) + "\r\n\r\n1\r\n--" + boundary + "--\r\n"));
    };
    const std::string longest(70, 'b');
    for (const std::string& boundary :
         {"B"s, "----WebKitFormBoundary7MA4YWxkTrZu0gW"s, "'()+_,-./:=? x"s, "a b"s, "-a-"s, longest}) {
        BOOST_TEST_CONTEXT("boundary " << boundary) {
            BOOST_TEST(with(boundary, "boundary=\"" + boundary + "\"") == R"({"a":"1"})");
        }
    }
    BOOST_TEST(with("B", "Boundary=B") == R"({"a":"1"})");
    BOOST_TEST(with("B", "charset=utf-8; boundary=B") == R"({"a":"1"})");
    BOOST_TEST(with("B", "boundary=\"\\B\"; charset=utf-8") == R"({"a":"1"})");
    for (const std::string& boundary : {""s, longest + "b", "a "s, "a;b"s, "a[b]"s, "é"s, "a\tb"s, "-"s, "---"s}) {
        BOOST_TEST_CONTEXT("boundary " << boundary) {
            BOOST_TEST(with(boundary, "boundary=\"" + boundary + "\"") == "malformed-request");
        }
    }
    BOOST_TEST(with("B", "") == "malformed-request");
    BOOST_TEST(with("B", "boundary=b") == "malformed-request");
    for (const std::string& parameter : {"boundary="s, "boundary=B; boundary=B"s, "boundary=\"B"s, "boundary"s}) {
        BOOST_TEST_CONTEXT("parameter " << parameter) {
            BOOST_TEST(with("B", parameter) == "unsupported-media");
        }
    }
}

BOOST_AUTO_TEST_CASE(other_types_and_charsets_are_refused) {
    for (const std::string_view type : {
             "",
             "text/plain",
             "application/json",
             "application/x-www-form-urlencoded; charset=iso-8859-1",
             "application/x-www-form-urlencoded; charset=\"utf-16\"",
             "application/x-www-form-urlencoded; charset=utf8",
             "application/x-www-form-urlencoded; charset=",
             "multipart/form-data; boundary=B; charset=latin1",
         }) {
        BOOST_TEST_CONTEXT("type " << type) {
            BOOST_TEST(outcome(form_request(std::string(type), "a=1")) == "unsupported-media");
        }
    }
    for (const std::string_view charset : {"utf-8", "UTF-8", "\"utf-8\"", "\"Utf-8\""}) {
        const std::string type = "application/x-www-form-urlencoded; charset=" + std::string(charset);
        BOOST_TEST_CONTEXT("type " << type) {
            BOOST_TEST(outcome(form_request(type, "a=1")) == R"({"a":"1"})");
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

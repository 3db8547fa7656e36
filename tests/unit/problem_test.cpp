#include <set>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "worker/json.hpp"
#include "worker/problem.hpp"

using namespace sotto;

namespace {

std::string header(const Response& response, std::string_view name) {
    std::string value;
    for (const auto& [key, text] : response.headers) {
        if (key == name) {
            BOOST_TEST(value.empty(), "header given twice: " << name);
            value = text;
        }
    }
    return value;
}

struct Kind {
    ProblemType type;
    int status;
    std::string_view slug;
};

const Kind kinds[] = {
    {ProblemType::malformed_request, 400, "malformed-request"},
    {ProblemType::unauthenticated, 401, "unauthenticated"},
    {ProblemType::invalid_credentials, 401, "invalid-credentials"},
    {ProblemType::cross_origin, 403, "cross-origin"},
    {ProblemType::not_a_participant, 403, "not-a-participant"},
    {ProblemType::sender_not_caller, 403, "sender-not-caller"},
    {ProblemType::not_the_sender, 403, "not-the-sender"},
    {ProblemType::blocked, 403, "blocked"},
    {ProblemType::not_found, 404, "not-found"},
    {ProblemType::user_not_found, 404, "user-not-found"},
    {ProblemType::method_not_allowed, 405, "method-not-allowed"},
    {ProblemType::not_acceptable, 406, "not-acceptable"},
    {ProblemType::user_name_taken, 409, "user-name-taken"},
    {ProblemType::body_too_large, 413, "body-too-large"},
    {ProblemType::unsupported_media, 415, "unsupported-media"},
    {ProblemType::validation, 422, "validation"},
    {ProblemType::idempotency_key_reuse, 422, "idempotency-key-reuse"},
    {ProblemType::internal, 500, "internal"},
    {ProblemType::unavailable, 503, "unavailable"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(problem)

BOOST_AUTO_TEST_CASE(every_type_has_a_slug_a_status_and_a_title) {
    std::set<std::string_view> titles;
    for (const auto& [type, status, slug] : kinds) {
        BOOST_TEST_CONTEXT("type " << slug) {
            BOOST_TEST(slug_of(type) == slug);
            BOOST_TEST(status_of(type) == status);
            BOOST_TEST(!title_of(type).empty());
            titles.insert(title_of(type));
        }
    }
    BOOST_TEST(titles.size() == std::size(kinds));
}

BOOST_AUTO_TEST_CASE(answers_are_problem_json) {
    for (const auto& [type, status, slug] : kinds) {
        BOOST_TEST_CONTEXT("type " << slug) {
            const Response response = to_response({type, "What \"happened\"."}, "00112233445566778899aabbccddeeff");
            BOOST_TEST(response.status == status);
            BOOST_TEST(header(response, "Content-Type") == "application/problem+json");
            BOOST_TEST(header(response, "Cache-Control") == "no-store");
            BOOST_TEST(header(response, "WWW-Authenticate") == (status == 401 ? "Bearer" : ""));
            const auto body = parse_json(response.body);
            BOOST_REQUIRE(body);
            BOOST_TEST((*body)["type"].asString() == "/problems#" + std::string(slug));
            BOOST_TEST((*body)["title"].asString() == title_of(type));
            BOOST_TEST((*body)["status"].asInt() == status);
            BOOST_TEST((*body)["detail"].asString() == "What \"happened\".");
            BOOST_TEST((*body)["request_id"].asString() == "00112233445566778899aabbccddeeff");
            BOOST_TEST(body->size() == 5U);
        }
    }
}

BOOST_AUTO_TEST_CASE(field_errors_are_listed_in_order) {
    const Problem problem{ProblemType::validation,
                          "",
                          {{"user_name", "too_long", "At most 32."}, {"password", "required", "Must be there."}}};
    BOOST_TEST(to_response(problem, "").body ==
               R"({"errors":[{"code":"too_long","detail":"At most 32.","field":"user_name"},)"
               R"({"code":"required","detail":"Must be there.","field":"password"}],)"
               R"("status":422,"title":"Some fields are not valid","type":"/problems#validation"})");
}

BOOST_AUTO_TEST_CASE(headers_of_the_problem_come_first) {
    const Response allow = to_response(
        {ProblemType::method_not_allowed, "", {}, {{"Allow", "GET, HEAD"}, {"cache-control", "private"}}}, "");
    BOOST_TEST(header(allow, "Allow") == "GET, HEAD");
    BOOST_TEST(header(allow, "cache-control") == "private");
    BOOST_TEST(header(allow, "Cache-Control") == "");

    const Response own = to_response(
        {ProblemType::unauthenticated, "", {}, {{"www-authenticate", "Bearer error=\"invalid_token\""}}}, "");
    BOOST_TEST(header(own, "www-authenticate") == "Bearer error=\"invalid_token\"");
    BOOST_TEST(header(own, "WWW-Authenticate") == "");
}

BOOST_AUTO_TEST_CASE(forms_are_sent_to_a_notice) {
    struct Case {
        Problem problem;
        std::string_view location;
    };
    const Case cases[] = {
        {{ProblemType::invalid_credentials, "No."}, "/#invalid-credentials"},
        {{ProblemType::unavailable, "", {}, {{"Retry-After", "2"}}}, "/#unavailable"},
        {{ProblemType::validation, "", {{"user_name", "too_long", ""}, {"password", "required", ""}}},
         "/#user_name-too_long"},
        // A field's name is the client's: it must not end the header, or the URI.
        {{ProblemType::validation, "", {{"a\r\nSet-Cookie: b=c", "unknown", ""}}},
         "/#a%0D%0ASet-Cookie%3A%20b%3Dc-unknown"},
        {{ProblemType::validation, "", {{"é<%", "unknown", ""}}}, "/#%C3%A9%3C%25-unknown"},
    };
    for (const auto& [problem, location] : cases) {
        BOOST_TEST_CONTEXT("location " << location) {
            const Response response = to_form_response(problem, "/");
            BOOST_TEST(response.status == 303);
            BOOST_TEST(header(response, "Location") == location);
            BOOST_TEST(header(response, "Cache-Control") == "no-store");
            BOOST_TEST(response.headers.size() == 2U);
            BOOST_TEST(response.body.empty());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

#include "worker/problem.hpp"

#include <algorithm>
#include <utility>

#include <json/value.h>

#include "worker/accept.hpp"
#include "worker/json.hpp"

namespace sotto {

namespace {

struct Kind {
    std::string_view slug;
    int status;
    std::string_view title;
};

Kind kind_of(ProblemType type) {
    switch (type) {
    case ProblemType::malformed_request:
        return {"malformed-request", 400, "Malformed request"};
    case ProblemType::unauthenticated:
        return {"unauthenticated", 401, "Not logged in"};
    case ProblemType::invalid_credentials:
        return {"invalid-credentials", 401, "Wrong user name or password"};
    case ProblemType::cross_origin:
        return {"cross-origin", 403, "Sent from another site"};
    case ProblemType::not_a_participant:
        return {"not-a-participant", 403, "Not a participant of this conversation"};
    case ProblemType::sender_not_caller:
        return {"sender-not-caller", 403, "The sender is somebody else"};
    case ProblemType::not_the_sender:
        return {"not-the-sender", 403, "Somebody else has sent this message"};
    case ProblemType::blocked:
        return {"blocked", 403, "The two can't write to each other"};
    case ProblemType::not_found:
        return {"not-found", 404, "Not found"};
    case ProblemType::user_not_found:
        return {"user-not-found", 404, "No such user"};
    case ProblemType::method_not_allowed:
        return {"method-not-allowed", 405, "Method not allowed"};
    case ProblemType::not_acceptable:
        return {"not-acceptable", 406, "Nothing that the client accepts"};
    case ProblemType::user_name_taken:
        return {"user-name-taken", 409, "The user name is taken"};
    case ProblemType::body_too_large:
        return {"body-too-large", 413, "The body is too large"};
    case ProblemType::unsupported_media:
        return {"unsupported-media", 415, "Unsupported media type"};
    case ProblemType::validation:
        return {"validation", 422, "Some fields are not valid"};
    case ProblemType::idempotency_key_reuse:
        return {"idempotency-key-reuse", 422, "The idempotency key belongs to another request"};
    case ProblemType::unavailable:
        return {"unavailable", 503, "Not available at the moment"};
    case ProblemType::internal:
        break;
    }
    return {"internal", 500, "Internal error"};
}

/// `text` as it may stand in a URI's fragment: a field's name is the client's own, line breaks included.
std::string percent_encode(std::string_view text) {
    static constexpr std::string_view hex = "0123456789ABCDEF";
    static constexpr std::string_view unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string encoded;
    for (const char c : text) {
        if (unreserved.find(c) != std::string_view::npos) {
            encoded.push_back(c);
        } else {
            const auto byte = static_cast<unsigned char>(c);
            encoded.append("%").append(1, hex[byte >> 4]).append(1, hex[byte & 0xF]);
        }
    }
    return encoded;
}

void add_unless_there(Response& response, std::string_view name, std::string_view value) {
    const bool there = std::any_of(response.headers.begin(), response.headers.end(),
                                   [name](const auto& header) { return equal_ignoring_case(header.first, name); });
    if (!there) {
        response.headers.emplace_back(name, value);
    }
}

} // namespace

int status_of(ProblemType type) {
    return kind_of(type).status;
}

std::string_view slug_of(ProblemType type) {
    return kind_of(type).slug;
}

std::string_view title_of(ProblemType type) {
    return kind_of(type).title;
}

Response to_response(const Problem& problem, std::string_view request_id) {
    const Kind kind = kind_of(problem.type);
    Json::Value body(Json::objectValue);
    body["type"] = "/problems#" + std::string(kind.slug);
    body["title"] = std::string(kind.title);
    body["status"] = kind.status;
    if (!problem.detail.empty()) {
        body["detail"] = problem.detail;
    }
    for (const FieldError& error : problem.errors) {
        Json::Value& item = body["errors"].append(Json::objectValue);
        item["field"] = error.field;
        item["code"] = error.code;
        item["detail"] = error.detail;
    }
    if (!request_id.empty()) {
        body["request_id"] = std::string(request_id);
    }

    Response response{.status = kind.status, .headers = problem.headers, .body = to_json(body), .stream = {}};
    add_unless_there(response, "Content-Type", "application/problem+json");
    add_unless_there(response, "Cache-Control", "no-store");
    if (kind.status == 401) {
        add_unless_there(response, "WWW-Authenticate", "Bearer");
    }
    return response;
}

Response to_form_response(const Problem& problem, std::string_view page) {
    std::string location(page);
    location += '#';
    if (problem.errors.empty()) {
        location.append(slug_of(problem.type));
    } else {
        location.append(percent_encode(problem.errors.front().field)).append("-").append(problem.errors.front().code);
    }
    return {.status = 303,
            .headers = {{"Location", std::move(location)}, {"Cache-Control", "no-store"}},
            .body = {},
            .stream = {}};
}

} // namespace sotto

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "worker/response.hpp"

namespace sotto {

/// Every kind of failure that a client can meet. Each has a slug, a status and a title in `problem.cpp`, and a section
/// of the page /problems, "/problems#<slug>", which is what RFC 9457's `type` names.
enum class ProblemType {
    malformed_request,     ///< 400: not parseable as what it claims to be
    unauthenticated,       ///< 401: no valid session
    invalid_credentials,   ///< 401: log-in failed, whatever the reason
    cross_origin,          ///< 403: a state change from another site
    not_a_participant,     ///< 403: somebody else's conversation
    sender_not_caller,     ///< 403: `sender` names another user
    not_the_sender,        ///< 403: a change to somebody else's message
    blocked,               ///< 403: one of the two has blocked the other
    not_found,             ///< 404: no such path, or no such thing for this caller
    user_not_found,        ///< 404: no such user
    method_not_allowed,    ///< 405
    not_acceptable,        ///< 406: we only speak JSON
    user_name_taken,       ///< 409
    body_too_large,        ///< 413
    unsupported_media,     ///< 415
    validation,            ///< 422: `errors` says which fields
    idempotency_key_reuse, ///< 422: same key, other content
    internal,              ///< 500
    unavailable,           ///< 503: the database is away or the queue is full
};

/// One field's failure. `code` is stable and short ("required", "too_long"), `detail` is for people.
struct FieldError {
    std::string field;
    std::string code;
    std::string detail;
};

/// A failure as a value: what a handler returns instead of formatting an answer.
struct Problem {
    ProblemType type;
    std::string detail;
    std::vector<FieldError> errors = {};
    std::vector<std::pair<std::string, std::string>> headers = {}; ///< e.g. Allow, Retry-After
};

int status_of(ProblemType type);
std::string_view slug_of(ProblemType type);
std::string_view title_of(ProblemType type);

/// The problem as RFC 9457 `application/problem+json`, with `request_id` as an extension member.
Response to_response(const Problem& problem, std::string_view request_id);

/// The problem as an answer to an HTML form: 303 to a notice on the page with that address, "<page>#<field>-<code>" for
/// the first field error and "<page>#<slug>" for everything else (RFC 9110, 15.4.4).
Response to_form_response(const Problem& problem, std::string_view page);

} // namespace sotto

#include "handlers/answer.hpp"

#include "worker/json.hpp"

namespace sotto {

namespace {

/// Writes `value` with exactly `width` digits at `at`.
char* put_digits(char* at, unsigned value, int width) {
    for (int i = width - 1; i >= 0; --i) {
        at[i] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    return at + width;
}

} // namespace

Response json_response(int status, const Json::Value& body) {
    return {
        .status = status,
        .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
        .body = to_json(body),
        .stream = {},
    };
}

Response no_content() {
    return {.status = 204, .headers = {{"Cache-Control", "no-store"}}, .body = {}, .stream = {}};
}

Response see_other(std::string_view location) {
    return {
        .status = 303,
        .headers = {{"Location", std::string(location)}, {"Cache-Control", "no-store"}},
        .body = {},
        .stream = {},
    };
}

bool matches_etag(std::string_view if_none_match, std::string_view etag) {
    // A tag is found with its quotes, which it can't have inside.
    return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

void append_rfc3339(std::string& out, db::Timestamp time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    char text[] = "YYYY-MM-DDThh:mm:ss.mmmZ";
    char* at = put_digits(text, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    at = put_digits(at + 1, static_cast<unsigned>(date.month()), 2);
    at = put_digits(at + 1, static_cast<unsigned>(date.day()), 2);
    at = put_digits(at + 1, static_cast<unsigned>(clock.hours().count()), 2);
    at = put_digits(at + 1, static_cast<unsigned>(clock.minutes().count()), 2);
    at = put_digits(at + 1, static_cast<unsigned>(clock.seconds().count()), 2);
    put_digits(at + 1, static_cast<unsigned>(clock.subseconds().count()), 3);
    out.append(text, sizeof text - 1);
}

std::string to_rfc3339(db::Timestamp time) {
    std::string text;
    append_rfc3339(text, time);
    return text;
}

} // namespace sotto

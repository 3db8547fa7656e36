// An HTML form, through the checks and cgicc. Input: the Content-Type in a line, then the body.

#include <string>

#include "tests/fuzz/fuzz.hpp"
#include "worker/form.hpp"
#include "worker/query.hpp"

namespace sotto::fuzz {

namespace {

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
    std::string result;
    for (std::size_t found = 0; (found = text.find(what)) != std::string_view::npos;) {
        result.append(text.substr(0, found)).append(with);
        text.remove_prefix(found + what.size());
    }
    return result.append(text);
}

Request form(std::string_view type, std::string_view body) {
    Request request;
    request.content_type = type;
    request.body = body;
    return request;
}

/// As every browser writes it. The boundary is one that no value holds.
Request multipart(const Json::Value& object) {
    std::string boundary = "fuzz";
    for (const std::string& name : object.getMemberNames()) {
        while (object[name].asString().find(boundary) != std::string::npos ||
               name.find(boundary) != std::string::npos) {
            boundary += std::to_string(boundary.size());
        }
    }
    std::string body;
    for (const std::string& name : object.getMemberNames()) {
        body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n";
        body += object[name].asString() + "\r\n";
    }
    return form("multipart/form-data; boundary=" + boundary, body + "--" + boundary + "--\r\n");
}

/// The object with CRLF for each LF, as a browser sends a text of several lines.
Json::Value as_sent(const Json::Value& object) {
    Json::Value result(Json::objectValue);
    for (const std::string& name : object.getMemberNames()) {
        result[name] = replaced(object[name].asString(), "\n", "\r\n");
    }
    return result;
}

/// What a form makes of an object of texts: line breaks are LF, and what is empty is absent.
Json::Value as_form(const Json::Value& object) {
    Json::Value result(Json::objectValue);
    for (const std::string& name : object.getMemberNames()) {
        if (!object[name].asString().empty()) {
            result[name] = replaced(object[name].asString(), "\r\n", "\n");
        }
    }
    return result;
}

void try_body(const Request& request) {
    const auto object = parse_form(request);
    const std::string_view type = request.content_type;
    if (type == "application/x-www-form-urlencoded") {
        const auto query = parse_query(request.body);
        require(static_cast<bool>(query) == static_cast<bool>(object), "a form is taken where a query string is");
        require(!query || *object == as_form(*query), "and means the same");
    }
    if (!object) {
        return;
    }
    require(is_object_of_texts(*object), "a form is an object of texts");
    const auto encoded = parse_form(form("application/x-www-form-urlencoded", urlencode(as_sent(*object))));
    require(encoded && *encoded == *object, "a form encoded anew means the same");
    if (type.starts_with("multipart/")) {
        const auto again = parse_form(multipart(as_sent(*object)));
        require(again && *again == *object, "a multipart form written anew means the same");
    }
}

/// Any text that is the value of a field arrives as it was.
void try_value(std::string_view text) {
    if (!is_text(text) || text.size() > 16384) { // times three when encoded
        return;
    }
    Json::Value object(Json::objectValue);
    object["text"] = std::string(text);
    const auto encoded = parse_form(form("application/x-www-form-urlencoded", urlencode(object)));
    require(encoded && *encoded == as_form(object), "a value comes through a form encoded in the URL's way");
    const auto parts = parse_form(multipart(object));
    require(parts && *parts == as_form(object), "a value comes through a multipart form");
}

} // namespace

void try_input(std::string_view input) {
    const std::string_view type = take_until(input, '\n');
    try_body(form(type, input));
    try_value(input);
}

} // namespace sotto::fuzz

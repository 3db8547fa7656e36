#include "worker/form.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <cgicc/Cgicc.h>

#include "worker/accept.hpp"
#include "worker/query.hpp"
#include "worker/utf8.hpp"

namespace sotto {

namespace {

constexpr std::string_view urlencoded_type = "application/x-www-form-urlencoded";
constexpr std::string_view multipart_type = "multipart/form-data";
constexpr std::string_view line_end = "\r\n";
constexpr std::size_t max_part_head_bytes = 1024;

/// A body that cgicc can't misread, and the number of fields that it must find there.
struct CheckedForm {
    std::string content_type;
    std::string body = {};
    std::size_t fields = 0;
};

/// All that cgicc gets to see of a request, in place of the process's environment and standard input.
class FormInput final : public cgicc::CgiInput {
  public:
    explicit FormInput(const CheckedForm& form) : form_(form) {}

    std::size_t read(char* data, std::size_t length) override { return form_.body.copy(data, length); }

    std::string getenv(const char* name) override {
        const std::string_view variable = name;
        if (variable == "REQUEST_METHOD") {
            return "POST";
        }
        if (variable == "CONTENT_TYPE") {
            return form_.content_type;
        }
        if (variable == "CONTENT_LENGTH") {
            return std::to_string(form_.body.size());
        }
        return {};
    }

  private:
    const CheckedForm& form_;
};

Problem malformed(std::string detail) {
    return {ProblemType::malformed_request, std::move(detail)};
}

Problem too_many() {
    return malformed("The form has more than 32 fields.");
}

/// Checks each name=value pair and writes it so that cgicc keeps it whole: it would take a ';' in a value for the next
/// pair, drop a last name without '=', and leave a broken escape as it is.
Result<CheckedForm> check_urlencoded(std::string_view body) {
    CheckedForm form{std::string(urlencoded_type)};
    while (!body.empty()) {
        const std::string_view pair = body.substr(0, body.find('&'));
        body.remove_prefix(std::min(pair.size() + 1, body.size()));
        if (pair.empty()) {
            continue;
        }
        if (!percent_decode(pair)) {
            return malformed("The form has a broken escape, or is not valid UTF-8.");
        }
        if (++form.fields > max_pairs) {
            return too_many();
        }
        if (!form.body.empty()) {
            form.body.push_back('&');
        }
        for (const char c : pair) {
            form.body.append(c == ';' ? std::string_view("%3B") : std::string_view(&c, 1));
        }
        if (pair.find('=') == std::string_view::npos) {
            form.body.push_back('=');
        }
    }
    return form;
}

/// RFC 2046, 5.1.1: 1 to 70 of these, the last not a space. Not of hyphens alone: the last delimiter, "--boundary--",
/// then ends like the others, "--boundary", and cgicc takes it for one.
bool is_boundary(std::string_view boundary) {
    static constexpr std::string_view allowed =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'()+_,-./:=? ";
    return boundary.size() <= 70 && boundary.find_first_not_of('-') != std::string_view::npos &&
           boundary.back() != ' ' && boundary.find_first_not_of(allowed) == std::string_view::npos;
}

/// Whether a Content-Disposition is that of a field and written as every browser and curl write it, which is the only
/// way that cgicc reads. A file has a `filename` too and does not pass.
bool names_a_field(std::string_view disposition) {
    static constexpr std::string_view start = "form-data; name=\"";
    if (!disposition.starts_with(start) || !disposition.ends_with('"')) {
        return false;
    }
    const std::string_view name = disposition.substr(start.size());
    return name.size() > 1 && name.find_first_of("\"\\") == name.size() - 1;
}

/// Whether a part's header fields are those of a plain field. cgicc takes the first `name="` anywhere for the field's
/// name, so no other header may hold one; and it decodes no transfer encoding, which RFC 7578, 4.7 does away with.
bool is_field_head(std::string_view head) {
    bool named = false;
    while (!head.empty()) {
        const std::string_view line = head.substr(0, head.find(line_end));
        head.remove_prefix(std::min(line.size() + line_end.size(), head.size()));
        const std::size_t colon = line.find(':');
        const bool control = std::any_of(line.begin(), line.end(), [](unsigned char c) { return c < 0x20; });
        if (control || colon == std::string_view::npos) {
            return false;
        }
        const std::string_view name = line.substr(0, colon);
        std::string_view value = line.substr(colon + 1);
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
        if (equal_ignoring_case(name, "Content-Disposition")) {
            if (named || !names_a_field(value)) {
                return false;
            }
            named = true;
            continue;
        }
        const bool encoded = equal_ignoring_case(name, "Content-Transfer-Encoding") && value != "7bit" &&
                             value != "8bit" && value != "binary";
        if (encoded || line.find("name=\"") != std::string_view::npos) {
            return false;
        }
    }
    return named;
}

/// Checks what stands between two delimiter lines: header fields, an empty line, a value, a line break.
bool is_field_part(std::string_view part) {
    if (!part.ends_with(line_end)) {
        return false;
    }
    part.remove_suffix(line_end.size());
    const std::size_t head = part.find("\r\n\r\n");
    return head <= max_part_head_bytes && is_field_head(part.substr(0, head));
}

/// Checks a multipart body (RFC 2046, 5.1.1) without preamble and epilogue, which nobody sends with a form. The
/// delimiter must not occur in any other place: cgicc looks for it everywhere, not only at the start of a line.
Result<CheckedForm> check_multipart(std::string_view body, std::string_view boundary) {
    const std::string delimiter = "--" + std::string(boundary);
    CheckedForm form{std::string(multipart_type) + "; boundary=" + std::string(boundary), std::string(body)};
    if (!body.starts_with(delimiter)) {
        return malformed("The form does not start with its boundary.");
    }
    body.remove_prefix(delimiter.size());
    while (body.starts_with(line_end)) {
        body.remove_prefix(line_end.size());
        const std::size_t next = body.find(delimiter);
        if (next == std::string_view::npos) {
            return malformed("The form does not end with its boundary.");
        }
        if (!is_field_part(body.substr(0, next))) {
            return malformed(
                "Each part of a form must be `form-data` with a quoted name, plainly encoded, and no file.");
        }
        if (++form.fields > max_pairs) {
            return too_many();
        }
        body.remove_prefix(next + delimiter.size());
    }
    if (body == "--") {
        form.body.append(line_end); // optional by RFC 2046, but cgicc loses the last field without it
    } else if (body != "--\r\n") {
        return malformed("The form has a broken boundary.");
    }
    return form;
}

Result<CheckedForm> check_form(const Request& request) {
    const std::optional<MediaType> media = parse_media_type(request.content_type);
    if (!media || !media->is_utf8()) {
        return Problem{ProblemType::unsupported_media, "Send the form in UTF-8."};
    }
    if (request.body.size() > max_body_bytes) {
        return Problem{ProblemType::body_too_large, "A body may have 65,536 bytes."};
    }
    if (media->type == urlencoded_type) {
        return check_urlencoded(request.body);
    }
    if (media->type != multipart_type) {
        return Problem{ProblemType::unsupported_media, "Not a form."};
    }
    const std::string_view boundary = media->parameter("boundary").value_or("");
    if (!is_boundary(boundary)) {
        return malformed("A multipart form needs a boundary of 1 to 70 characters (RFC 2046, 5.1.1).");
    }
    return check_multipart(request.body, boundary);
}

/// The text with LF for every CRLF.
std::string with_lf(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!text.substr(i).starts_with(line_end)) {
            result.push_back(text[i]);
        }
    }
    return result;
}

bool is_text(std::string_view text) {
    return count_code_points(text) && text.find('\0') == std::string_view::npos;
}

} // namespace

bool is_form(const Request& request) {
    const std::optional<MediaType> media = parse_media_type(request.content_type);
    return media && (media->type == urlencoded_type || media->type == multipart_type);
}

Result<Json::Value> parse_form(const Request& request) {
    const Result<CheckedForm> form = check_form(request);
    if (!form) {
        return form.problem();
    }
    FormInput input(*form);
    const cgicc::Cgicc cgi(&input);
    if (cgi.getElements().size() != form->fields) {
        return malformed("The form is not understood.");
    }
    Json::Value object(Json::objectValue);
    std::set<std::string> names;
    for (const cgicc::FormEntry& entry : cgi.getElements()) {
        const std::string name = entry.getName();
        const std::string value = entry.getValue();
        if (!is_text(name) || !is_text(value)) {
            return malformed("The form is not valid UTF-8, or holds U+0000.");
        }
        if (!names.insert(name).second) {
            return malformed("The form has a field twice.");
        }
        if (!value.empty()) {
            object[name] = with_lf(value);
        }
    }
    return object;
}

} // namespace sotto

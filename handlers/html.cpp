#include "handlers/html.hpp"

#include <utility>

#include "handlers/answer.hpp"

namespace sotto {

Html& Html::markup(std::string_view html) {
    out_ += html;
    return *this;
}

Html& Html::text(std::string_view text) {
    for (const char c : text) {
        switch (c) {
        case '&':
            out_ += "&amp;";
            break;
        case '<':
            out_ += "&lt;";
            break;
        case '>':
            out_ += "&gt;";
            break;
        case '"':
            out_ += "&quot;";
            break;
        case '\'':
            out_ += "&#39;";
            break;
        default:
            out_ += c;
        }
    }
    return *this;
}

Response html_page(int status, std::string_view title, std::string_view main) {
    Html html;
    html.markup(R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>)")
        .text(title)
        .markup(R"( · Sotto</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main>
)")
        .markup(main)
        .markup("</main>\n</body>\n</html>\n");
    return {
        .status = status,
        .headers = {{"Content-Type", "text/html; charset=utf-8"}, {"Cache-Control", "no-store"}},
        .body = html.take(),
        .stream = {},
    };
}

Response to_html_response(const Problem& problem, std::string_view request_id) {
    if (problem.type == ProblemType::unauthenticated) {
        return see_other("/#unauthenticated");
    }
    Html html;
    html.markup("<h1>").text(title_of(problem.type)).markup("</h1>\n<p class=\"lead\">").text(problem.detail);
    html.markup("</p>\n<p><a href=\"/plain\">All conversations</a></p>\n<p class=\"hint\">Request <code>");
    html.text(request_id).markup("</code></p>\n");
    Response response = html_page(status_of(problem.type), title_of(problem.type), html.take());
    response.headers.insert(response.headers.end(), problem.headers.begin(), problem.headers.end());
    return response;
}

} // namespace sotto

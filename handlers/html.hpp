#pragma once

#include <string>
#include <string_view>

#include "worker/problem.hpp"
#include "worker/response.hpp"

namespace sotto {

/// HTML as it is written. What comes from users goes in through `text` alone, which is also fit for a quoted
/// attribute's value.
class Html {
  public:
    /// Appends markup of ours, as it stands.
    Html& markup(std::string_view html);

    /// Appends a text, with what HTML would read as markup escaped.
    Html& text(std::string_view text);

    std::string take() { return std::move(out_); }

  private:
    std::string out_;
};

/// A whole page of a browser without JavaScript, with the style of /style.css, that no cache keeps. `title` is text,
/// `main` what stands in the page's <main>.
Response html_page(int status, std::string_view title, std::string_view main);

/// A problem of such a page: to the log-in where there is no session (303), else a page that says what is wrong.
Response to_html_response(const Problem& problem, std::string_view request_id);

} // namespace sotto

#pragma once

#include "handlers/call.hpp"

namespace sotto {

// Pages for a browser without JavaScript. They send nothing but HTML and forms, load nothing but /style.css and
// /icon.svg, and show images and videos as links. A problem is a page too, and no session leads to the log-in.

/// GET /plain: the newest 50 conversations, and a form that finds another one.
///   in    with: a user name, whose conversation to go to (303)
///   out   200 text/html
Result<Response> get_plain_inbox(Call& call);

/// GET /plain/{user_name}: a page of 50 messages, oldest first, and forms to send a text, an image link, a video link.
/// Reading changes nothing, since a browser may fetch a page that nobody looks at; a button marks it as read.
///   in    page (from 1, the newest), upto (from 0): as in GET messages
///   out   200 text/html
///   else  404 user-not-found
Result<Response> get_plain_conversation(Call& call);

} // namespace sotto

#pragma once

#include "handlers/call.hpp"

namespace sotto {

/// GET /api/v1/conversations: the inbox, newest first.
///   in    per_page (1–200, 50 where absent), before: the `next` of the answer before
///   out   200 with conversations: with (user_name, display_name, erased where the account is gone), last_message,
///   last_seq, unread,
///         my_read_seq, their_read_seq, last_at; next where there are more. ETag, and 304 where If-None-Match names it
Result<Response> list_conversations(Call& call);

/// PUT /api/v1/conversations/{user_name}/read: move my read mark. POST does the same for a form, which can't PUT.
///   in    JSON: seq (from 1). A number beyond the newest message means the newest; a mark never moves back
///   out   204; a form gets 303 to the conversation's plain page
///   else  404 user-not-found; 404 not-found where there is no conversation yet
Result<Response> mark_read(Call& call);

/// POST /api/v1/conversations/{user_name}/typing: tell the other one that I am typing. Stored nowhere.
///   out   204, also where a block keeps it from them
///   else  404 as above
Result<Response> notify_of_typing(Call& call);

} // namespace sotto

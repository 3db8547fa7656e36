#pragma once

#include "handlers/call.hpp"

namespace sotto {

/// POST /api/v1/messages: send a message (handlers/send_message.cpp).
///   in    JSON or form: recipient; type: text, image or video; sender, where given, must be the caller;
///         text (1–4000 characters): what a text says, or the caption of the others;
///         url (http or https, at most 2048 characters), for image and video;
///         width, height (1–65535), for image; duration_s (1–604800), for video;
///         source (1–32 of [a-z0-9_.-], kept in small letters), for video, derived from the URL's host where absent.
///         Idempotency-Key header, or idempotency_key in a form: 1–64 visible ASCII characters
///   out   201 with the message and Location; 200 with Idempotency-Replayed: true where the key was used for this very
///   message before;
///         a form: 303 to /#sent
///   else  403 sender-not-caller, 404 user-not-found, 422 validation, 422 idempotency-key-reuse
Task<Result<Response>> send_message(Call& call);

/// GET /api/v1/messages: read messages (handlers/list_messages.cpp). Exactly one of
///   between=a,b   the conversation of these two, one of them the caller (else 403 not-a-participant, whoever they are)
///   with=name     the conversation with that user
///   box=sent or box=received   all that the caller has written or got, newest first
/// A conversation is read whole and streamed without any of these, else by page or by cursor:
///   page (from 1), per_page (1–200, 50 where absent), upto: page 1 starts at message `upto`, or at the newest
///   before=seq or after=seq, per_page   the messages just below or just above a number
///   order=desc (newest first) or asc; `after` has asc where it is absent
/// A box is read with per_page and before=cursor, the `next` of the answer before.
///   out   200 with messages; pages with total, pages, page, per_page, upto and Link (RFC 8288); pages and cursors with
///   ETag, and 304 where
///         If-None-Match names the state that the conversation is still in
///   else  404 user-not-found, 422 validation
Task<Result<Response>> list_messages(Call& call);

/// Whether GET /api/v1/messages asks for a part of a conversation, and not for all of it. It may be wrong about a query
/// that is spelled oddly, which is read by itself then, but never takes a whole conversation for a part.
bool is_window(const Request& request);

/// PATCH /api/v1/messages/{id}: edit the text or caption of a message of mine (handlers/change_message.cpp).
///   in    JSON: text (1–4000 characters; null takes a caption away)
///   out   200 with the message, which now has edited_at
///   else  403 not-the-sender, 404 not-found for an unknown, deleted or outsider's message
Result<Response> edit_message(Call& call);

/// DELETE /api/v1/messages/{id}: delete a message of mine for both sides. Its number stays, its text and links are
/// gone.
///   out   204, also where it was deleted before
///   else  403 and 404 as above
Result<Response> delete_message(Call& call);

} // namespace sotto

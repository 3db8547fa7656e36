#include "handlers/plain_pages.hpp"

#include <algorithm>
#include <limits>

#include "auth/random.hpp"
#include "db/conversations.hpp"
#include "db/users.hpp"
#include "handlers/answer.hpp"
#include "handlers/html.hpp"
#include "handlers/link.hpp"
#include "handlers/message_query.hpp"
#include "handlers/peer.hpp"
#include "handlers/plain_notices.hpp"
#include "handlers/user_fields.hpp"
#include "worker/fields.hpp"

namespace sotto {

namespace {

constexpr std::int64_t per_page = 50;
constexpr std::int64_t max_page = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t summary_bytes = 160;

/// "2026-11-23"
std::string day_of(db::Timestamp time) {
    return to_rfc3339(time).substr(0, 10);
}

void append_time(Html& html, db::Timestamp time, bool with_day) {
    const std::string text = to_rfc3339(time);
    html.markup("<time datetime=\"").text(text).markup("\">");
    html.text(with_day ? text.substr(0, 10) + " " + text.substr(11, 5) : text.substr(11, 5)).markup(" UTC</time>");
}

/// A text cut to about `summary_bytes`, between two characters.
std::string_view summary_of(std::string_view text) {
    std::size_t end = std::min(text.size(), summary_bytes);
    while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
        --end;
    }
    return text.substr(0, end);
}

std::string_view word_for(const db::Message& message) {
    if (message.deleted_at) {
        return "Message deleted";
    }
    return message.content.type == "image" ? "Image" : "Video";
}

// ---- the inbox

void append_conversation(Html& html, const db::InboxEntry& entry, std::int64_t caller_id) {
    const db::Message& message = entry.last_message;
    html.markup("<li><a href=\"/plain/").text(entry.user_name).markup("\"><bdi>");
    html.text(entry.erased ? entry.user_name : entry.display_name).markup("</bdi></a>");
    if (entry.erased) {
        html.markup(" (erased)");
    }
    if (entry.last_seq > entry.my_read_seq) {
        html.markup(" <strong>").text(std::to_string(entry.last_seq - entry.my_read_seq)).markup(" unread</strong>");
    }
    html.markup("<br>").markup(message.sender_id == caller_id ? "You: " : "").markup("<bdi>");
    if (message.content.text && !message.deleted_at) {
        html.text(summary_of(*message.content.text));
    } else {
        html.text(word_for(message));
    }
    html.markup("</bdi><br>");
    append_time(html, entry.last_at, true);
    html.markup("</li>\n");
}

// ---- a conversation

/// A link that tells the other site nothing; its address and nothing else where it is no web address.
void append_link(Html& html, std::string_view url) {
    if (link_host(url)) {
        html.markup("<a rel=\"noopener noreferrer\" href=\"")
            .text(url)
            .markup("\"><bdi>")
            .text(url)
            .markup("</bdi></a>");
    } else {
        html.markup("<bdi>").text(url).markup("</bdi>");
    }
}

void append_content(Html& html, const db::Message& message) {
    if (message.deleted_at) {
        html.markup("<p><em>Message deleted</em></p>\n");
        return;
    }
    const db::Content& content = message.content;
    if (content.url) {
        html.markup("<p>").text(word_for(message));
        if (content.width && content.height) {
            html.markup(", ")
                .text(std::to_string(*content.width))
                .markup(" × ")
                .text(std::to_string(*content.height))
                .markup(" pixels");
        }
        if (content.duration_s) {
            html.markup(", ")
                .text(std::to_string(*content.duration_s))
                .markup(" seconds, from <bdi>")
                .text(content.source.value_or(""))
                .markup("</bdi>");
        }
        html.markup(": ");
        append_link(html, *content.url);
        html.markup("</p>\n");
    }
    if (content.text) {
        html.markup("<p class=\"text\" dir=\"auto\">").text(*content.text).markup("</p>\n");
    }
}

void append_message(Html& html, const db::Message& message, bool mine, std::string_view other) {
    html.markup(mine ? "<article class=\"message mine\">\n<p class=\"by\">You"
                     : "<article class=\"message\">\n<p class=\"by\"><bdi>");
    if (!mine) {
        html.text(other).markup("</bdi>");
    }
    if (!message.deleted_at) { // which doesn't say when it was written
        html.markup(", ");
        append_time(html, message.created_at, false);
        html.markup(message.edited_at ? ", edited" : "");
    }
    html.markup("</p>\n");
    append_content(html, message);
    html.markup("</article>\n");
}

/// The start of a form that sends a message of this type, with a key of its own: sent twice, it is stored once.
void open_send_form(Html& html, std::string_view type, std::string_view recipient) {
    html.markup("<form method=\"post\" action=\"/api/v1/messages\">\n<input type=\"hidden\" name=\"type\" value=\"")
        .text(type);
    html.markup("\">\n<input type=\"hidden\" name=\"recipient\" value=\"").text(recipient);
    html.markup("\">\n<input type=\"hidden\" name=\"idempotency_key\" value=\"")
        .text(auth::to_hex(auth::random_session_id()))
        .markup("\">\n");
}

void append_send_forms(Html& html, std::string_view recipient) {
    open_send_form(html, "text", recipient);
    html.markup(R"(<div class="field"><label for="text">Text</label>
<textarea id="text" name="text" required maxlength="4000" dir="auto"></textarea></div>
<button>Send</button>
</form>
<details>
<summary>Send an image link</summary>
)");
    open_send_form(html, "image", recipient);
    html.markup(R"(<div class="field"><label for="image-url">Link</label>
<input id="image-url" name="url" type="url" required maxlength="2048" autocomplete="off"></div>
<div class="row"><div class="field"><label for="width">Width, pixels</label>
<input id="width" name="width" type="number" required min="1" max="65535"></div>
<div class="field"><label for="height">Height, pixels</label>
<input id="height" name="height" type="number" required min="1" max="65535"></div></div>
<div class="field"><label for="image-text">Caption (optional)</label>
<input id="image-text" name="text" maxlength="4000" dir="auto" autocomplete="off"></div>
<button>Send image</button>
</form>
</details>
<details>
<summary>Send a video link</summary>
)");
    open_send_form(html, "video", recipient);
    html.markup(R"(<div class="field"><label for="video-url">Link</label>
<input id="video-url" name="url" type="url" required maxlength="2048" autocomplete="off"></div>
<div class="field"><label for="duration">Length, seconds</label>
<input id="duration" name="duration_s" type="number" required min="1" max="604800"></div>
<div class="field"><label for="video-text">Caption (optional)</label>
<input id="video-text" name="text" maxlength="4000" dir="auto" autocomplete="off"></div>
<button>Send video</button>
</form>
</details>
)");
}

void append_page_links(Html& html, std::string_view other, const PageRead& read, std::int64_t total) {
    const std::int64_t upto = std::min(read.upto.value_or(total), total);
    const auto link = [&](std::int64_t page, std::string_view text) {
        html.markup("<a href=\"/plain/").text(other).markup("?page=").text(std::to_string(page)).markup("&amp;upto=");
        html.text(std::to_string(upto)).markup("\">").text(text).markup("</a>\n");
    };
    if (read.page == 1 && upto == total && total <= per_page) {
        return;
    }
    html.markup("<nav aria-label=\"Pages\">\n");
    if (read.page <= upto / per_page && upto > read.page * per_page) {
        link(read.page + 1, "Older messages");
    }
    if (read.page > 1) {
        link(read.page - 1, "Newer messages");
    }
    if (read.page > 1 || upto < total) {
        html.markup("<a href=\"/plain/").text(other).markup("\">Newest messages</a>\n");
    }
    html.markup("</nav>\n");
}

void append_read_form(Html& html, std::string_view other, std::int64_t seq) {
    html.markup("<form method=\"post\" action=\"/api/v1/conversations/")
        .text(other)
        .markup("/read\">\n<input type=\"hidden\" name=\"seq\" value=\"");
    html.text(std::to_string(seq)).markup("\">\n<button class=\"quiet\">Mark as read</button>\n</form>\n");
}

/// What the address asks for.
Result<PageRead> read_page(const Request& request) {
    auto fields = Fields::from_query(request);
    if (!fields) {
        return fields.problem();
    }
    const PageRead read{fields->integer("page", 1, max_page).value_or(1), per_page,
                        fields->integer("upto", 0, std::numeric_limits<std::int64_t>::max())};
    if (auto problem = fields->problem()) {
        return *problem;
    }
    return read;
}

/// What the other user is called: an erased account has its user name left.
std::optional<std::string> display_name(Call& call, const std::string& user_name, bool erased) {
    if (erased) {
        return user_name;
    }
    const auto view = db::find_profile(call.app.connection, call.claims->session, user_name);
    if (!view) {
        return std::nullopt;
    }
    return view->profile ? view->profile->display_name : user_name;
}

} // namespace

Result<Response> get_plain_inbox(Call& call) {
    auto fields = Fields::from_query(call.request);
    if (!fields) {
        return fields.problem();
    }
    const auto with = fields->text("with", {1, 32});
    if (auto problem = fields->problem()) {
        return *problem;
    }
    if (with && is_user_name(fold_user_name(*with))) {
        return see_other("/plain/" + fold_user_name(*with));
    }

    Html list;
    const auto caller = db::read_inbox(
        call.app.connection, call.claims->session, std::nullopt, per_page,
        [&](const db::Caller& me, const db::InboxEntry& entry) { append_conversation(list, entry, me.user_id); });
    if (!caller) {
        return unauthenticated();
    }
    call.caller = caller;
    const std::string conversations = list.take();
    Html html;
    html.markup("<h1>Conversations</h1>\n<p class=\"lead\">You are logged in as <bdi>")
        .text(call.claims->user_name)
        .markup("</bdi>.</p>\n");
    append_plain_notices(html);
    if (conversations.empty()) {
        html.markup("<p>Nobody has written yet.</p>\n");
    } else {
        html.markup("<ul class=\"conversations\">\n").markup(conversations).markup("</ul>\n");
    }
    html.markup(R"(<form method="get" action="/plain">
<div class="field"><label for="with">Write to (user name)</label>
<input id="with" name="with" required maxlength="32" autocomplete="off" autocapitalize="none" spellcheck="false"></div>
<button>Go</button>
</form>
<form method="post" action="/api/v1/sessions/current/delete">
<button class="quiet">Log out</button>
</form>
)");
    return html_page(200, "Conversations", html.take());
}

Result<Response> get_plain_conversation(Call& call) {
    const auto read = read_page(call.request);
    if (!read) {
        return read.problem();
    }
    const auto peer = find_peer(call);
    if (!peer) {
        return peer.problem();
    }
    const std::string other = fold_user_name(call.captures[0]);
    const auto name = display_name(call, other, peer->erased);
    if (!name) {
        return unauthenticated();
    }
    if (*peer->user_id == call.caller->user_id) {
        return Problem{ProblemType::not_found, "A conversation has two people."};
    }

    // The window of the newest, turned round, so that a page reads downwards.
    Html list;
    std::string day;
    std::int64_t newest = 0;
    const auto view = db::read_conversation(
        call.app.connection, call.claims->session, other, window_of(*read, db::Order::newest_first),
        db::Order::oldest_first, [&](const db::ConversationView& head, const db::Message& message) {
            if (!message.deleted_at && day_of(message.created_at) != day) {
                day = day_of(message.created_at);
                list.markup("<h2>").text(day).markup("</h2>\n");
            }
            append_message(list, message, message.sender_id == head.caller.user_id, *name);
            newest = message.seq;
        });
    if (!view) {
        return unauthenticated();
    }
    const std::int64_t total = view->state ? view->state->last_seq : 0;

    Html html;
    html.markup("<p><a href=\"/plain\">All conversations</a></p>\n<h1><bdi>").text(*name).markup("</bdi></h1>\n");
    html.markup("<p class=\"lead\">").text("@" + other).markup(peer->erased ? " (erased)</p>\n" : "</p>\n");
    append_plain_notices(html);
    html.markup("<div class=\"messages\">\n")
        .markup(total == 0 ? "<p>Nothing here yet.</p>\n" : list.take())
        .markup("</div>\n");
    append_page_links(html, other, *read, total);
    if (newest > 0) {
        append_read_form(html, other, newest);
    }
    if (peer->erased) {
        html.markup("<p>This account has been erased.</p>\n");
    } else if (peer->blocked) {
        html.markup("<p>The two of you can't write to each other at present.</p>\n");
    } else {
        append_send_forms(html, other);
    }
    return html_page(200, *name, html.take());
}

} // namespace sotto

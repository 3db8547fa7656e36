#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "db/messages.hpp"
#include "handlers/answer.hpp"
#include "handlers/batch.hpp"
#include "handlers/cursor.hpp"
#include "handlers/message_json.hpp"
#include "handlers/message_query.hpp"
#include "handlers/messages.hpp"

namespace sotto {

namespace {

constexpr std::int64_t messages_a_chunk = 500;             // of a streamed conversation: what a worker holds in memory
constexpr std::size_t usual_size = std::size_t{16} * 1024; // of a page of 50

/// A list of messages as it is written, comma by comma.
class MessageList {
  public:
    /// Names the sender and recipient of what `caller`, whose name must outlive this, and `peer` write to each other.
    MessageList(std::string_view caller, std::string_view peer) : caller_(caller), peer_(peer) {
        out_.reserve(usual_size);
    }

    void append(const db::Message& message, std::int64_t caller_id) {
        separate();
        const bool mine = message.sender_id == caller_id;
        append_message(out_, message, mine ? caller_ : peer_, mine ? peer_ : caller_);
    }

    void append_between(const db::Message& message, std::string_view sender, std::string_view recipient) {
        separate();
        append_message(out_, message, sender, recipient);
    }

    std::string& out() { return out_; }

  private:
    void separate() {
        if (!first_) {
            out_ += ',';
        }
        first_ = false;
    }

    std::string out_ = R"({"messages":[)";
    std::string_view caller_;
    std::string peer_;
    bool first_ = true;
};

void append_member(std::string& out, std::string_view lead, std::int64_t value) {
    out += lead;
    out += std::to_string(value);
}

// ---- ETag: everything that a page of a conversation depends on

std::string to_etag(const db::ConversationState& state) {
    return '"' + std::to_string(state.conversation_id) + '-' + std::to_string(state.last_seq) + '-' +
           std::to_string(state.change_count) + '"';
}

Response not_modified(const db::ConversationState& state) {
    return {
        .status = 304,
        .headers = {{"ETag", to_etag(state)}, {"Cache-Control", "private, no-cache"}},
        .body = {},
        .stream = {},
    };
}

Response list_response(std::string body, const std::optional<db::ConversationState>& state) {
    Response response{
        .status = 200,
        .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "private, no-cache"}},
        .body = std::move(body),
        .stream = {},
    };
    if (state) {
        response.headers.emplace_back("ETag", to_etag(*state));
    }
    return response;
}

// ---- pages

/// The links from one page to the others (RFC 8288). They carry `upto`, so that a page number keeps its meaning while
/// messages arrive.
std::string page_links(const ConversationQuery& query, const PageRead& read, std::int64_t pages, std::int64_t upto) {
    std::string links;
    const auto add = [&](std::string_view relation, std::int64_t page) {
        links += links.empty() ? "" : ", ";
        links += "</api/v1/messages?" + query.spelled_as + "&per_page=" + std::to_string(read.per_page) +
                 "&page=" + std::to_string(page) + "&upto=" + std::to_string(upto) +
                 (query.order == db::Order::oldest_first ? "&order=asc" : "") + ">; rel=\"" + std::string(relation) +
                 '"';
    };
    if (read.page < pages) {
        add("next", read.page + 1);
    }
    if (read.page > 1 && read.page <= pages) {
        add("prev", read.page - 1);
    }
    if (pages > 0) {
        add("first", 1);
        add("last", pages);
    }
    return links;
}

Response page_response(const ConversationQuery& query, const PageRead& read, MessageList& list,
                       const std::optional<db::ConversationState>& state) {
    const std::int64_t total = state ? state->last_seq : 0;
    const std::int64_t upto = std::min(read.upto.value_or(total), total);
    const std::int64_t pages = (upto + read.per_page - 1) / read.per_page;
    std::string& out = list.out();
    append_member(out, R"(],"total":)", total);
    append_member(out, R"(,"pages":)", pages);
    append_member(out, R"(,"page":)", read.page);
    append_member(out, R"(,"per_page":)", read.per_page);
    append_member(out, R"(,"upto":)", upto);
    out += '}';
    Response response = list_response(std::move(out), state);
    if (auto links = page_links(query, read, pages, upto); !links.empty()) {
        response.headers.emplace_back("Link", std::move(links));
    }
    return response;
}

Response cursor_response(MessageList& list, const std::optional<db::ConversationState>& state) {
    append_member(list.out(), R"(],"total":)", state ? state->last_seq : 0);
    list.out() += '}';
    return list_response(std::move(list.out()), state);
}

/// What stands in the way of reading the conversation, if anything does; notes the caller.
std::optional<Problem> check_view(Call& call, const std::optional<db::ConversationView>& view) {
    if (!view) {
        return unauthenticated();
    }
    call.caller = view->caller;
    if (!view->peer_exists) {
        return user_not_found();
    }
    return std::nullopt;
}

Task<Result<Response>> read_window(Call& call, const ConversationQuery& query, const db::Window& window) {
    MessageList list(call.claims->user_name, query.peer);
    db::WindowRead read{
        .session = call.claims->session,
        .peer = query.peer,
        .window = window,
        .order = query.order,
        .visit = [&](const db::ConversationView& head,
                     const db::Message& message) { list.append(message, head.caller.user_id); },
    };
    if (!call.request.if_none_match.empty()) {
        read.is_known = [&](const db::ConversationState& state) {
            return matches_etag(call.request.if_none_match, to_etag(state));
        };
    }
    const db::WindowSeen seen = co_await call.batch.read(call, std::move(read));
    if (auto problem = check_view(call, seen.view)) {
        co_return *problem;
    }
    if (seen.known) {
        co_return not_modified(*seen.view->state);
    }
    if (const auto* page = std::get_if<PageRead>(&query.read)) {
        co_return page_response(query, *page, list, seen.view->state);
    }
    co_return cursor_response(list, seen.view->state);
}

// ---- the whole conversation, in chunks

/// The `index`th chunk of a conversation of `total` messages, as a page.
db::Window chunk(std::int64_t index, std::int64_t total, db::Order order) {
    return window_of(PageRead{.page = index + 1, .per_page = messages_a_chunk, .upto = total}, order);
}

/// All messages, chunk by chunk; each chunk checks the session again, so that revoking it ends the stream.
class WholeConversation {
  public:
    WholeConversation(Call& call, ConversationQuery query, std::int64_t total)
        : call_(call),
          query_(std::move(query)),
          total_(total),
          list_(call.claims->user_name, query_.peer) {}

    std::optional<std::string> operator()() {
        if (next_ * messages_a_chunk < total_) {
            read_chunk(next_++);
        } else if (!ended_) {
            append_member(list_.out(), R"(],"total":)", total_);
            list_.out() += '}';
            ended_ = true;
        } else {
            return std::nullopt;
        }
        return std::exchange(list_.out(), {});
    }

  private:
    void read_chunk(std::int64_t index) {
        const auto view = db::read_conversation(call_.app.connection, call_.claims->session, query_.peer,
                                                chunk(index, total_, query_.order), query_.order,
                                                [&](const db::ConversationView& head, const db::Message& message) {
                                                    list_.append(message, head.caller.user_id);
                                                });
        if (!view) {
            throw std::runtime_error("the session ended while a conversation was read");
        }
    }

    Call& call_;
    ConversationQuery query_;
    std::int64_t total_;
    MessageList list_;
    std::int64_t next_ = 0; ///< chunk
    bool ended_ = false;
};

Result<Response> read_whole(Call& call, const ConversationQuery& query) {
    const auto view = db::read_conversation_head(call.app.connection, call.claims->session, query.peer);
    if (auto problem = check_view(call, view)) {
        return *problem;
    }
    const std::int64_t total = view->state ? view->state->last_seq : 0;
    Response response = list_response("", std::nullopt);
    response.stream = WholeConversation(call, query, total);
    return response;
}

// ---- boxes

Result<Response> read_box(Call& call, const BoxQuery& query) {
    MessageList list({}, {});
    const std::string_view me = call.claims->user_name;
    std::int64_t count = 0;
    std::optional<db::BoxCursor> last;
    bool more = false;
    // One more than asked for, to know whether there is a next page.
    const auto caller = db::read_box(call.app.connection, call.claims->session, query.box, query.before,
                                     query.count + 1, [&](const db::Message& message, std::string_view other) {
                                         if (count == query.count) {
                                             more = true;
                                             return;
                                         }
                                         ++count;
                                         last = db::BoxCursor{message.created_at, message.conversation_id, message.seq};
                                         const bool sent = query.box == db::Box::sent;
                                         list.append_between(message, sent ? me : other, sent ? other : me);
                                     });
    if (!caller) {
        return unauthenticated();
    }
    call.caller = caller;
    list.out() += ']';
    if (more) {
        list.out() += R"(,"next":")" + cursor_text(last->created_at, {last->conversation_id, last->seq}) + '"';
    }
    list.out() += '}';
    return list_response(std::move(list.out()), std::nullopt);
}

} // namespace

Task<Result<Response>> list_messages(Call& call) {
    const auto query = parse_message_query(call.request, call.claims->user_name);
    if (!query) {
        co_return query.problem();
    }
    if (const auto* box = std::get_if<BoxQuery>(&*query)) {
        co_return read_box(call, *box);
    }
    const auto& conversation = std::get<ConversationQuery>(*query);
    if (const auto* page = std::get_if<PageRead>(&conversation.read)) {
        co_return co_await read_window(call, conversation, window_of(*page, conversation.order));
    }
    if (const auto* cursor = std::get_if<CursorRead>(&conversation.read)) {
        co_return co_await read_window(call, conversation, window_of(*cursor));
    }
    co_return read_whole(call, conversation);
}

bool is_window(const Request& request) {
    return std::ranges::any_of(std::array{"page=", "before=", "after="}, [&](std::string_view parameter) {
        return request.query.find(parameter) != std::string::npos;
    });
}

} // namespace sotto

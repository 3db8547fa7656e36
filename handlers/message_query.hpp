#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "db/messages.hpp"
#include "worker/request.hpp"
#include "worker/result.hpp"

namespace sotto {

/// Page `page` of a conversation that ends with message `upto` (the newest where absent).
struct PageRead {
    std::int64_t page = 1;
    std::int64_t per_page = 0;
    std::optional<std::int64_t> upto;
};

/// `count` messages just below `seq`, or just above it.
struct CursorRead {
    enum class Side { before, after };
    Side side = Side::before;
    std::int64_t seq = 0;
    std::int64_t count = 0;
};

/// The whole conversation.
struct WholeRead {};

struct ConversationQuery {
    std::string peer;       ///< the other user's name, folded
    std::string spelled_as; ///< the parameter as the client wrote it, "with=bob": for the links
    db::Order order = db::Order::newest_first;
    std::variant<WholeRead, PageRead, CursorRead> read;
};

struct BoxQuery {
    db::Box box = db::Box::sent;
    std::int64_t count = 0;
    std::optional<db::BoxCursor> before;
};

using MessageQuery = std::variant<ConversationQuery, BoxQuery>;

/// Reads what GET messages was asked for by the user `caller`. The rules stand at `list_messages`.
Result<MessageQuery> parse_message_query(const Request& request, std::string_view caller);

/// The window of a conversation's numbers that a page or cursor means in that order.
db::Window window_of(const PageRead& read, db::Order order);
db::Window window_of(const CursorRead& read);

} // namespace sotto

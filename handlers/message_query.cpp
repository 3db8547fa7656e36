#include "handlers/message_query.hpp"

#include <algorithm>
#include <limits>

#include "handlers/cursor.hpp"
#include "handlers/user_fields.hpp"
#include "worker/fields.hpp"

namespace sotto {

namespace {

constexpr std::int64_t default_per_page = 50;
constexpr std::int64_t max_per_page = 200;
constexpr std::int64_t max_page = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t max_seq = std::numeric_limits<std::int64_t>::max() / 2; // leaves room to count from
constexpr std::size_t max_between = 65;                                        // two names and a comma

BoxQuery read_box_query(Fields& fields, std::string_view box) {
    BoxQuery query{
        .box = box == "sent" ? db::Box::sent : db::Box::received,
        .count = fields.integer("per_page", 1, max_per_page).value_or(default_per_page),
        .before = {},
    };
    if (const auto text = fields.text("before", {1, max_cursor_length})) {
        if (const auto cursor = parse_cursor<3>(*text)) {
            query.before = db::BoxCursor{cursor->time, cursor->rest[0], cursor->rest[1]};
        } else {
            fields.fail("before", "invalid", "Must be the `next` of an earlier answer.");
        }
    }
    return query;
}

/// Says so where parameters that exclude each other came together.
void exclude(Fields& fields, std::string_view name, std::initializer_list<std::string_view> others) {
    if (!fields.has(name)) {
        return;
    }
    for (const std::string_view other : others) {
        if (fields.has(other)) {
            fields.fail(other, "invalid", "Can't be combined with " + std::string(name) + ".");
        }
    }
}

void read_paging(Fields& fields, ConversationQuery& query) {
    const auto page = fields.integer("page", 1, max_page);
    const auto per_page = fields.integer("per_page", 1, max_per_page);
    const auto upto = fields.integer("upto", 1, max_seq);
    const auto before = fields.integer("before", 1, max_seq);
    const auto after = fields.integer("after", 0, max_seq);
    const auto order = fields.choice("order", {"asc", "desc"});
    exclude(fields, "before", {"after", "page", "upto"});
    exclude(fields, "after", {"page", "upto"});

    query.order = order == "asc" || (after && !order) ? db::Order::oldest_first : db::Order::newest_first;
    const std::int64_t count = per_page.value_or(default_per_page);
    if (before) {
        query.read = CursorRead{CursorRead::Side::before, *before, count};
    } else if (after) {
        query.read = CursorRead{CursorRead::Side::after, *after, count};
    } else if (page || per_page || upto) {
        query.read = PageRead{page.value_or(1), count, upto};
    }
}

/// The other one of `between=a,b`, or nothing where `caller` is neither.
std::optional<std::string> other_of(std::string_view between, std::string_view caller) {
    const std::size_t comma = between.find(',');
    const std::string first = fold_user_name(between.substr(0, comma));
    const std::string second = fold_user_name(between.substr(comma + 1));
    if (first == caller) {
        return second;
    }
    return second == caller ? std::optional(first) : std::nullopt;
}

} // namespace

Result<MessageQuery> parse_message_query(const Request& request, std::string_view caller) {
    auto parsed = Fields::from_query(request);
    if (!parsed) {
        return parsed.problem();
    }
    Fields& fields = *parsed;
    const auto between = fields.text("between", {3, max_between});
    const auto with = fields.text("with", {1, 32});
    const auto box = fields.choice("box", {"sent", "received"});
    exclude(fields, "between", {"with", "box"});
    exclude(fields, "with", {"box"});
    if (!fields.has("between") && !fields.has("with") && !fields.has("box")) {
        fields.fail("between", "required", "One of between, with and box must say which messages.");
    }
    if (box) {
        const BoxQuery query = read_box_query(fields, *box);
        if (auto problem = fields.problem()) {
            return *problem;
        }
        return MessageQuery(query);
    }

    ConversationQuery query{};
    read_paging(fields, query);
    bool participant = true;
    if (between) {
        const auto other = other_of(*between, caller);
        participant = other.has_value();
        query.peer = other.value_or("");
        query.spelled_as = "between=" + fold_user_name(*between);
    } else if (with) {
        query.peer = fold_user_name(*with);
        query.spelled_as = "with=" + query.peer;
    }
    if (between && std::ranges::count(*between, ',') != 1) {
        fields.fail("between", "invalid", "Must be two user names with a comma between them.");
    } else if (participant && (between || with) && !is_user_name(query.peer)) {
        fields.fail(between ? "between" : "with", "invalid", "Must be a user name.");
    } else if (query.peer == caller) {
        fields.fail(between ? "between" : "with", "invalid", "Must be another user than the caller.");
    }
    if (auto problem = fields.problem()) {
        return *problem;
    }
    if (!participant) {
        return Problem{ProblemType::not_a_participant, "Only the two of a conversation can read it."};
    }
    return MessageQuery(std::move(query));
}

db::Window window_of(const PageRead& read, db::Order order) {
    const std::int64_t offset = (read.page - 1) * read.per_page;
    if (order == db::Order::newest_first) {
        return {.upto = read.upto, .offset = offset, .count = read.per_page};
    }
    // Counted from the oldest: the page's end is known, and `upto` may only bring it nearer.
    const std::int64_t end = offset + read.per_page;
    return {.upto = std::min(end, read.upto.value_or(end)), .offset = 0, .count = read.per_page, .lowest = offset + 1};
}

db::Window window_of(const CursorRead& read) {
    if (read.side == CursorRead::Side::before) {
        return {.upto = read.seq - 1, .offset = 0, .count = read.count};
    }
    return {.upto = read.seq + read.count, .offset = 0, .count = read.count, .lowest = read.seq + 1};
}

} // namespace sotto

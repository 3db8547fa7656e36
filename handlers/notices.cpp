#include "handlers/notices.hpp"

#include <array>
#include <string>

namespace sotto {

namespace {

/// The beginning of an event as the client of the one user sees it, who talks with `with`. User names need no escaping.
std::string event_head(std::string_view type, std::string_view with) {
    std::string event = R"({"type":")";
    event += type;
    event += R"(","with":")";
    event += with;
    event += '"';
    return event;
}

/// Sends each of the two their own view of an event that ends with `rest`.
void notify_both(App& app, std::string_view type, const Party& one, const Party& two, std::string_view event_id,
                 const std::string& rest) {
    const std::string for_one = event_head(type, two.name) + rest;
    const std::string for_two = event_head(type, one.name) + rest;
    app.notifier.event(std::array{
        live::Delivery{.user_id = two.id, .id = event_id, .json = for_two},
        live::Delivery{.user_id = one.id, .id = event_id, .json = for_one},
    });
}

} // namespace

void notify_message(App& app, std::string_view type, const Party& sender, const Party& recipient,
                    std::string_view event_id, std::string_view message) {
    notify_both(app, type, sender, recipient, event_id, R"(,"message":)" + std::string(message) + '}');
}

void notify_read(App& app, const Party& reader, const Party& other, std::int64_t seq) {
    notify_both(app, "read", reader, other, "",
                R"(,"reader":")" + std::string(reader.name) + R"(","seq":)" + std::to_string(seq) + '}');
}

void notify_typing(App& app, std::string_view from, std::int64_t to) {
    const std::string event = event_head("typing", from) + '}';
    app.notifier.event(std::array{live::Delivery{.user_id = to, .id = "", .json = event}});
}

} // namespace sotto

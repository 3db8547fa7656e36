#pragma once

#include <cstdint>
#include <string_view>

#include "handlers/app.hpp"

namespace sotto {

/// One of the two users that an event concerns.
struct Party {
    std::int64_t id;
    std::string_view name;
};

/// Tells both users' open clients of a committed change to a message: `type` is "message", "message.edited" or
/// "message.deleted", `event_id` the message's id and `message` its JSON. Never waits and never fails.
void notify_message(App& app, std::string_view type, const Party& sender, const Party& recipient,
                    std::string_view event_id, std::string_view message);

/// Tells both users' open clients that `reader` has read the conversation with `other` up to `seq`.
void notify_read(App& app, const Party& reader, const Party& other, std::int64_t seq);

/// Tells the open clients of `to` that `from` is typing.
void notify_typing(App& app, std::string_view from, std::int64_t to);

} // namespace sotto

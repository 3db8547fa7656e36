#pragma once

#include <string>
#include <string_view>

#include "db/messages.hpp"

namespace sotto {

/// A message's public id: "<conversation>-<seq>".
std::string message_id(std::int64_t conversation_id, std::int64_t seq);

/// Appends the message as a JSON object. By hand, since pages of it are the hottest answer: a JSON tree costs a third
/// of the pages a second. A deleted message has id, seq, sender, recipient and deleted_at alone.
void append_message(std::string& out, const db::Message& message, std::string_view sender, std::string_view recipient);

} // namespace sotto

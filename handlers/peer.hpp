#pragma once

#include "db/conversations.hpp"
#include "handlers/call.hpp"

namespace sotto {

/// The user whom the path's first capture names, as the caller stands to them; notes the caller. user-not-found for an
/// unknown one.
Result<db::Peer> find_peer(Call& call);

} // namespace sotto

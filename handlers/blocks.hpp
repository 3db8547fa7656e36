#pragma once

#include "handlers/call.hpp"

namespace sotto {

/// GET /api/v1/blocks: whom I have blocked, newest first.
Result<Response> list_blocks(Call& call);

/// PUT /api/v1/blocks/{user_name}: block a user. Neither of us can write to the other, or sees them typing, until the
/// block is taken away; what was written stays readable. Blocking twice is blocking once.
///   out   204
///   else  404 user-not-found, 422 where it is me
Result<Response> add_block(Call& call);

/// DELETE /api/v1/blocks/{user_name}: take the block away, if there is one.
///   out   204
///   else  404 user-not-found
Result<Response> remove_block(Call& call);

} // namespace sotto

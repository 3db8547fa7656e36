#pragma once

#include "handlers/call.hpp"

namespace sotto {

/// GET /api/v1/export: all that is kept of me, as NDJSON, streamed: one object a line, each with `kind`: "user", then
/// "session" and "block" each, then "message" for all that I have sent and received, each box newest first, and "end"
/// last, without which the export was cut short.
Result<Response> export_own_data(Call& call);

} // namespace sotto

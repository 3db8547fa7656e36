#pragma once

#include "handlers/call.hpp"

namespace sotto {

/// GET /api/v1/export: all that is kept of me, as NDJSON, streamed; `write_export` says which lines.
Result<Response> export_own_data(Call& call);

} // namespace sotto

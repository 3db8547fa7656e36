#pragma once

#include "handlers/call.hpp"

namespace sotto {

/// GET /livez: 200 as long as a worker answers.
Result<Response> get_liveness(Call& call);

/// GET /readyz: 200 where the database answers and has the schema that this build needs, or a newer one; else 503.
Result<Response> get_readiness(Call& call);

} // namespace sotto

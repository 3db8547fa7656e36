#pragma once

#include "handlers/html.hpp"

namespace sotto {

/// What the answer to a form may lead to on a plain page, "#<id>": all of them hidden but the one that the address
/// names (`:target`).
void append_plain_notices(Html& html);

} // namespace sotto

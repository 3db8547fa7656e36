#pragma once

#include <string_view>

namespace sotto::auth {

/// Whether a state-changing request may rely on a cookie, or set one: it comes from a page of this very origin, or not
/// from a browser at all. `Sec-Fetch-Site` decides where it is there ("same-origin" or "none"); else `Origin` must be
/// "https://" + `host`; with neither it is no browser, since every browser sends Origin with a POST.
bool is_same_origin(std::string_view sec_fetch_site, std::string_view origin, std::string_view host);

} // namespace sotto::auth

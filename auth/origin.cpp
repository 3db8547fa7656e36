#include "auth/origin.hpp"

namespace sotto::auth {

bool is_same_origin(std::string_view sec_fetch_site, std::string_view origin, std::string_view host) {
    if (!sec_fetch_site.empty()) {
        return sec_fetch_site == "same-origin" || sec_fetch_site == "none";
    }
    if (origin.empty()) {
        return true;
    }
    // Browsers write scheme and host in lower case and leave the default port out, in both headers alike.
    constexpr std::string_view scheme = "https://";
    return !host.empty() && origin.starts_with(scheme) && origin.substr(scheme.size()) == host;
}

} // namespace sotto::auth

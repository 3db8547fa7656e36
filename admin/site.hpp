#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace sotto::admin {

/// How a file begins that setup may write again. One without it belongs to the administrator and is left alone.
inline constexpr std::string_view ours =
    "# Written by `sottoctl setup`, which overwrites changes at its next run. Take this line away to keep yours.\n";

/// What nginx needs to know of an install.
struct Site {
    std::string domain;
    std::filesystem::path certificate;
    std::filesystem::path certificate_key;
    std::string hints; ///< comments for the file's head
};

/// nginx's configuration from the template, nginx/sotto.conf.in. Throws std::runtime_error where that has a place that
/// nobody fills in.
std::string fill_site(std::string site_template, const Site& site);

/// Makes a key and a certificate for `domain` that nobody has signed but itself, good for 825 days. Throws
/// std::runtime_error.
void make_self_signed(const std::string& domain, const std::filesystem::path& certificate,
                      const std::filesystem::path& key);

/// What is wrong with a certificate for `domain` and its key, in words; empty where nothing is.
std::string certificate_fault(const std::string& domain, const std::filesystem::path& certificate,
                              const std::filesystem::path& key);

/// Whether a certificate is its own issuer.
bool is_self_signed(const std::filesystem::path& certificate);

/// Whether `domain` is a host name in lower case (RFC 1123, 2.1) and no IP address.
bool is_host_name(std::string_view domain);

} // namespace sotto::admin

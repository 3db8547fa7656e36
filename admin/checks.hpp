#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "worker/config.hpp"

namespace sotto::admin {

enum class Level { ok, warning, problem };

/// What one check found.
struct Finding {
    Level level;
    std::string text;        ///< one sentence
    std::string advice = {}; ///< how to mend it, where that is needed
};

/// Where the checks look.
struct Install {
    Config config;
    std::string url;    ///< https://chat.example.org, or with another port
    std::string domain; ///< its host
    std::string port;
    std::filesystem::path certificate;
    std::filesystem::path hub_socket;
    std::filesystem::path sockets; ///< the folder of all of them
};

Install read_install();

using Findings = std::vector<Finding>;

// The checks, each by what it looks at. What they throw is a finding too: that they could not look.

Findings check_nginx(const Install& install);
Findings check_tls(const Install& install);
Findings check_sockets(const Install& install);
Findings check_limits(const Install& install);
Findings check_clock(const Install& install);
Findings check_schema(const Install& install);
Findings check_strict_mode(const Install& install);
Findings check_durability(const Install& install);
Findings check_hub(const Install& install);

/// Whether the database has the same time; a part of check_clock.
Finding compare_clocks(const Install& install);

/// Two throw-away users, through nginx: sign-up, log-in, live connections of both kinds, a message stored, announced
/// and read; and which address the server saw.
Findings check_end_to_end(const Install& install);

} // namespace sotto::admin

// What doctor looks at on the machine itself: nginx, the certificate, sockets, limits, the clock, the hub.

#include <algorithm>
#include <array>
#include <chrono>
#include <climits>
#include <ctime>
#include <regex>
#include <sstream>

#include <grp.h>
#include <sys/stat.h>
#include <sys/timex.h>

#include "admin/checks.hpp"
#include "admin/files.hpp"
#include "admin/hub.hpp"
#include "admin/process.hpp"
#include "admin/site.hpp"

namespace sotto::admin {

namespace fs = std::filesystem;

namespace {

constexpr int warn_days_left = 14; // certbot and its like renew 30 days before the end
constexpr unsigned least_hub_files = 4096;

/// The first group of the expression's first match, or "".
std::string find(const std::string& text, const std::string& expression) {
    std::smatch match;
    return std::regex_search(text, match, std::regex(expression)) ? match[1].str() : "";
}

/// When a certificate ends, in days from now; throws where openssl can't say.
int days_left(const std::string& pem) {
    const std::string line = run_or_throw({"openssl", "x509", "-noout", "-enddate"}, pem);
    std::tm end{};
    if (strptime(line.c_str(), "notAfter=%b %d %H:%M:%S %Y", &end) == nullptr) {
        throw std::runtime_error("openssl says " + line);
    }
    const auto left = std::chrono::system_clock::from_time_t(timegm(&end)) - std::chrono::system_clock::now();
    return static_cast<int>(std::chrono::floor<std::chrono::days>(left).count());
}

Finding check_certificate_dates(const std::string& served, const Install& install) {
    const int left = days_left(served);
    const std::string until = "the certificate is good for " + std::to_string(left) + " more days";
    if (left < 0) {
        return {Level::problem, "the certificate has expired", "Renew it, then: systemctl reload nginx"};
    }
    const auto file = read_file(install.certificate);
    const Words fingerprint{"openssl", "x509", "-noout", "-fingerprint", "-sha256"};
    if (file && run(fingerprint, *file).out != run(fingerprint, served).out) {
        return {Level::warning, "nginx serves another certificate than " + install.certificate.string() + " has",
                "If it was renewed: systemctl reload nginx"};
    }
    if (left < warn_days_left) {
        return {Level::warning, until, "Does its renewal work?"};
    }
    return {Level::ok, until};
}

/// The processes of that name, by the kernel's short name for them.
std::vector<fs::path> processes(std::string_view name) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        std::error_code gone;
        if (fs::exists(entry.path() / "comm", gone) && read_file(entry.path() / "comm") == std::string(name) + "\n") {
            found.push_back(entry.path());
        }
    }
    return found;
}

/// The least soft limit of open files among them.
unsigned long open_files(const std::vector<fs::path>& processes_of_one_kind) {
    unsigned long least = ULONG_MAX;
    for (const fs::path& process : processes_of_one_kind) {
        const std::string soft = find(read_file(process / "limits").value_or(""), "Max open files +([0-9]+)");
        least = soft.empty() ? least : std::min(least, std::stoul(soft));
    }
    return least;
}

Finding check_socket(const fs::path& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) {
        return {Level::problem, path.string() + " is not there", "systemctl start sotto.target"};
    }
    if ((status.st_mode & S_IRWXO) != 0) {
        return {Level::problem, path.string() + " is open to every user of this machine",
                "Its unit sets SocketMode=0660: systemctl restart its socket unit"};
    }
    const group* const owner = getgrgid(status.st_gid);
    const bool for_nginx = path.filename() != "notice.sock";
    if (for_nginx &&
        (owner == nullptr || std::string_view(owner->gr_name) != "www-data" || (status.st_mode & S_IWGRP) == 0)) {
        return {Level::warning, path.string() + " does not belong to the group www-data",
                "Is that right for the user that nginx runs as?"};
    }
    return {Level::ok, path.string()};
}

} // namespace

Findings check_nginx(const Install&) {
    const Outcome version = run({"nginx", "-v"});
    if (!version.good()) {
        return {{Level::problem, "nginx does not run: " + version.last_words(), "apt install nginx"}};
    }
    const Outcome syntax = run({"nginx", "-t"});
    if (!syntax.good()) {
        return {{Level::problem, "its configuration has a fault: " + find(syntax.err, "\\[emerg\\] ([^\\n]*)"),
                 "Mend it and check with nginx -t"}};
    }
    const std::string number = find(version.err, "nginx/([0-9]+\\.[0-9]+)");
    const bool old = number.empty() || std::stoi(number) < 1 ||
                     (std::stoi(number) == 1 && std::stoi(number.substr(number.find('.') + 1)) < 22);
    if (old) {
        return {{Level::warning, "version " + number + " is older than the 1.22 that Sotto is tested with"}};
    }
    return {{Level::ok, "version " + number + ", and its configuration is well-formed"}};
}

Findings check_tls(const Install& install) {
    const Outcome client = run({"openssl", "s_client", "-connect", "127.0.0.1:" + install.port, "-servername",
                                install.domain, "-verify_hostname", install.domain},
                               "\n", std::chrono::seconds{10});
    const std::size_t begin = client.out.find("-----BEGIN CERTIFICATE-----");
    if (begin == std::string::npos) {
        return {{Level::problem, "nothing speaks TLS on port " + install.port, "systemctl status nginx"}};
    }
    const std::string served = client.out.substr(begin);
    Findings findings;
    const std::string verdict = find(client.out, "Verify return code: ([^\\n]*)");
    if (verdict == "0 (ok)") {
        findings.push_back({Level::ok, "the chain leads to a certificate authority that this machine trusts"});
    } else if (verdict.starts_with("18 ")) {
        findings.push_back({Level::warning, "the certificate is self-signed, and browsers warn of it",
                            "With a real one: sottoctl setup --cert FULLCHAIN.pem --key PRIVKEY.pem"});
    } else {
        findings.push_back({Level::problem, "the chain is not good: " + verdict,
                            "Give nginx the full chain, the server's certificate first"});
    }
    findings.push_back(check_certificate_dates(served, install));
    return findings;
}

Findings check_sockets(const Install& install) {
    Findings findings;
    for (const char* name : {"api.sock", "auth.sock", "hub.sock", "notice.sock"}) {
        findings.push_back(check_socket(install.sockets / name));
    }
    if (std::ranges::all_of(findings, [](const Finding& finding) { return finding.level == Level::ok; })) {
        return {{Level::ok, "all four are there, for nginx's group alone"}};
    }
    std::erase_if(findings, [](const Finding& finding) { return finding.level == Level::ok; });
    return findings;
}

Findings check_limits(const Install&) {
    Findings findings;
    const auto nginx = processes("nginx");
    const unsigned long files = open_files(nginx);
    const std::string connections = find(run({"nginx", "-T"}).out, "worker_connections\\s+([0-9]+)");
    const unsigned long wanted = 2 * (connections.empty() ? 512 : std::stoul(connections));
    if (nginx.empty()) {
        findings.push_back({Level::problem, "nginx does not run", "systemctl start nginx"});
    } else if (files < wanted) {
        findings.push_back({Level::warning,
                            "nginx may open " + std::to_string(files) + " files, and its connections can take " +
                                std::to_string(wanted),
                            "Set worker_rlimit_nofile " + std::to_string(wanted) + "; in nginx.conf"});
    } else {
        findings.push_back({Level::ok, "nginx may open " + std::to_string(files) + " files a process"});
    }
    const auto hub = processes("sotto-hub");
    const unsigned long hub_files = open_files(hub);
    if (hub.empty()) {
        findings.push_back({Level::problem, "the hub does not run", "systemctl start sotto-hub"});
    } else if (hub_files < least_hub_files) {
        findings.push_back({Level::warning,
                            "the hub may open " + std::to_string(hub_files) + " files: one a live connection",
                            "Set LimitNOFILE= for sotto-hub.service"});
    } else {
        findings.push_back({Level::ok, "the hub may hold some " + std::to_string(hub_files - 200) + " connections"});
    }
    return findings;
}

Findings check_hub(const Install& install) {
    const auto counters = read_hub_counters(install.hub_socket);
    if (!counters) {
        return {{Level::problem, "it does not answer at " + install.hub_socket.string(), "systemctl status sotto-hub"}};
    }
    const auto malformed = counters->find("sotto_hub_records_malformed_total");
    if (malformed != counters->end() && malformed->second != 0) {
        return {{Level::warning,
                 "it has been sent " + std::to_string(malformed->second) + " records that it could not read",
                 "Are the hub and the workers of one version? systemctl restart sotto.target"}};
    }
    return {{Level::ok, "it answers"}};
}

Findings check_clock(const Install& install) {
    Findings findings;
    timex state{};
    if (adjtimex(&state) == TIME_ERROR) {
        findings.push_back({Level::warning, "the system's clock is not synchronised",
                            "apt install systemd-timesyncd, or another NTP client"});
    } else {
        findings.push_back({Level::ok, "the system's clock is synchronised"});
    }
    findings.push_back(compare_clocks(install));
    return findings;
}

} // namespace sotto::admin

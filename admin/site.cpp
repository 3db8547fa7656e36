#include "admin/site.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "admin/files.hpp"
#include "admin/process.hpp"

namespace sotto::admin {

namespace fs = std::filesystem;

namespace {

/// One `listen` becomes two where the machine speaks IPv6.
std::string listen(const std::string& port, const std::string& parameters) {
    const bool v6 = fs::exists("/proc/net/if_inet6");
    return port + (v6 ? parameters + ";\n    listen [::]:" + port : "");
}

} // namespace

std::string fill_site(std::string text, const Site& site) {
    const std::pair<std::string_view, std::string> values[] = {
        {"@HTTP_LISTEN@", listen("80", "")},
        {"@HTTPS_LISTEN@", listen("443", " ssl http2")},
        {"@HTTPS_PORT_SUFFIX@", ""},
        {"@SERVER_NAME@", site.domain},
        {"@WWW@", "/usr/share/sotto/www"},
        {"@ACCESS_LOG@", "/var/log/nginx/sotto.access.log"},
        {"@CERTIFICATE@", site.certificate.string()},
        {"@CERTIFICATE_KEY@", site.certificate_key.string()},
        {"@API_SOCKET@", "/run/sotto/api.sock"},
        {"@AUTH_SOCKET@", "/run/sotto/auth.sock"},
        {"@HUB_SOCKET@", "/run/sotto/hub.sock"},
        {"@METRICS_LISTEN@", "127.0.0.1:9464"},
        {"@RATE_LIMIT@", "on"},
    };
    for (const auto& [name, value] : values) {
        text = replaced(std::move(text), name, value);
    }
    for (std::size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at + 1)) {
        const std::size_t end = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", at + 1);
        if (end != std::string::npos && end > at + 1 && text[end] == '@') {
            throw std::runtime_error("nginx's template has " + text.substr(at, end - at + 1) +
                                     ", which nobody fills in");
        }
    }
    return std::string(ours) + site.hints + "\n" + text;
}

void make_self_signed(const std::string& domain, const fs::path& certificate, const fs::path& key) {
    fs::create_directories(certificate.parent_path());
    fs::permissions(certificate.parent_path(), fs::perms::owner_all);
    run_or_throw({"openssl",
                  "req",
                  "-x509",
                  "-newkey",
                  "ec",
                  "-pkeyopt",
                  "ec_paramgen_curve:P-256",
                  "-noenc",
                  "-days",
                  "825",
                  "-subj",
                  "/CN=" + domain.substr(0, 64),
                  "-addext",
                  "subjectAltName=DNS:" + domain,
                  "-addext",
                  "basicConstraints=critical,CA:FALSE",
                  "-addext",
                  "keyUsage=critical,digitalSignature",
                  "-addext",
                  "extendedKeyUsage=serverAuth",
                  "-keyout",
                  key.string(),
                  "-out",
                  certificate.string()});
    fs::permissions(key, fs::perms::owner_read | fs::perms::owner_write);
}

std::string certificate_fault(const std::string& domain, const fs::path& certificate, const fs::path& key) {
    const Outcome of_certificate = run({"openssl", "x509", "-in", certificate.string(), "-noout", "-pubkey"});
    if (!of_certificate.good()) {
        return certificate.string() + " is no certificate that openssl can read";
    }
    const Outcome of_key = run({"openssl", "pkey", "-in", key.string(), "-pubout"});
    if (!of_key.good()) {
        return key.string() + " is no private key that openssl can read";
    }
    if (of_certificate.out != of_key.out) {
        return key.string() + " is not the key of " + certificate.string();
    }
    const Outcome host = run({"openssl", "x509", "-in", certificate.string(), "-noout", "-checkhost", domain});
    if (host.out.find("does match") == std::string::npos) {
        return certificate.string() + " is not for " + domain;
    }
    if (!run({"openssl", "x509", "-in", certificate.string(), "-noout", "-checkend", "0"}).good()) {
        return certificate.string() + " has expired";
    }
    return {};
}

bool is_self_signed(const fs::path& certificate) {
    const Outcome names =
        run({"openssl", "x509", "-in", certificate.string(), "-noout", "-subject", "-issuer", "-nameopt", "RFC2253"});
    const std::size_t end = names.out.find('\n');
    constexpr std::string_view subject = "subject=";
    constexpr std::string_view issuer = "\nissuer=";
    const std::size_t at = names.out.find(issuer);
    return names.good() && end != std::string::npos && at == end &&
           names.out.substr(subject.size(), end - subject.size()) + "\n" == names.out.substr(at + issuer.size());
}

bool is_host_name(std::string_view domain) {
    if (domain.empty() || domain.size() > 253 || domain.front() == '.' || domain.back() == '.' ||
        std::ranges::none_of(domain, [](char c) { return c >= 'a' && c <= 'z'; })) {
        return false;
    }
    while (!domain.empty()) {
        const std::string_view label = domain.substr(0, domain.find('.'));
        if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-' ||
            label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string_view::npos) {
            return false;
        }
        domain.remove_prefix(std::min(label.size() + 1, domain.size()));
    }
    return true;
}

} // namespace sotto::admin

#include "admin/setup.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>

#include <grp.h>
#include <unistd.h>

#include "admin/configuration.hpp"
#include "admin/database.hpp"
#include "admin/files.hpp"
#include "admin/output.hpp"
#include "admin/process.hpp"
#include "admin/services.hpp"
#include "admin/site.hpp"
#include "admin/sizing.hpp"
#include "auth/keys.hpp"

namespace sotto::admin {

namespace fs = std::filesystem;

namespace {

constexpr std::array options{
    Option{"--domain", "NAME", "the name that browsers reach this server by; needed the first time"},
    Option{"--cert", "FILE", "its certificate with the chain, in PEM"},
    Option{"--key", "FILE", "the certificate's private key, in PEM"},
    Option{"--print", "", "print nginx's site instead of installing it"},
    Option{"--restart-database", "", "restart MariaDB, so that it takes its new settings at once"},
    Option{"--db-host", "HOST", "the database is on another machine, reached over TLS"},
    Option{"--db-port", "PORT", "its port (3306)"},
    Option{"--db-ca", "FILE", "the CA certificate that vouches for it (the system's own)"},
    Option{"--db-password-file", "FILE", "the password of the database user `sotto`"},
    Option{"--db-admin", "USER", "who may change tables there (sotto_admin)"},
    Option{"--db-admin-password-file", "FILE", "that user's password"},
    Option{"--root", "DIR", "write below DIR, and leave nginx and systemd alone"},
};

constexpr std::string_view configuration_head =
    "# Where Sotto finds things; read by its units and by sottoctl. `sottoctl setup` sets the lines that it knows and\n"
    "# keeps the others. docs/configuration.md explains each.\n";

/// One run of setup: what is to be, then what is done about it.
class Setup {
  public:
    explicit Setup(const Arguments& arguments);

    void check();
    void apply();
    void finish() const;

  private:
    void choose_certificate(const Arguments& arguments);
    void choose_database(const Arguments& arguments);
    void keep_password(std::string_view name, const std::optional<std::string>& source, const fs::path& target,
                       bool for_workers);
    void prepare_certificate();
    void prepare_database();
    void prepare_keys();
    void write_ours(const fs::path& file, const std::string& text);
    void allow_workers_network();
    void install_site(const std::string& site);
    void start_units();
    bool database_waits() const;
    void note(const std::string& line) const;
    fs::path below_root(const fs::path& file) const { return root_.string() + file.string(); }

    fs::path root_;
    bool print_site_;
    bool restart_database_;
    std::string domain_;
    ConfigurationFile configuration_;
    Config config_{};
    Sizing sizing_;
    fs::path certificate_;
    fs::path certificate_key_;
    bool certificate_is_new_ = false;
    std::string site_template_;
    bool changed_ = false;       ///< something that workers read at their start
    bool nginx_changed_ = false; ///< something that nginx reads when it is reloaded
    bool site_is_new_ = false;
};

Setup::Setup(const Arguments& arguments)
    : root_(arguments.value("--root").value_or("")),
      print_site_(arguments.has("--print")),
      restart_database_(arguments.has("--restart-database")),
      configuration_(read_file(below_root("/etc/sotto/sotto.conf")).value_or(std::string(configuration_head))),
      sizing_(choose_sizing(this_machine())) {
    if (root_.empty() && geteuid() != 0) {
        throw std::runtime_error("setup needs root");
    }
    domain_ = arguments.value("--domain").value_or(configuration_.get("SOTTO_DOMAIN").value_or(""));
    if (domain_.empty()) {
        throw UsageError("setup needs --domain NAME the first time");
    }
    if (!is_host_name(domain_)) {
        throw UsageError("'" + domain_ + "' is no host name in lower case, such as chat.example.org");
    }
    if (arguments.has("--cert") != arguments.has("--key")) {
        throw UsageError("--cert and --key go together");
    }
    choose_certificate(arguments);
    choose_database(arguments);
    configuration_.set("SOTTO_DOMAIN", domain_);
    configuration_.set("SOTTO_URL", "https://" + domain_);
    configuration_.set("SOTTO_CERTIFICATE", certificate_.string());
    configuration_.set("SOTTO_CERTIFICATE_KEY", certificate_key_.string());
    config_ = Config::from_environment();
}

/// The one that is given, the one of the last time, or one of our own.
void Setup::choose_certificate(const Arguments& arguments) {
    const auto of_last_time = configuration_.get("SOTTO_CERTIFICATE");
    if (arguments.has("--cert")) {
        certificate_is_new_ = true;
        certificate_ = fs::absolute(*arguments.value("--cert"));
        certificate_key_ = fs::absolute(*arguments.value("--key"));
        nginx_changed_ = true; // the files may have been renewed
    } else if (of_last_time && configuration_.get("SOTTO_DOMAIN") == domain_) {
        certificate_ = *of_last_time;
        certificate_key_ = configuration_.get("SOTTO_CERTIFICATE_KEY").value_or("");
    } else {
        certificate_ = "/etc/sotto/tls/" + domain_ + ".crt";
        certificate_key_ = "/etc/sotto/tls/" + domain_ + ".key";
    }
}

void Setup::choose_database(const Arguments& arguments) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> remote{{
        {"--db-host", "SOTTO_DB_HOST"},
        {"--db-port", "SOTTO_DB_PORT"},
        {"--db-ca", "SOTTO_DB_CA"},
        {"--db-admin", "SOTTO_DB_ADMIN"},
    }};
    for (const auto& [option, name] : remote) {
        if (const auto value = arguments.value(option)) {
            configuration_.set(name, *value);
        }
    }
    if (configuration_.get("SOTTO_DB_HOST")) {
        if (!configuration_.get("SOTTO_DB_ADMIN")) {
            configuration_.set("SOTTO_DB_ADMIN", "sotto_admin");
        }
        keep_password("SOTTO_DB_PASSWORD_FILE", arguments.value("--db-password-file"), "/etc/sotto/db-password", true);
        keep_password("SOTTO_DB_ADMIN_PASSWORD_FILE", arguments.value("--db-admin-password-file"),
                      "/etc/sotto/db-admin-password", false);
    } else {
        configuration_.set(
            "SOTTO_DB_SOCKET",
            setting("SOTTO_DB_SOCKET", configuration_.get("SOTTO_DB_SOCKET").value_or("/run/mysqld/mysqld.sock")));
    }
    for (const std::string name : {"SOTTO_DB_NAME", "SOTTO_DB_USER"}) {
        configuration_.set(name, setting(name.c_str(), configuration_.get(name).value_or("sotto")));
    }
    configuration_.export_missing();
}

/// Copies a password to where units and sottoctl find it.
void Setup::keep_password(std::string_view name, const std::optional<std::string>& source, const fs::path& target,
                          bool for_workers) {
    if (!source) {
        return;
    }
    const fs::path file = below_root(target);
    write_file(file, read_password_file(*source) + "\n", for_workers ? 0640 : 0600);
    const group* const workers = for_workers ? getgrnam("sotto") : nullptr;
    if (workers != nullptr && chown(file.c_str(), 0, workers->gr_gid) != 0) {
        throw std::system_error(errno, std::generic_category(), file.string());
    }
    configuration_.set(name, target.string());
    setenv(std::string(name).c_str(), file.c_str(), 1); // for this run, which may have another root
}

void Setup::note(const std::string& line) const {
    print_site_ ? print_error(line) : print(line); // standard output is the site's then
}

/// What can be known before anything is changed.
void Setup::check() {
    const fs::path file = below_root("/usr/share/sotto/sotto.conf.in");
    const auto site_template = read_file(file);
    if (!site_template) {
        throw std::runtime_error(file.string() + " is missing: is the package installed?");
    }
    site_template_ = *site_template;
    // One that is there already is the doctor's: an upgrade must not fail because it has expired.
    if (certificate_is_new_) {
        if (const std::string fault = certificate_fault(domain_, certificate_, certificate_key_); !fault.empty()) {
            throw std::runtime_error(fault);
        }
    }
    check_database(config_);
}

void Setup::apply() {
    prepare_certificate();
    prepare_database();
    prepare_keys();
    if (write_file(below_root("/etc/sotto/sotto.conf"), configuration_.text(), 0644)) {
        note("wrote /etc/sotto/sotto.conf");
        changed_ = true;
    }
    allow_workers_network();
    if (config_.db_host.empty()) {
        write_ours("/etc/mysql/mariadb.conf.d/70-sotto.cnf", database_settings(sizing_));
    }
    write_ours("/etc/systemd/system/sotto.target.d/workers.conf", worker_units(sizing_));
    const std::string site = fill_site(site_template_, {domain_, certificate_, certificate_key_, nginx_hints(sizing_)});
    if (print_site_) {
        print(site);
    } else {
        install_site(site);
    }
    if (root_.empty()) {
        start_units();
    }
}

void Setup::prepare_certificate() {
    if (!certificate_.string().starts_with("/etc/sotto/tls/") || fs::exists(below_root(certificate_))) {
        return;
    }
    make_self_signed(domain_, below_root(certificate_), below_root(certificate_key_));
    nginx_changed_ = true;
    note("made a self-signed certificate: " + certificate_.string());
}

void Setup::prepare_database() {
    for (const std::string& step : sotto::admin::prepare_database(config_)) {
        note(step);
        changed_ = true;
    }
}

void Setup::prepare_keys() {
    const fs::path keys = below_root("/etc/sotto/keys");
    if (!fs::exists(keys)) {
        fs::create_directories(keys.parent_path());
        note("made the session-signing key " + auth::add_key(keys) + " in /etc/sotto/keys");
    }
}

/// Writes a file unless it is the administrator's own.
void Setup::write_ours(const fs::path& file, const std::string& text) {
    const auto old = read_file(below_root(file));
    if (old && !old->starts_with(ours)) {
        note("left alone, since it is not ours: " + file.string());
    } else if (write_file(below_root(file), text, 0644)) {
        note("wrote " + file.string());
    }
}

/// The units keep workers off the network. Where the database is on another machine they need it, and no longer once it
/// is back on this one.
void Setup::allow_workers_network() {
    for (const std::string pool : {"sotto-api@.service", "sotto-auth@.service"}) {
        const fs::path file = "/etc/systemd/system/" + pool + ".d/remote-database.conf";
        if (!config_.db_host.empty()) {
            write_ours(file, remote_database_unit(config_.db_host));
        } else if (read_file(below_root(file)).value_or("").starts_with(ours)) {
            fs::remove(below_root(file));
            note("removed " + file.string());
        }
    }
}

/// Puts the site in place; where nginx does not take it, everything is as it was before.
void Setup::install_site(const std::string& site) {
    const fs::path available = "/etc/nginx/sites-available/sotto";
    const fs::path enabled = below_root("/etc/nginx/sites-enabled/sotto");
    const auto old = read_file(below_root(available));
    site_is_new_ = !fs::exists(fs::symlink_status(enabled));
    write_ours(available, site);
    if (site_is_new_) {
        fs::create_directories(enabled.parent_path());
        fs::create_symlink("../sites-available/sotto", enabled);
        note("enabled nginx's site");
    }
    const Outcome check = root_.empty() ? run({"nginx", "-q", "-t"}) : Outcome{};
    if (!check.good()) {
        if (site_is_new_) {
            fs::remove(enabled);
        }
        if (old) {
            write_file(below_root(available), *old, 0644);
        } else {
            fs::remove(below_root(available));
        }
        throw std::runtime_error("nginx does not take the site, which was taken away again:\n" + check.err);
    }
    nginx_changed_ = nginx_changed_ || site_is_new_ || read_file(below_root(available)) != old;
}

void Setup::start_units() {
    if (!has_systemd()) {
        note("systemd does not run here, so nothing was started");
        return;
    }
    run_or_throw({"systemctl", "daemon-reload"});
    if (restart_database_ && config_.db_host.empty()) {
        run_or_throw({"systemctl", "restart", "mariadb.service"});
        note("restarted MariaDB");
    }
    // Workers beyond this machine's number, from an earlier setup.
    const std::string wanted = worker_units(sizing_);
    for (const std::string pattern : {"sotto-api@*.service", "sotto-auth@*.service"}) {
        for (const std::string& unit : running_units(pattern)) {
            if (wanted.find(unit) == std::string::npos) {
                run_or_throw({"systemctl", "stop", unit});
            }
        }
    }
    if (changed_) {
        restart_workers();
    }
    run_or_throw({"systemctl", "enable", "--quiet", "--now", "sotto.target"});
    run_or_throw({"systemctl", "start", "sotto.target"}); // its new workers too, where it ran already
    note("sotto.target runs " + std::to_string(sizing_.api_workers) + " + " + std::to_string(sizing_.auth_workers) +
         " workers and starts at boot");
    if (!print_site_) {
        run_or_throw({"systemctl", "enable", "--quiet", "nginx.service"});
        // A reload may close a connection that has just been opened, so there is none without a reason. The first time,
        // nginx may run since before the package brought its drop-in.
        const char* const verb = site_is_new_ ? "restart" : nginx_changed_ ? "reload-or-restart" : "start";
        run_or_throw({"systemctl", verb, "nginx.service"});
    }
}

/// Whether MariaDB has not read the settings that we wrote.
bool Setup::database_waits() const {
    const auto settings = read_file(below_root("/etc/mysql/mariadb.conf.d/70-sotto.cnf"));
    if (!config_.db_host.empty() || !settings || !settings->starts_with(ours)) {
        return false;
    }
    const auto bytes = db::Connection(admin_database(config_, "")).query_value("SELECT @@GLOBAL.innodb_log_file_size");
    return bytes != std::to_string(std::uint64_t{sizing_.log_file_mib} * 1024 * 1024);
}

void Setup::finish() const {
    note("");
    if (database_waits()) {
        note("MariaDB reads its new settings when it is restarted: systemctl restart mariadb");
    }
    if (is_self_signed(fs::exists(below_root(certificate_)) ? below_root(certificate_) : certificate_)) {
        note("The certificate is self-signed: browsers will warn of it. Once you have a real one:\n"
             "  sottoctl setup --domain " +
             domain_ + " --cert FULLCHAIN.pem --key PRIVKEY.pem");
    }
    if (print_site_) {
        note("nginx's site is yours to install; then reload nginx.");
    }
    note("Sotto is set up for https://" + domain_ + "\nNext: sottoctl doctor");
}

} // namespace

Exit setup(const Arguments& arguments) {
    Setup setup(arguments);
    setup.check();
    setup.apply();
    setup.finish();
    return Exit::done;
}

std::span<const Option> setup_options() {
    return options;
}

} // namespace sotto::admin

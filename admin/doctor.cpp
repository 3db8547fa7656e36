#include "admin/doctor.hpp"

#include <algorithm>
#include <array>
#include <exception>

#include <json/value.h>

#include "admin/checks.hpp"
#include "admin/configuration.hpp"
#include "admin/hub.hpp"
#include "admin/output.hpp"
#include "worker/json.hpp"

namespace sotto::admin {

namespace {

constexpr std::array options{
    Option{"--json", "", "print JSON"},
};

struct Check {
    std::string_view name;
    Findings (*look)(const Install&);
};

constexpr std::array checks{
    Check{"nginx", check_nginx},
    Check{"tls", check_tls},
    Check{"sockets", check_sockets},
    Check{"file limits", check_limits},
    Check{"clock", check_clock},
    Check{"schema", check_schema},
    Check{"strict mode", check_strict_mode},
    Check{"durability", check_durability},
    Check{"hub", check_hub},
    Check{"end to end", check_end_to_end},
};

std::string_view name_of(Level level) {
    switch (level) {
    case Level::ok:
        return "ok";
    case Level::warning:
        return "warning";
    case Level::problem:
        break;
    }
    return "problem";
}

Findings look(const Check& check, const Install& install) {
    try {
        return check.look(install);
    } catch (const std::exception& error) {
        return {{Level::problem, std::string("could not be checked: ") + error.what()}};
    }
}

void print_finding(std::string_view check, const Finding& finding) {
    std::string line(name_of(finding.level));
    line.resize(9, ' ');
    line += check;
    line.resize(std::max<std::size_t>(line.size() + 1, 22), ' ');
    line += finding.text;
    if (!finding.advice.empty()) {
        line += ". " + finding.advice;
    }
    print(line);
}

Json::Value to_json_object(std::string_view check, const Finding& finding) {
    Json::Value object(Json::objectValue);
    object["check"] = std::string(check);
    object["level"] = std::string(name_of(finding.level));
    object["text"] = finding.text;
    if (!finding.advice.empty()) {
        object["advice"] = finding.advice;
    }
    return object;
}

} // namespace

Install read_install() {
    Install install{.config = read_configuration(),
                    .url = setting("SOTTO_URL", ""),
                    .domain = {},
                    .port = "443",
                    .certificate = setting("SOTTO_CERTIFICATE", ""),
                    .hub_socket = hub_socket(),
                    .sockets = {}};
    constexpr std::string_view scheme = "https://";
    if (!install.url.starts_with(scheme)) {
        throw std::runtime_error("SOTTO_URL is not set: run sottoctl setup first");
    }
    install.domain = install.url.substr(scheme.size());
    if (const std::size_t colon = install.domain.find(':'); colon != std::string::npos) {
        install.port = install.domain.substr(colon + 1);
        install.domain.resize(colon);
    }
    install.sockets = install.hub_socket.parent_path();
    return install;
}

Exit doctor(const Arguments& arguments) {
    const Install install = read_install();
    const bool as_json = arguments.has("--json");
    Json::Value list(Json::arrayValue);
    int problems = 0;
    int warnings = 0;
    for (const Check& check : checks) {
        Findings findings;
        {
            Progress progress("checking");
            progress.show(check.name);
            findings = look(check, install);
        }
        for (const Finding& finding : findings) {
            problems += finding.level == Level::problem ? 1 : 0;
            warnings += finding.level == Level::warning ? 1 : 0;
            if (as_json) {
                list.append(to_json_object(check.name, finding));
            } else {
                print_finding(check.name, finding);
            }
        }
    }
    if (as_json) {
        Json::Value body(Json::objectValue);
        body["checks"] = list;
        body["problems"] = problems;
        body["warnings"] = warnings;
        print(to_json(body));
    } else {
        print("\n" + std::to_string(problems) + " problems, " + std::to_string(warnings) + " warnings");
    }
    return problems == 0 ? Exit::done : Exit::found;
}

std::span<const Option> doctor_options() {
    return options;
}

} // namespace sotto::admin

#include "admin/stats.hpp"

#include <array>
#include <utility>
#include <vector>

#include <json/value.h>

#include "admin/desk.hpp"
#include "admin/hub.hpp"
#include "admin/output.hpp"
#include "worker/json.hpp"

namespace sotto::admin {

namespace {

constexpr std::array options{
    Option{"--json", "", "print JSON"},
};

} // namespace

Exit show_statistics(const Arguments& arguments) {
    Desk desk;
    db::allow_long_statements(desk.connection);
    const db::Statistics statistics = db::read_statistics(desk.connection);
    std::vector<std::pair<std::string, std::int64_t>> rows{
        {"users", statistics.users},
        {"locked_users", statistics.locked_users},
        {"erased_users", statistics.erased_users},
        {"users_seen_in_a_day", statistics.users_seen_in_a_day},
        {"sessions", statistics.sessions},
        {"conversations", statistics.conversations},
        {"messages", statistics.messages},
        {"database_bytes", statistics.bytes},
    };
    if (const auto hub = read_hub_counters(hub_socket())) {
        std::int64_t connections = 0;
        for (const auto& [series, value] : *hub) {
            connections += series.starts_with("sotto_hub_connections{") ? value : 0;
        }
        rows.emplace_back("live_connections", connections);
    }
    Json::Value body(Json::objectValue);
    for (const auto& [name, value] : rows) {
        if (arguments.has("--json")) {
            body[name] = static_cast<Json::Int64>(value);
        } else {
            print(in_columns({{name, 22}, {std::to_string(value), 0}}));
        }
    }
    if (arguments.has("--json")) {
        print(to_json(body));
    }
    return Exit::done;
}

std::span<const Option> statistics_options() {
    return options;
}

} // namespace sotto::admin

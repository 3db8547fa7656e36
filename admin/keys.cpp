#include "admin/keys.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include <json/value.h>

#include "admin/configuration.hpp"
#include "admin/output.hpp"
#include "admin/services.hpp"
#include "auth/keys.hpp"
#include "handlers/sessions.hpp"
#include "worker/json.hpp"

namespace sotto::admin {

namespace {

constexpr std::array list_options{
    Option{"--json", "", "print JSON"},
};
constexpr std::array retire_options{
    Option{"--force", "", "also while sessions that it signed may live; who has one must log in again"},
};

void restart_and_say() {
    const std::size_t count = restart_workers();
    print(count > 0 ? "restarted " + std::to_string(count) + " workers, one after the other"
                    : "no workers run under systemd here; the ones that run elsewhere read it at their next start");
}

/// The day on which the key with that id was made, which is how our ids begin.
std::optional<std::chrono::sys_days> day_of(std::string_view id) {
    const auto digits = [&](std::size_t at, std::size_t count) {
        unsigned value = 0;
        const std::string_view text = id.substr(std::min(at, id.size()), count);
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc() && end == text.data() + count ? value : 0;
    };
    const std::chrono::year_month_day day(std::chrono::year(static_cast<int>(digits(0, 4))),
                                          std::chrono::month(digits(4, 2)), std::chrono::day(digits(6, 2)));
    return day.ok() ? std::optional(std::chrono::sys_days(day)) : std::nullopt;
}

} // namespace

Exit list_keys(const Arguments& arguments) {
    const auto ring = auth::KeyRing::load(read_configuration().keys_file);
    Json::Value list(Json::arrayValue);
    for (const auth::Key& key : ring.all()) {
        const bool signs = &key == &ring.newest();
        if (arguments.has("--json")) {
            Json::Value object(Json::objectValue);
            object["id"] = key.id;
            object["signs"] = signs;
            list.append(object);
        } else {
            print(key.id + (signs ? "  signs" : "  verifies"));
        }
    }
    if (arguments.has("--json")) {
        Json::Value body(Json::objectValue);
        body["keys"] = list;
        print(to_json(body));
    }
    return Exit::done;
}

Exit rotate_keys(const Arguments&) {
    print("added key " + auth::add_key(read_configuration().keys_file));
    restart_and_say();
    return Exit::done;
}

Exit retire_key(const Arguments& arguments) {
    const Config config = read_configuration();
    const std::string id = *arguments.operand(0);
    const auto ring = auth::KeyRing::load(config.keys_file);
    const auto& keys = ring.all();
    const auto key = std::ranges::find(keys, id, &auth::Key::id);
    if (key == keys.end()) {
        throw std::runtime_error("there is no key " + id + "; see sottoctl keys list");
    }
    if (key + 1 == keys.end()) {
        throw std::runtime_error("key " + id + " signs; sottoctl keys rotate first");
    }
    // It signed until the next one was made, and a session lives no longer than its lifetime after that.
    const auto last_signed = day_of((key + 1)->id);
    const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    if (!arguments.has("--force") && (!last_signed || today <= *last_signed + session_lifetime)) {
        throw std::runtime_error("sessions that key " + id + " signed may still live, for " +
                                 std::to_string(session_lifetime.count()) +
                                 " days after the next one was made; --force ends them");
    }
    auth::remove_key(config.keys_file, id);
    print("retired key " + id);
    restart_and_say();
    return Exit::done;
}

std::span<const Option> list_keys_options() {
    return list_options;
}

std::span<const Option> retire_key_options() {
    return retire_options;
}

} // namespace sotto::admin

#include "live/record.hpp"

#include <algorithm>
#include <charconv>

namespace sotto::live {

namespace {

constexpr std::size_t max_event_id_bytes = 64;

/// Cuts the first word off `text`, and the space after it.
std::string_view take_word(std::string_view& text) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    return word;
}

/// A control character would end a line of an event stream.
bool has_control_character(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

std::optional<Command> parse_event(std::string_view arguments) {
    const auto user_id = user_id_from(take_word(arguments));
    std::string_view id = take_word(arguments);
    if (!user_id || id.empty() || id.size() > max_event_id_bytes || has_control_character(id)) {
        return std::nullopt;
    }
    if (id == "-") {
        id = {};
    }
    if (!arguments.starts_with('{') || !arguments.ends_with('}') || has_control_character(arguments)) {
        return std::nullopt;
    }
    return DeliverEvent{*user_id, id, arguments};
}

std::optional<Command> parse_close_user(std::string_view arguments) {
    const bool keeps_one = arguments.find(' ') != std::string_view::npos;
    const auto user_id = user_id_from(take_word(arguments));
    const auto keep = session_from_hex(arguments);
    if (!user_id || (keeps_one && !keep)) {
        return std::nullopt;
    }
    return CloseUser{*user_id, keep};
}

std::optional<Command> parse_line(std::string_view line) {
    if (line == "close-all") {
        return CloseAll{};
    }
    if (line == "resync *") {
        return Resync{std::nullopt};
    }
    const std::string_view verb = take_word(line);
    if (verb == "event") {
        return parse_event(line);
    }
    if (verb == "close-session") {
        const auto session = session_from_hex(line);
        return session ? std::optional<Command>(CloseSession{*session}) : std::nullopt;
    }
    if (verb == "close-user") {
        return parse_close_user(line);
    }
    if (verb == "resync") {
        const auto user_id = user_id_from(line);
        return user_id ? std::optional<Command>(Resync{*user_id}) : std::nullopt;
    }
    return std::nullopt;
}

} // namespace

std::optional<SessionHex> session_from_hex(std::string_view text) {
    SessionHex session{};
    if (text.size() != session.size() || text.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
        return std::nullopt;
    }
    std::copy(text.begin(), text.end(), session.begin());
    return session;
}

std::optional<std::int64_t> user_id_from(std::string_view text) {
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc() || end != text.data() + text.size() || id <= 0) {
        return std::nullopt;
    }
    return id;
}

std::optional<std::vector<Command>> parse_record(std::string_view record) {
    if (!record.ends_with('\n')) {
        return std::nullopt;
    }
    std::vector<Command> commands;
    while (!record.empty()) {
        const std::size_t end = record.find('\n');
        const auto command = parse_line(record.substr(0, end));
        if (!command) {
            return std::nullopt;
        }
        commands.push_back(*command);
        record.remove_prefix(end + 1);
    }
    return commands;
}

} // namespace sotto::live

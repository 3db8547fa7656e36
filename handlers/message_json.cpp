#include "handlers/message_json.hpp"

#include <array>
#include <charconv>

#include "handlers/answer.hpp"
#include "worker/json.hpp"

namespace sotto {

namespace {

void append_integer(std::string& out, std::int64_t value) {
    std::array<char, 20> digits{};
    const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void append_text_member(std::string& out, std::string_view lead, const std::optional<std::string_view>& value) {
    if (value) {
        out += lead;
        append_json_string(out, *value);
    }
}

void append_integer_member(std::string& out, std::string_view lead, const std::optional<std::int64_t>& value) {
    if (value) {
        out += lead;
        append_integer(out, *value);
    }
}

void append_time_member(std::string& out, std::string_view lead, db::Timestamp time) {
    out += lead;
    out += '"';
    append_rfc3339(out, time);
    out += '"';
}

} // namespace

std::string message_id(std::int64_t conversation_id, std::int64_t seq) {
    return std::to_string(conversation_id) + "-" + std::to_string(seq);
}

void append_message(std::string& out, const db::Message& message, std::string_view sender, std::string_view recipient) {
    out += R"({"id":")";
    append_integer(out, message.conversation_id);
    out += '-';
    append_integer(out, message.seq);
    out += R"(","seq":)";
    append_integer(out, message.seq);
    out += R"(,"sender":")"; // user names need no escaping
    out += sender;
    out += R"(","recipient":")";
    out += recipient;
    out += '"';
    if (message.deleted_at) {
        append_time_member(out, R"(,"deleted_at":)", *message.deleted_at);
        out += '}';
        return;
    }
    const db::Content& content = message.content;
    out += R"(,"type":")";
    out += content.type;
    out += '"';
    append_text_member(out, R"(,"text":)", content.text);
    append_text_member(out, R"(,"url":)", content.url);
    append_integer_member(out, R"(,"width":)", content.width);
    append_integer_member(out, R"(,"height":)", content.height);
    append_integer_member(out, R"(,"duration_s":)", content.duration_s);
    append_text_member(out, R"(,"source":)", content.source);
    append_time_member(out, R"(,"created_at":)", message.created_at);
    if (message.edited_at) {
        append_time_member(out, R"(,"edited_at":)", *message.edited_at);
    }
    out += '}';
}

} // namespace sotto

#include "handlers/content_fields.hpp"

#include <array>

#include "handlers/link.hpp"

namespace sotto {

namespace {

constexpr std::size_t max_text = 4000;
constexpr std::size_t max_url = 2048;
constexpr std::size_t max_source = 32;
constexpr std::int64_t max_pixels = 65535;
constexpr std::int64_t max_duration_s = 604800; // a week

/// Says so where `name` was given though `type` has no such member.
void refuse(Fields& fields, std::string_view name, std::string_view type) {
    if (fields.has(name)) {
        fields.fail(name, "invalid", "Does not belong to a message of type " + std::string(type) + ".");
    }
}

} // namespace

ContentFields read_content(Fields& fields) {
    ContentFields content;
    fields.require("type");
    content.type = fields.choice("type", {"text", "image", "video"}).value_or("");
    content.text = fields.text("text", {1, max_text});
    content.url = fields.text("url", {1, max_url});
    content.width = fields.integer("width", 1, max_pixels);
    content.height = fields.integer("height", 1, max_pixels);
    content.duration_s = fields.integer("duration_s", 1, max_duration_s);
    content.source = fields.text("source", {1, max_source});
    if (content.type.empty()) {
        return content; // what else belongs depends on it
    }

    if (content.type == "text") {
        fields.require("text");
        refuse(fields, "url", content.type);
    } else {
        fields.require("url");
    }
    for (const std::string_view name : {"width", "height"}) {
        if (content.type == "image") {
            fields.require(name);
        } else {
            refuse(fields, name, content.type);
        }
    }
    if (content.type == "video") {
        fields.require("duration_s");
    } else {
        refuse(fields, "duration_s", content.type);
        refuse(fields, "source", content.type);
    }

    const auto host = content.url ? link_host(*content.url) : std::nullopt;
    if (content.url && !host) {
        fields.fail("url", "invalid", "Must be an http or https address with a host and without a user name.");
    }
    if (content.source) {
        content.source = source_name(*content.source);
        if (!content.source) {
            fields.fail("source", "invalid", "May hold the letters a to z, digits, '_', '.' and '-'.");
        }
    }
    if (content.type == "video" && host && !fields.has("source")) {
        content.source = video_source(*host);
    }
    return content;
}

} // namespace sotto

#include "live/event.hpp"

#include <utility>

namespace sotto::live {

Event::Event(std::string_view id, std::string_view json) : json_size_(json.size()) {
    text_.reserve(id.size() + json.size() + 16);
    if (!id.empty()) {
        text_.append("id: ").append(id).append("\n");
    }
    text_ += "data: ";
    json_begin_ = text_.size();
    text_.append(json).append("\n\n");
}

Event::Event(std::string stream_text) : text_(std::move(stream_text)) {}

EventPtr resync_event() {
    static const EventPtr event = std::make_shared<const Event>("", R"({"type":"resync"})");
    return event;
}

} // namespace sotto::live

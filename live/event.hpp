#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace sotto::live {

class Event;
using EventPtr = std::shared_ptr<const Event>;

/// What a connection is sent, encoded once and shared by all its receivers, whichever of the two protocols they speak:
/// a WebSocket message is a part of the text that an event stream takes.
class Event {
  public:
    /// `json` is one object without line breaks; `id` is the stream's event id, or empty for none.
    Event(std::string_view id, std::string_view json);

    /// Text for event streams alone, whole blocks of it; such an event has no json.
    explicit Event(std::string stream_text);

    /// The object, as a WebSocket text message.
    std::string_view json() const { return std::string_view(text_).substr(json_begin_, json_size_); }

    /// The object as a block of an event stream (HTML Standard, 9.2.6): its `id`, its `data`, an empty line.
    std::string_view stream_text() const { return text_; }

    /// Bytes that one waiting event is charged with, its bookkeeping included.
    std::size_t cost() const { return text_.size() + overhead; }

  private:
    static constexpr std::size_t overhead = 200;

    std::string text_;
    std::size_t json_begin_ = 0;
    std::size_t json_size_ = 0;
};

/// Tells a client to ask for what it may have missed.
EventPtr resync_event();

} // namespace sotto::live

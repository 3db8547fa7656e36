#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "live/hub.hpp"
#include "worker/file_descriptor.hpp"

namespace sotto::fuzz {

/// A hub in this process, which does something only in `turn`: nothing depends on how fast anything is.
class TurnedHub {
  public:
    TurnedHub();

    /// A connection that the hub has taken.
    FileDescriptor connect_client();
    FileDescriptor connect_worker();

    /// Lets the hub do all that there is to do now.
    void turn();

    /// Sends these bytes, lets the hub do its part, and appends what it sends; false where it has closed the
    /// connection.
    bool exchange(const FileDescriptor& client, std::string_view bytes, std::string& received);

    /// The value of one of the hub's metrics.
    std::string metric(std::string_view name);

  private:
    live::Hub hub_;
};

/// A request for the live channel as `user`, which makes it an event stream or, where `web_socket`, a WebSocket.
/// `session` is 32 hex digits.
std::string live_request(int user, std::string_view session, bool web_socket);

/// What comes with every event stream before the first event, which is a resync.
extern const std::string_view event_stream_start;

/// What a WebSocket's server has sent.
struct Frames {
    std::vector<std::string> texts;
    std::optional<unsigned> close_code; ///< 0 for a close frame without one
};

/// Reads all of `bytes` as whole, unmasked, unfragmented frames (RFC 6455, 5.2), the closing one last where there is
/// one; anything else is a property that does not hold.
Frames read_frames(std::string_view bytes);

} // namespace sotto::fuzz

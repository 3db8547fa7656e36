#pragma once

#include <string>
#include <string_view>

#include <sys/socket.h>
#include <sys/un.h>

#include "worker/file_descriptor.hpp"

namespace sotto::fuzz {

/// A listening unix socket that has no path, so that nothing is left behind, and that does not block.
class ListeningSocket {
  public:
    /// `type` is SOCK_STREAM or SOCK_SEQPACKET.
    explicit ListeningSocket(int type);

    int get() const { return socket_.get(); }

    /// A connection that waits to be accepted. It does not block.
    FileDescriptor connect() const;

  private:
    int type_;
    FileDescriptor socket_;
    sockaddr_un address_{};
    socklen_t address_size_ = sizeof address_;
};

/// Sends as much as the other side takes; whether that was all.
bool send_to(const FileDescriptor& socket, std::string_view bytes);

/// Appends what has come to `received`; false where nothing will come any more.
bool receive_from(const FileDescriptor& socket, std::string& received);

} // namespace sotto::fuzz

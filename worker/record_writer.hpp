#pragma once

#include <string_view>

namespace sotto {

/// Writes the answer to a FastCGI request as records (FastCGI 1.0, 3.3) straight from where it lies, in as few system
/// calls as it takes: libfcgi copies it through 8 KiB, a system call and a wake-up of nginx each.
class RecordWriter {
  public:
    /// `socket` is a connected stream socket, which stays the caller's; `request_id` is 1 to 65,535.
    RecordWriter(int socket, int request_id) : socket_(socket), request_id_(request_id) {}

    /// Sends part of the answer: `head` and then `body`, either of which may be empty. False where the reader has gone,
    /// now or before.
    bool write(std::string_view head, std::string_view body = {});

    /// The same for the last part, and says that the answer is whole.
    bool finish(std::string_view head, std::string_view body = {});

  private:
    bool send(std::string_view head, std::string_view body, bool last);

    int socket_;
    int request_id_;
    bool broken_ = false;
};

} // namespace sotto

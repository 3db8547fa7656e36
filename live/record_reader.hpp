#pragma once

#include <memory>
#include <vector>

#include "live/registry.hpp"
#include "live/socket.hpp"

namespace sotto::live {

/// Reads one worker's records and carries them out, in order.
class RecordReader : public std::enable_shared_from_this<RecordReader> {
  public:
    /// Owns `socket`, a connection of SOCK_SEQPACKET. `buffer` is shared by all readers, since each empties it at once.
    RecordReader(asio::io_context& context, int socket, Registry& registry, std::vector<char>& buffer);
    RecordReader(const RecordReader&) = delete;
    RecordReader& operator=(const RecordReader&) = delete;
    ~RecordReader();

    /// Reads until the worker has gone.
    void start();

  private:
    bool read_some();
    void take(std::string_view record);

    Descriptor socket_;
    Registry& registry_;
    std::vector<char>& buffer_;
};

} // namespace sotto::live

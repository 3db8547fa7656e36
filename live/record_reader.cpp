#include "live/record_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include <sys/socket.h>

#include "worker/log.hpp"

namespace sotto::live {

namespace {

/// Records read before the loop looks after the others again.
constexpr int batch = 64;

} // namespace

RecordReader::RecordReader(asio::io_context& context, int socket, Registry& registry, std::vector<char>& buffer)
    : socket_(context, socket),
      registry_(registry),
      buffer_(buffer) {
    ++registry_.counters().workers;
}

RecordReader::~RecordReader() {
    --registry_.counters().workers;
}

void RecordReader::start() {
    socket_.async_wait(Descriptor::wait_read, [self = shared_from_this()](ErrorCode error) {
        if (!error && self->read_some()) {
            self->start();
        }
    });
}

/// Whether the worker is still there.
bool RecordReader::read_some() {
    for (int i = 0; i < batch; ++i) {
        // With MSG_TRUNC the size is the record's own, even where that is larger than the buffer.
        const ssize_t size = ::recv(socket_.native_handle(), buffer_.data(), buffer_.size(), MSG_DONTWAIT | MSG_TRUNC);
        if (size < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        if (size == 0) {
            return false;
        }
        if (static_cast<std::size_t>(size) > buffer_.size()) {
            take({}); // malformed by its length alone
        } else {
            take(std::string_view(buffer_.data(), static_cast<std::size_t>(size)));
        }
    }
    return true;
}

void RecordReader::take(std::string_view record) {
    const auto commands = parse_record(record);
    if (!commands) {
        ++registry_.counters().malformed_records;
        LogLine("warn", "malformed record dropped").add("bytes", static_cast<std::int64_t>(record.size()));
        return;
    }
    std::for_each(commands->begin(), commands->end(), [this](const Command& command) { registry_.carry_out(command); });
}

} // namespace sotto::live

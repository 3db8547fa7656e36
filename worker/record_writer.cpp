#include "worker/record_writer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <span>
#include <vector>

#include <sys/socket.h>
#include <sys/uio.h>

namespace sotto {

namespace {

constexpr unsigned char version = 1;
constexpr unsigned char end_request = 3;     // FCGI_END_REQUEST
constexpr unsigned char standard_output = 6; // FCGI_STDOUT
constexpr std::size_t max_content = 65'528;  // of a record, as a multiple of 8, which needs no padding

using Header = std::array<unsigned char, 8>;

Header header(unsigned char type, int request_id, std::size_t content_length, std::size_t padding_length) {
    return {version,
            type,
            static_cast<unsigned char>(request_id >> 8),
            static_cast<unsigned char>(request_id),
            static_cast<unsigned char>(content_length >> 8),
            static_cast<unsigned char>(content_length),
            static_cast<unsigned char>(padding_length),
            0};
}

iovec part(const void* data, std::size_t size) {
    return {const_cast<void*>(data), size}; // sendmsg only reads it
}

/// Sends all of the parts; false where the reader has gone.
bool send_all(int socket, std::span<iovec> parts) {
    while (!parts.empty()) {
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = parts.size();
        const ssize_t result = ::sendmsg(socket, &message, MSG_NOSIGNAL);
        if (result < 0) {
            if (errno == EINTR) {
                continue;
            }
            return false;
        }
        auto sent = static_cast<std::size_t>(result);
        while (!parts.empty() && sent >= parts.front().iov_len) {
            sent -= parts.front().iov_len;
            parts = parts.subspan(1);
        }
        if (!parts.empty()) {
            parts.front().iov_base = static_cast<char*>(parts.front().iov_base) + sent;
            parts.front().iov_len -= sent;
        }
    }
    return true;
}

} // namespace

bool RecordWriter::write(std::string_view head, std::string_view body) {
    return send(head, body, false);
}

bool RecordWriter::finish(std::string_view head, std::string_view body) {
    return send(head, body, true);
}

bool RecordWriter::send(std::string_view head, std::string_view body, bool last) {
    static constexpr std::array<unsigned char, 8>
        zeros{}; // padding, and the body of FCGI_END_REQUEST: status 0, complete
    if (broken_) {
        return false;
    }
    std::vector<Header> headers;
    headers.reserve((head.size() + body.size()) / max_content + 3); // so that none of them moves
    std::vector<iovec> parts;
    while (!head.empty() || !body.empty()) {
        const std::size_t of_head = std::min(head.size(), max_content);
        const std::size_t of_body = std::min(body.size(), max_content - of_head);
        const std::size_t padding = -(of_head + of_body) % 8;
        parts.push_back(
            part(&headers.emplace_back(header(standard_output, request_id_, of_head + of_body, padding)), 8));
        parts.push_back(part(head.data(), of_head));
        parts.push_back(part(body.data(), of_body));
        parts.push_back(part(zeros.data(), padding));
        head.remove_prefix(of_head);
        body.remove_prefix(of_body);
    }
    if (last) {
        parts.push_back(part(&headers.emplace_back(header(standard_output, request_id_, 0, 0)), 8));
        parts.push_back(part(&headers.emplace_back(header(end_request, request_id_, zeros.size(), 0)), 8));
        parts.push_back(part(zeros.data(), zeros.size()));
    }
    // Within the 1,024 parts that one sendmsg takes: a record has four of them and 64 KiB.
    constexpr std::size_t most = 1024;
    for (std::span<iovec> rest(parts); !rest.empty() && !broken_; rest = rest.subspan(std::min(rest.size(), most))) {
        broken_ = !send_all(socket_, rest.first(std::min(rest.size(), most)));
    }
    return !broken_;
}

} // namespace sotto

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sotto {

/// A body that is made piece by piece: the next piece with each call, nothing at the end. What it throws cuts the
/// answer, so that the client sees a broken body and not a short one.
using Stream = std::function<std::optional<std::string>()>;

/// One HTTP answer, with its body or with the stream that makes it.
struct Response {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    Stream stream;
};

/// Where the answer to one request goes. A stream whose reply is destroyed before `finish` is cut.
class Reply {
  public:
    Reply() = default;
    Reply(const Reply&) = delete;
    Reply& operator=(const Reply&) = delete;
    virtual ~Reply() = default;

    /// Sends the whole answer; of one with a stream the head. False where the reader has gone.
    virtual bool send(const Response& response) = 0;

    /// Sends a piece of the stream. False where the reader has gone, now or before.
    virtual bool write(std::string_view piece) = 0;

    /// Says that the stream is whole.
    virtual void finish() = 0;
};

} // namespace sotto

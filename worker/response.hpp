#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sotto {

/// Where a streamed body goes.
class BodySink {
  public:
    BodySink() = default;
    BodySink(const BodySink&) = delete;
    BodySink& operator=(const BodySink&) = delete;
    virtual ~BodySink() = default;

    /// Sends `bytes`; false once the reader is gone, after which the producer should stop.
    virtual bool write(std::string_view bytes) = 0;
};

/// One HTTP answer. `stream`, where set, is called after the head has been sent and writes the body piece by piece;
/// what it throws cuts the connection, so that the client sees a broken body and not a short one.
struct Response {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::function<void(BodySink&)> stream;
};

} // namespace sotto

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "admin/process.hpp"

namespace sotto::admin {

/// This machine's nginx, asked by curl under its public name. Certificates are not looked at: check_tls does that.
struct Origin {
    std::string url; ///< https://chat.example.org
    std::string domain;
    std::string port;
};

struct HttpRequest {
    std::string method = "GET";
    std::string path;
    std::string json = {};  ///< body; empty for none
    std::string token = {}; ///< bearer token; empty for none
};

struct HttpAnswer {
    int status = 0; ///< 0 where there was none
    std::string body;
};

HttpAnswer fetch(const Origin& origin, const HttpRequest& request);

/// A live connection, open for as long as the object lives.
class LiveConnection {
  public:
    enum class Kind { event_stream, websocket };

    LiveConnection(const Origin& origin, Kind kind, const std::string& token);

    /// Reads until what has come holds `text`: how long that took, or nothing at the deadline or the connection's end.
    std::optional<std::chrono::milliseconds> wait_for(std::string_view text, std::chrono::milliseconds deadline);

  private:
    Pipe in_;
    Pipe out_;
    Child curl_;
    std::string received_;
};

} // namespace sotto::admin

#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/types.h>

#include "live/hub.hpp"
#include "live/notice.hpp"
#include "live/settings.hpp"

namespace sotto::live::test {

/// What has not happened by then does not happen.
inline constexpr std::chrono::seconds patience{10};

/// Asks `condition` again and again until it holds or patience ends; returns whether it holds.
bool eventually(const std::function<bool()>& condition);

/// A folder of its own for sockets, removed at the end.
class Folder {
  public:
    Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder();
    std::string clients() const { return path_ / "hub.sock"; }
    std::string workers() const { return path_ / "notice.sock"; }

  private:
    std::filesystem::path path_;
};

/// A hub on a thread of its own, in its own folder.
class TestHub {
  public:
    explicit TestHub(const Settings& settings = {});
    TestHub(const TestHub&) = delete;
    TestHub& operator=(const TestHub&) = delete;
    ~TestHub();

    const Folder& folder() const { return folder_; }
    /// One series of the hub's metrics, by its name and labels.
    std::uint64_t metric(const std::string& series) const;

  private:
    Folder folder_;
    Hub hub_;
    std::thread thread_;
};

/// The real program, as a process.
class HubProcess {
  public:
    /// Starts it with its sockets in `folder`, and waits until it is ready.
    explicit HubProcess(const Folder& folder);
    HubProcess(const HubProcess&) = delete;
    HubProcess& operator=(const HubProcess&) = delete;
    ~HubProcess(); ///< kills it where it still runs

    void signal(int number) const;
    /// Waits for its end; its exit status, 128 + signal where one ended it, nothing where it goes on.
    std::optional<int> wait();

    static std::string program();

  private:
    pid_t pid_;
};

/// The exit status of a child, as HubProcess::wait; gives up after `patience`.
std::optional<int> wait_for(pid_t pid);

/// Session number `n`, in hex.
std::string session(int n);

/// The target that nginx asks for.
std::string target(std::int64_t user_id, int session_number = 1);

/// A WebSocket client: Beast's own.
class WebSocketClient {
  public:
    using Stream = boost::beast::websocket::stream<boost::asio::local::stream_protocol::socket>;

    /// Connects and shakes hands; a refusal is a test failure.
    WebSocketClient(const Folder& folder, const std::string& target);

    /// The next message; a failure where the connection ends.
    std::string read();
    /// Reads to the end; the close code that came, or 1006 where none did (RFC 6455, 7.4.1).
    int read_to_close();
    void send(const std::string& text, bool binary = false);
    Stream& stream() { return stream_; }

    /// Runs one operation until its handler, given to `start`, is called, at most for `patience`; returns its error.
    boost::system::error_code
    run(const std::function<void(std::function<void(boost::system::error_code, std::size_t)>)>& start);

  private:
    boost::asio::io_context context_;
    Stream stream_;
};

/// A client that sends bytes as they are.
class RawClient {
  public:
    explicit RawClient(const std::string& path);
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;
    ~RawClient();

    void send(std::string_view bytes) const;
    /// Everything up to and including `end`; what came so far where that does not come.
    std::string read_until(std::string_view end);
    /// Everything up to the end of the connection; nothing where it does not end.
    std::optional<std::string> read_to_end();

  private:
    bool read_more();

    int socket_;
    std::string buffer_;
};

/// A GET with the given header lines, each ended by CRLF.
std::string request(const std::string& target, const std::string& headers);

inline const std::string event_stream_headers = "Accept: text/event-stream\r\n";
inline const std::string web_socket_headers =
    "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
inline const std::string resync = R"({"type":"resync"})";

/// A worker that sends bytes as they are.
class RawSeqPacket {
  public:
    explicit RawSeqPacket(const std::string& path);
    RawSeqPacket(const RawSeqPacket&) = delete;
    RawSeqPacket& operator=(const RawSeqPacket&) = delete;
    ~RawSeqPacket();

    void send(std::string_view record) const;

  private:
    int socket_;
};

/// A listening SOCK_SEQPACKET socket, and the first connection to it: a hub that reads when it is told to.
class FakeHub {
  public:
    explicit FakeHub(const std::string& path);
    FakeHub(const FakeHub&) = delete;
    FakeHub& operator=(const FakeHub&) = delete;
    ~FakeHub();

    /// The next record, nothing where there is none now.
    std::optional<std::string> read();

  private:
    int listener_;
    int connection_ = -1;
};

} // namespace sotto::live::test

#include "support.hpp"

#include <boost/asio/post.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <iomanip>
#include <sstream>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live/record.hpp"

namespace sotto::live::test {

namespace {

using boost::system::error_code;

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    BOOST_REQUIRE(path.size() < sizeof address.sun_path);
    std::copy(path.begin(), path.end(), std::begin(address.sun_path));
    return address;
}

bool can_connect(const std::string& path) {
    const sockaddr_un address = address_of(path);
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(probe);
    return connected;
}

Listeners listeners_in(const Folder& folder) {
    setenv("SOTTO_HUB_SOCKET", folder.clients().c_str(), 1);
    setenv("SOTTO_NOTICE_SOCKET", folder.workers().c_str(), 1);
    return open_listeners();
}

pid_t start_in(const Folder& folder) {
    setenv("SOTTO_HUB_SOCKET", folder.clients().c_str(), 1);
    setenv("SOTTO_NOTICE_SOCKET", folder.workers().c_str(), 1);
    const std::string path = HubProcess::program();
    const pid_t pid = fork();
    if (pid == 0) {
        execl(path.c_str(), path.c_str(), nullptr);
        _exit(127);
    }
    return pid;
}

} // namespace

bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

Folder::Folder() {
    std::string name = std::filesystem::temp_directory_path() / "sotto-live-XXXXXX";
    BOOST_REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
}

Folder::~Folder() {
    std::filesystem::remove_all(path_);
}

TestHub::TestHub(const Settings& settings) : hub_(settings, listeners_in(folder_)), thread_([this] { hub_.run(); }) {}

TestHub::~TestHub() {
    asio::post(hub_.context(), [this] { hub_.shut_down(); });
    thread_.join();
}

std::uint64_t TestHub::metric(const std::string& series) const {
    RawClient client(folder_.clients());
    client.send(request("/metrics", ""));
    const std::string answer = client.read_to_end().value();
    const std::size_t at = answer.find("\n" + series + " ");
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, series << " in " << answer);
    return std::stoull(answer.substr(at + series.size() + 2));
}

std::string HubProcess::program() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "sotto-hub";
}

HubProcess::HubProcess(const Folder& folder) : pid_(start_in(folder)) {
    BOOST_REQUIRE(eventually([&] { return can_connect(folder.clients()); }));
    RawClient client(folder.clients());
    client.send(request("/metrics", ""));
    BOOST_REQUIRE(client.read_to_end().value().starts_with("HTTP/1.1 200 ")); // the loop runs
}

HubProcess::~HubProcess() {
    if (pid_ > 0) {
        signal(SIGKILL);
        wait();
    }
}

void HubProcess::signal(int number) const {
    BOOST_REQUIRE(kill(pid_, number) == 0);
}

std::optional<int> HubProcess::wait() {
    const auto status = wait_for(pid_);
    if (status) {
        pid_ = -1;
    }
    return status;
}

std::optional<int> wait_for(pid_t pid) {
    int status = 0;
    if (!eventually([&] { return waitpid(pid, &status, WNOHANG) == pid; })) {
        return std::nullopt;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string session(int n) {
    std::ostringstream hex;
    hex << std::hex << std::setw(32) << std::setfill('0') << n;
    return hex.str();
}

std::string target(std::int64_t user_id, int session_number) {
    return "/live?user=" + std::to_string(user_id) + "&session=" + session(session_number);
}

WebSocketClient::WebSocketClient(const Folder& folder, const std::string& target) : stream_(context_) {
    stream_.next_layer().connect(asio::local::stream_protocol::endpoint(folder.clients()));
    const error_code error =
        run([&](auto done) { stream_.async_handshake("localhost", target, [done](error_code ec) { done(ec, 0); }); });
    BOOST_REQUIRE_MESSAGE(!error, "handshake: " << error.message());
}

error_code WebSocketClient::run(const std::function<void(std::function<void(error_code, std::size_t)>)>& start) {
    std::optional<error_code> result;
    start([&](error_code error, std::size_t) { result = error; });
    context_.restart();
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!result && context_.run_one_until(deadline) > 0) {
    }
    BOOST_REQUIRE_MESSAGE(result, "the operation did not end in time");
    return *result;
}

std::string WebSocketClient::read() {
    boost::beast::flat_buffer buffer;
    const error_code error = run([&](auto done) { stream_.async_read(buffer, done); });
    BOOST_REQUIRE_MESSAGE(!error, "read: " << error.message());
    return boost::beast::buffers_to_string(buffer.data());
}

int WebSocketClient::read_to_close() {
    boost::beast::flat_buffer buffer;
    while (!run([&](auto done) { stream_.async_read(buffer, done); })) {
    }
    const int code = stream_.reason().code;
    return code == 0 ? 1006 : code;
}

void WebSocketClient::send(const std::string& text, bool binary) {
    stream_.binary(binary);
    const error_code error = run([&](auto done) { stream_.async_write(asio::buffer(text), done); });
    BOOST_REQUIRE_MESSAGE(!error, "write: " << error.message());
}

RawClient::RawClient(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_un address = address_of(path);
    BOOST_REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

RawClient::~RawClient() {
    ::close(socket_);
}

void RawClient::send(std::string_view bytes) const {
    // The other side may have answered and gone before it took everything.
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            return;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

bool RawClient::read_more() {
    pollfd waiting{socket_, POLLIN, 0};
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
    BOOST_REQUIRE_MESSAGE(poll(&waiting, 1, static_cast<int>(limit.count())) == 1, "nothing came after: " << buffer_);
    std::array<char, 65536> chunk{};
    const ssize_t size = ::recv(socket_, chunk.data(), chunk.size(), 0);
    if (size <= 0) {
        return false;
    }
    buffer_.append(chunk.data(), static_cast<std::size_t>(size));
    return true;
}

std::string RawClient::read_until(std::string_view end) {
    std::size_t found = std::string::npos;
    while ((found = buffer_.find(end)) == std::string::npos && read_more()) {
    }
    const std::size_t size = found == std::string::npos ? buffer_.size() : found + end.size();
    std::string result = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return result;
}

std::optional<std::string> RawClient::read_to_end() {
    while (read_more()) {
    }
    return std::exchange(buffer_, {});
}

std::string request(const std::string& target, const std::string& headers) {
    return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
}

RawSeqPacket::RawSeqPacket(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
    const int enough = 1024 * 1024;
    setsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &enough, sizeof enough);
    const sockaddr_un address = address_of(path);
    BOOST_REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

RawSeqPacket::~RawSeqPacket() {
    ::close(socket_);
}

void RawSeqPacket::send(std::string_view record) const {
    BOOST_REQUIRE(::send(socket_, record.data(), record.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(record.size()));
}

FakeHub::FakeHub(const std::string& path)
    : listener_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    const sockaddr_un address = address_of(path);
    BOOST_REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    BOOST_REQUIRE(::listen(listener_, 8) == 0);
}

FakeHub::~FakeHub() {
    ::close(connection_);
    ::close(listener_);
}

std::optional<std::string> FakeHub::read() {
    if (connection_ < 0) {
        connection_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    }
    std::string record(max_record_bytes, '\0');
    const ssize_t size = ::recv(connection_, record.data(), record.size(), MSG_DONTWAIT);
    if (size <= 0) {
        return std::nullopt;
    }
    record.resize(static_cast<std::size_t>(size));
    return record;
}

} // namespace sotto::live::test

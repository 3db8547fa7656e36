#pragma once

#include <functional>
#include <memory>

#include "worker/request.hpp"
#include "worker/response.hpp"
#include "worker/result.hpp"

namespace sotto {

/// The FastCGI protocol (libfcgi) on one listening socket, one request at a time: one of the connections that a worker
/// may have open.
class FastCgi {
  public:
    /// `listening_socket` is non-blocking. `got_on` is called after each piece of a streamed answer that was sent.
    /// Throws std::runtime_error where libfcgi can't start.
    FastCgi(int listening_socket, std::function<void()> got_on);
    FastCgi(FastCgi&&) noexcept;
    FastCgi(const FastCgi&) = delete;
    FastCgi& operator=(const FastCgi&) = delete;
    FastCgi& operator=(FastCgi&&) = delete;
    ~FastCgi();

    /// Takes the next connection and reads the head of its request; false where another worker won or the client has
    /// gone. Throws std::runtime_error where no connection can be taken any more (out of descriptors), which only a
    /// restart mends.
    bool accept();

    /// The accepted request, its body included; a body that is too large or cut short is a problem.
    Result<Request> read();

    /// Answers the accepted request and ends it. Where `response.stream` throws, the connection is cut, so that nginx
    /// can tell a broken body from a whole one, and the exception goes on.
    void send(const Response& response);

  private:
    void close() noexcept;

    struct State;
    std::unique_ptr<State> state_;
};

} // namespace sotto

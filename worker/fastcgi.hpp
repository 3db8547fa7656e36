#pragma once

#include <memory>
#include <string_view>

#include "worker/request.hpp"
#include "worker/response.hpp"
#include "worker/result.hpp"

namespace sotto {

/// One request over the FastCGI protocol (libfcgi), and the connection that it came over, which is closed once it has
/// been answered.
class FastCgi : public Reply {
  public:
    /// Takes the next connection and reads the head of its request; nothing where another worker won or the client has
    /// gone. `listening_socket` is non-blocking. Throws std::runtime_error where no connection can be taken any more
    /// (out of descriptors), which only a restart mends.
    static std::unique_ptr<FastCgi> accept(int listening_socket);

    FastCgi(const FastCgi&) = delete;
    FastCgi& operator=(const FastCgi&) = delete;
    ~FastCgi() override;

    /// The request, its body included; a body that is too large or cut short is a problem.
    Result<Request> read();

    bool send(const Response& response) override;
    bool write(std::string_view piece) override;
    void finish() override;

  private:
    struct State;

    explicit FastCgi(std::unique_ptr<State> state);
    void close() noexcept;

    std::unique_ptr<State> state_;
};

} // namespace sotto

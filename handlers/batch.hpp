#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <vector>

#include "db/messages.hpp"
#include "handlers/call.hpp"

namespace sotto {

/// What the calls that a worker answers together wait for. A handler says what it needs from the database with
/// `co_await`; once each of them has, `run` asks for all of it at once, and they go on.
class Batch {
  public:
    explicit Batch(db::Connection& connection) : connection_(connection) {}
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    /// A message that waits to be stored. Awaiting it gives what db::send_message would, or throws as that does.
    class Sending {
      public:
        Sending(Batch& batch, Call& call, const db::NewMessage& message)
            : batch_(batch),
              call_(call),
              message_(message) {}

        bool await_ready() const { return false; }
        void await_suspend(std::coroutine_handle<> handler);
        db::Sent await_resume() const;

      private:
        friend Batch;
        void send_alone();

        Batch& batch_;
        Call& call_;
        const db::NewMessage& message_;
        std::optional<db::Sent> sent_ = {};
        std::exception_ptr failure_ = {};
        std::coroutine_handle<> handler_ = {};
    };

    /// Both must outlive the waiting.
    Sending send(Call& call, const db::NewMessage& message) { return {*this, call, message}; }

    /// Does what the calls wait for, each by itself where they can't share, and lets them go on.
    void run();

  private:
    void send_together();

    db::Connection& connection_;
    std::vector<Sending*> sendings_; ///< each in the frame of a handler that waits
};

} // namespace sotto

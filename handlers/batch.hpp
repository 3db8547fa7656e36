#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <span>
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
    ~Batch() = default;

    class Sending;
    class Reading;

    /// Stores a message: gives what db::send_message does, or throws as that does. Both must outlive the waiting.
    Sending send(Call& call, const db::NewMessage& message);

    /// Reads a window: gives what db::read_conversation does, or throws as that does. What is named must outlive the
    /// waiting.
    Reading read(Call& call, db::WindowRead read);

    /// Does what the calls wait for, each by itself where they can't share, and lets them go on.
    void run();

  private:
    struct Waiting;

    template<class What>
    void run(std::vector<What*>& waiting);
    template<class What>
    void do_together(std::span<What*> waiting);
    void do_all(std::span<Sending*> sendings);
    void do_all(std::span<Reading*> readings);

    db::Connection& connection_;
    std::vector<Sending*> sendings_; ///< each in the frame of a handler that waits
    std::vector<Reading*> readings_;
};

/// A handler that waits.
struct Batch::Waiting {
    Call& call;
    std::exception_ptr failure = {};
    std::coroutine_handle<> handler = {};

    bool await_ready() const { return false; }
    void rethrow_failure() const {
        if (failure) {
            std::rethrow_exception(failure);
        }
    }
};

class Batch::Sending : public Waiting {
  public:
    Sending(Call& caller, const db::NewMessage& message) : Waiting{caller}, message_(message) {}
    void await_suspend(std::coroutine_handle<> waiting);
    db::Sent await_resume() const;

  private:
    friend Batch;
    static bool can_share() { return true; }
    bool done() const { return sent_.has_value(); }
    void do_alone(db::Connection& connection);

    const db::NewMessage& message_;
    std::optional<db::Sent> sent_ = {};
};

class Batch::Reading : public Waiting {
  public:
    Reading(Call& caller, db::WindowRead read) : Waiting{caller}, read_(std::move(read)) {}
    void await_suspend(std::coroutine_handle<> waiting);
    db::WindowSeen await_resume() const;

  private:
    friend Batch;
    bool can_share() const { return read_.order == db::Order::newest_first; } // the others are rare
    bool done() const { return seen_.has_value(); }
    void do_alone(db::Connection& connection);

    db::WindowRead read_;
    std::optional<db::WindowSeen> seen_ = {};
};

} // namespace sotto

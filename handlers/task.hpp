#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace sotto {

/// A coroutine that starts at once, may stop where it waits for something (handlers/batch.hpp), and has a value at its
/// end. Another coroutine gets the value, or what was thrown, with `co_await`; a plain function with `take`, once
/// `done`. Destroying a task that has stopped destroys what it holds.
template<class T>
class [[nodiscard]] Task {
  public:
    struct promise_type { // NOLINT(readability-identifier-naming): the language's name
        std::optional<T> value;
        std::exception_ptr exception;
        std::coroutine_handle<> waiting = std::noop_coroutine(); ///< who goes on when this one ends

        Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
        std::suspend_never initial_suspend() noexcept { return {}; }
        auto final_suspend() noexcept {
            struct Handover {
                bool await_ready() noexcept { return false; }
                std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> ended) noexcept {
                    return ended.promise().waiting;
                }
                void await_resume() noexcept {}
            };
            return Handover{};
        }
        template<class Value>
        void return_value(Value&& result) {
            value.emplace(std::forward<Value>(result));
        }
        void unhandled_exception() { exception = std::current_exception(); }
    };

    Task(Task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    Task& operator=(Task&& other) noexcept {
        std::swap(coroutine_, other.coroutine_);
        return *this;
    }
    ~Task() {
        if (coroutine_) {
            coroutine_.destroy();
        }
    }

    bool done() const { return coroutine_.done(); }

    /// Goes on where it has stopped of its own accord (`std::suspend_always`), not waiting for another.
    void resume() { coroutine_.resume(); }

    /// The value, or what was thrown instead.
    T take() {
        if (coroutine_.promise().exception) {
            std::rethrow_exception(coroutine_.promise().exception);
        }
        return std::move(*coroutine_.promise().value);
    }

    bool await_ready() const { return done(); }
    void await_suspend(std::coroutine_handle<> waiting) { coroutine_.promise().waiting = waiting; }
    T await_resume() { return take(); }

  private:
    explicit Task(std::coroutine_handle<promise_type> coroutine) : coroutine_(coroutine) {}

    std::coroutine_handle<promise_type> coroutine_;
};

} // namespace sotto

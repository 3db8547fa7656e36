#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "db/error.hpp"
#include "db/statement.hpp"
#include "db/statements.hpp"

namespace sotto::db {

/// Where the database is, and as whom.
struct Settings {
    std::string socket; ///< path of MariaDB's unix socket; not used where there is a host
    std::string database;
    std::string user;
    std::string host = {};         ///< another machine, over TLS alone; empty for the socket
    unsigned int port = 3306;      ///< of that machine
    std::string password = {};     ///< empty where the socket says who we are
    std::string certificates = {}; ///< file of the CA certificates that may vouch for the host
    std::chrono::seconds patience{
        10}; ///< how long the server may be silent; 10 s is below nginx's fastcgi_read_timeout
};

/// Throws what `number` stands for: Unavailable where trying again may help, Error for the rest.
[[noreturn]] void throw_error(unsigned int number, const std::string& text);

/// Whether a transaction that failed with `number` was given up whole and may be tried again whole.
bool is_retryable(unsigned int number);

/// The open result of one execution: reads rows, and drops what is unread when it goes.
class Rows {
  public:
    Rows(Statement& statement, std::chrono::steady_clock::duration& spent) : statement_(&statement), spent_(&spent) {}
    Rows(Rows&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)), spent_(other.spent_) {}
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;
    Rows& operator=(Rows&&) = delete;
    ~Rows();

    bool next();
    const Statement& operator*() const { return *statement_; }
    const Statement* operator->() const { return statement_; }

  private:
    Statement* statement_;
    std::chrono::steady_clock::duration* spent_;
};

/// Whether a statement may simply be run again when the connection is lost while it runs.
enum class Repeat { safe, unsafe };

/// One worker's connection: made when first needed, dropped with its statements when lost, made again by the next use.
class Connection {
  public:
    explicit Connection(Settings settings);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    /// Runs a statement of the table in `statements.cpp`. A connection that turns out to have died since its last use
    /// is made again first; one that dies while the statement runs is made again once where repeating is safe. Throws
    /// Unavailable or Error.
    Rows execute(Sql id, std::span<const Parameter> parameters, Repeat repeat = Repeat::safe);
    Rows execute(Sql id, std::initializer_list<Parameter> parameters, Repeat repeat = Repeat::safe) {
        return execute(id, std::span(parameters.begin(), parameters.size()), repeat);
    }

    /// Runs a statement without a result once for each set of parameters, which stand one behind the other, in one
    /// round trip. For use within `transaction`, since it is never repeated.
    void execute_for_each(Sql id, std::span<const Parameter> sets);

    /// Runs `work`, which executes statements, as one transaction; runs all of it again, up to `attempts` times, where
    /// InnoDB gave the transaction up (deadlock, lock wait, stale snapshot).
    template<class Work>
    void transaction(const Work& work, int attempts = 5) {
        for (int attempt = 1;; ++attempt) {
            try {
                begin();
                work();
                commit();
                return;
            } catch (const Error& error) {
                rollback();
                if (!is_retryable(error.number()) || attempt == attempts) {
                    throw;
                }
            } catch (...) {
                rollback();
                throw;
            }
        }
    }

    /// Runs SQL text as it stands, several statements of it too, and drops the results. For migrations.
    void run_script(std::string_view sql);

    /// A column of the first row of a text query, or nothing. For migrations and health checks.
    std::optional<std::string> query_value(std::string_view sql, std::size_t column = 0);

    /// `text` with its quotes, fit for an SQL text.
    std::string quote(std::string_view text);

    /// The time spent in the database since the last call of this function.
    std::chrono::nanoseconds take_time_spent();

    /// Ends the connection; the next use makes it anew.
    void close() noexcept;

  private:
    void connect();
    void abandon() noexcept;
    void begin();
    void commit();
    void rollback() noexcept;
    Statement& prepared(Sql id);
    Rows run(Sql id, std::span<const Parameter> parameters);

    struct Closer {
        void operator()(st_mysql* handle) const noexcept;
    };

    Settings settings_;
    std::unique_ptr<st_mysql, Closer> handle_;
    std::vector<std::optional<Statement>> statements_;
    std::chrono::steady_clock::duration spent_{};
    bool in_transaction_ = false;
};

} // namespace sotto::db

#include "db/connection.hpp"

#include <utility>

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>

namespace sotto::db {

namespace {

constexpr unsigned int connect_timeout_s = 2;

// Strict: a value that does not fit is an error, never cut; a grant to an unknown user is one, and makes nobody. READ
// COMMITTED: no gap locks, and each statement, which is all that a read takes, sees one snapshot. UTC throughout. The
// time limits keep one bad statement from holding a worker, and a worker that hangs, or whose machine is gone, from
// holding its locks.
constexpr std::string_view session_setup =
    "SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin, "
    "sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
    "NO_AUTO_CREATE_USER', "
    "time_zone = '+00:00', "
    "tx_isolation = 'READ-COMMITTED', "
    "max_statement_time = 8, "
    "innodb_lock_wait_timeout = 2, "
    "idle_transaction_timeout = 5";

class Stopwatch {
  public:
    explicit Stopwatch(std::chrono::steady_clock::duration& total)
        : total_(total),
          start_(std::chrono::steady_clock::now()) {}
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;
    ~Stopwatch() { total_ += std::chrono::steady_clock::now() - start_; }

  private:
    std::chrono::steady_clock::duration& total_;
    std::chrono::steady_clock::time_point start_;
};

/// Has the connection go over TCP, in TLS, to a host whose certificate names it and comes from one of `certificates`.
/// Without TLS on the other side nothing is sent, the password included.
void require_tls(st_mysql* handle, const std::string& certificates) {
    const unsigned int protocol = MYSQL_PROTOCOL_TCP; // "localhost" would mean the socket
    const my_bool yes = 1;
    mysql_options(handle, MYSQL_OPT_PROTOCOL, &protocol);
    mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &yes);
    mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
    mysql_ssl_set(handle, nullptr, nullptr, certificates.c_str(), nullptr, nullptr);
}

/// Whether the connection is of no use any more: gone, or nobody knows what comes next on it.
bool is_lost(unsigned int number) {
    return number == CR_COMMANDS_OUT_OF_SYNC || number == CR_OUT_OF_MEMORY || number == CR_SERVER_GONE_ERROR ||
           number == CR_SERVER_LOST || number == CR_SERVER_LOST_EXTENDED || number == ER_CONNECTION_KILLED ||
           number == ER_SERVER_SHUTDOWN || number == ER_NET_READ_ERROR || number == ER_NET_READ_INTERRUPTED;
}

} // namespace

bool is_retryable(unsigned int number) {
    return number == ER_LOCK_DEADLOCK || number == ER_LOCK_WAIT_TIMEOUT || number == ER_CHECKREAD;
}

void throw_error(unsigned int number, const std::string& text) {
    const bool client_side = number >= CR_MIN_ERROR && number <= CR_MAX_ERROR;
    switch (number) {
    case ER_CON_COUNT_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
    case ER_STATEMENT_TIMEOUT:
    case ER_RECORD_FILE_FULL:
    case ER_OPTION_PREVENTS_STATEMENT: // read-only
    case ER_DISK_FULL:
        throw Unavailable(number, text);
    default:
        if (client_side || is_lost(number) || is_retryable(number)) {
            throw Unavailable(number, text);
        }
        throw Error(number, text);
    }
}

Rows::~Rows() {
    if (statement_ != nullptr) {
        statement_->finish();
    }
}

bool Rows::next() {
    const Stopwatch stopwatch(*spent_);
    return statement_->fetch();
}

void Connection::Closer::operator()(st_mysql* handle) const noexcept {
    mysql_close(handle);
}

Connection::Connection(Settings settings) : settings_(std::move(settings)), statements_(sql_count) {}

Connection::~Connection() {
    close();
}

void Connection::close() noexcept {
    for (auto& statement : statements_) {
        statement.reset(); // before the connection that they belong to
    }
    handle_.reset();
    in_transaction_ = false;
}

void Connection::connect() {
    close();
    std::unique_ptr<st_mysql, Closer> handle(mysql_init(nullptr));
    if (!handle) {
        throw std::bad_alloc();
    }
    mysql_options(handle.get(), MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout_s);
    const auto io_timeout_s = static_cast<unsigned int>(settings_.patience.count());
    mysql_options(handle.get(), MYSQL_OPT_READ_TIMEOUT, &io_timeout_s);
    mysql_options(handle.get(), MYSQL_OPT_WRITE_TIMEOUT, &io_timeout_s);
    mysql_options(handle.get(), MYSQL_INIT_COMMAND, session_setup.data());
    const bool remote = !settings_.host.empty();
    if (remote) {
        require_tls(handle.get(), settings_.certificates);
    }
    if (mysql_real_connect(handle.get(), remote ? settings_.host.c_str() : "localhost", settings_.user.c_str(),
                           settings_.password.empty() ? nullptr : settings_.password.c_str(),
                           settings_.database.empty() ? nullptr : settings_.database.c_str(),
                           remote ? settings_.port : 0, remote ? nullptr : settings_.socket.c_str(),
                           CLIENT_MULTI_STATEMENTS) == nullptr) {
        // Whatever the reason, a wrong password or a missing schema included: nobody can be served now.
        throw Unavailable(mysql_errno(handle.get()), mysql_error(handle.get()));
    }
    handle_ = std::move(handle);
}

Rows Connection::execute(Sql id, std::span<const Parameter> parameters, Repeat repeat) {
    const Stopwatch stopwatch(spent_);
    const bool fresh = !handle_;
    try {
        return run(id, parameters);
    } catch (const Error& error) {
        if (!is_lost(error.number())) {
            throw;
        }
        const bool mid_transaction = in_transaction_;
        abandon();
        // "Gone" says that the statement was never sent: the server had hung up before.
        const bool unsent = error.number() == CR_SERVER_GONE_ERROR;
        if (fresh || mid_transaction || !(unsent || repeat == Repeat::safe)) {
            throw;
        }
    }
    return run(id, parameters);
}

void Connection::execute_for_each(Sql id, std::span<const Parameter> sets) {
    const Stopwatch stopwatch(spent_);
    try {
        prepared(id).execute_for_each(sets);
    } catch (const Error& error) {
        if (is_lost(error.number())) {
            abandon();
        }
        throw;
    }
}

/// Closes a connection that is lost, without a word to the other side.
void Connection::abandon() noexcept {
    if (handle_) {
        mariadb_cancel(handle_.get()); // or the library may wait for an answer before it lets go of the statements
    }
    close();
}

/// The statement, ready for use on a connection that is made where there is none.
Statement& Connection::prepared(Sql id) {
    if (!handle_) {
        connect();
    }
    auto& statement = statements_[static_cast<std::size_t>(id)];
    if (!statement) {
        statement.emplace(handle_.get(), text_of(id));
    }
    return *statement;
}

Rows Connection::run(Sql id, std::span<const Parameter> parameters) {
    Statement& statement = prepared(id);
    statement.execute(parameters);
    return {statement, spent_};
}

void Connection::begin() {
    execute(Sql::begin, {});
    in_transaction_ = true;
}

void Connection::commit() {
    execute(Sql::commit, {}, Repeat::unsafe);
    in_transaction_ = false;
}

void Connection::rollback() noexcept {
    if (!in_transaction_) {
        return;
    }
    in_transaction_ = false;
    try {
        execute(Sql::rollback, {}, Repeat::unsafe);
    } catch (const std::exception&) {
        close(); // which rolls back as well
    }
}

void Connection::run_script(std::string_view sql) {
    if (!handle_) {
        connect();
    }
    int status = mysql_real_query(handle_.get(), sql.data(), sql.size());
    while (status == 0) {
        if (MYSQL_RES* result = mysql_use_result(handle_.get())) {
            mysql_free_result(result);
        }
        status = mysql_next_result(handle_.get());
    }
    if (status > 0) {
        throw_error(mysql_errno(handle_.get()), mysql_error(handle_.get()));
    }
}

std::optional<std::string> Connection::query_value(std::string_view sql, std::size_t column) {
    if (!handle_) {
        connect();
    }
    if (mysql_real_query(handle_.get(), sql.data(), sql.size()) != 0) {
        throw_error(mysql_errno(handle_.get()), mysql_error(handle_.get()));
    }
    const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(mysql_store_result(handle_.get()),
                                                                          &mysql_free_result);
    if (!result) {
        throw_error(mysql_errno(handle_.get()), mysql_error(handle_.get()));
    }
    const MYSQL_ROW row = mysql_fetch_row(result.get());
    if (row == nullptr || row[column] == nullptr) {
        return std::nullopt;
    }
    return std::string(row[column], mysql_fetch_lengths(result.get())[column]);
}

std::string Connection::quote(std::string_view text) {
    if (!handle_) {
        connect();
    }
    std::string quoted(2 * text.size() + 1, '\0');
    quoted.resize(mysql_real_escape_string(handle_.get(), quoted.data(), text.data(), text.size()));
    return "'" + quoted + "'";
}

std::chrono::nanoseconds Connection::take_time_spent() {
    return std::exchange(spent_, {});
}

} // namespace sotto::db

#include "db/statement.hpp"

#include <utility>

#include <errmsg.h>
#include <mysql.h>

#include "db/connection.hpp"

namespace sotto::db {

namespace {

constexpr std::size_t first_text_buffer = 256;

MYSQL_TIME to_mysql_time(Timestamp time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    MYSQL_TIME out{};
    out.year = static_cast<unsigned int>(static_cast<int>(date.year()));
    out.month = static_cast<unsigned int>(date.month());
    out.day = static_cast<unsigned int>(date.day());
    out.hour = static_cast<unsigned int>(clock.hours().count());
    out.minute = static_cast<unsigned int>(clock.minutes().count());
    out.second = static_cast<unsigned int>(clock.seconds().count());
    out.second_part = static_cast<unsigned long>(clock.subseconds().count()) * 1000;
    out.time_type = MYSQL_TIMESTAMP_DATETIME;
    return out;
}

Timestamp from_mysql_time(const MYSQL_TIME& time) {
    using namespace std::chrono;
    const sys_days day =
        year_month_day{year{static_cast<int>(time.year)}, month{time.month}, std::chrono::day{time.day}};
    return day + hours{time.hour} + minutes{time.minute} + seconds{time.second} + milliseconds{time.second_part / 1000};
}

} // namespace

/// The arrays that Connector/C reads and writes through pointers; one place in memory for as long as they are bound.
struct Statement::Buffers {
    struct Column {
        std::int64_t integer = 0;
        MYSQL_TIME time{};
        std::vector<char> text;
        unsigned long length = 0;
        my_bool null = 0;
        my_bool truncated = 0;
    };

    std::vector<MYSQL_BIND> parameters;
    std::vector<std::int64_t> parameter_integers;
    std::vector<MYSQL_TIME> parameter_times;

    std::vector<Column> columns;
    std::vector<MYSQL_BIND> results;
};

void Statement::Closer::operator()(st_mysql_stmt* handle) const noexcept {
    mysql_stmt_close(handle);
}

Statement::Statement(st_mysql* connection, std::string_view sql)
    : connection_(connection),
      handle_(mysql_stmt_init(connection)),
      buffers_(std::make_unique<Buffers>()) {
    if (!handle_) {
        throw std::bad_alloc();
    }
    if (mysql_stmt_prepare(handle_.get(), sql.data(), sql.size()) != 0) {
        fail();
    }
    const auto count = mysql_stmt_param_count(handle_.get());
    buffers_->parameters.resize(count);
    buffers_->parameter_integers.resize(count);
    buffers_->parameter_times.resize(count);
}

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      handle_(std::move(other.handle_)),
      buffers_(std::move(other.buffers_)),
      open_(std::exchange(other.open_, false)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
    std::swap(connection_, other.connection_);
    std::swap(handle_, other.handle_);
    std::swap(buffers_, other.buffers_);
    std::swap(open_, other.open_);
    return *this;
}

Statement::~Statement() {
    if (handle_) {
        finish();
    }
}

void Statement::execute(std::span<const Parameter> parameters) {
    finish();
    Buffers& buffers = *buffers_;
    if (parameters.size() != buffers.parameters.size()) {
        throw std::logic_error("a statement with " + std::to_string(buffers.parameters.size()) + " placeholders got " +
                               std::to_string(parameters.size()) + " values");
    }
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        MYSQL_BIND& bind = buffers.parameters[i];
        bind = {};
        if (const auto* integer = std::get_if<std::int64_t>(&parameters[i])) {
            buffers.parameter_integers[i] = *integer;
            bind.buffer_type = MYSQL_TYPE_LONGLONG;
            bind.buffer = &buffers.parameter_integers[i];
        } else if (const auto* text = std::get_if<std::string_view>(&parameters[i])) {
            bind.buffer_type = MYSQL_TYPE_STRING;
            bind.buffer = const_cast<char*>(text->data()); // only read, though the C type does not say so
            bind.buffer_length = text->size();
        } else if (const auto* time = std::get_if<Timestamp>(&parameters[i])) {
            buffers.parameter_times[i] = to_mysql_time(*time);
            bind.buffer_type = MYSQL_TYPE_DATETIME;
            bind.buffer = &buffers.parameter_times[i];
        } else {
            bind.buffer_type = MYSQL_TYPE_NULL;
        }
    }
    run();
}

namespace {

/// A column of several sets of parameters, as Connector/C wants it: whole numbers side by side, all else through
/// pointers, and for each value whether it is NULL.
struct ParameterColumn {
    std::vector<std::int64_t> integers;
    std::vector<MYSQL_TIME> times;
    std::vector<const void*> pointers;
    std::vector<unsigned long> lengths;
    std::vector<char> indicators;

    explicit ParameterColumn(std::size_t sets)
        : integers(sets),
          times(sets),
          pointers(sets),
          lengths(sets),
          indicators(sets, STMT_INDICATOR_NONE) {}

    /// Takes the value of set number `i`, and tells the column's type where the value has one.
    std::optional<enum_field_types> take(std::size_t i, const Parameter& value) {
        if (const auto* integer = std::get_if<std::int64_t>(&value)) {
            integers[i] = *integer;
            return MYSQL_TYPE_LONGLONG;
        }
        if (const auto* text = std::get_if<std::string_view>(&value)) {
            pointers[i] = text->data();
            lengths[i] = text->size();
            return MYSQL_TYPE_STRING;
        }
        if (const auto* time = std::get_if<Timestamp>(&value)) {
            times[i] = to_mysql_time(*time);
            pointers[i] = &times[i];
            return MYSQL_TYPE_DATETIME;
        }
        indicators[i] = STMT_INDICATOR_NULL;
        return std::nullopt;
    }
};

} // namespace

void Statement::execute_for_each(std::span<const Parameter> sets) {
    finish();
    Buffers& buffers = *buffers_;
    const std::size_t width = buffers.parameters.size();
    if (width == 0 || sets.empty() || sets.size() % width != 0) {
        throw std::logic_error("a statement with " + std::to_string(width) + " placeholders got " +
                               std::to_string(sets.size()) + " values");
    }
    const auto count = static_cast<unsigned int>(sets.size() / width);
    std::vector<ParameterColumn> columns(width, ParameterColumn(count));
    for (std::size_t c = 0; c < width; ++c) {
        ParameterColumn& column = columns[c];
        std::optional<enum_field_types> type;
        for (std::size_t i = 0; i < count; ++i) {
            const auto found = column.take(i, sets[i * width + c]);
            type = found ? found : type;
        }
        MYSQL_BIND& bind = buffers.parameters[c];
        bind = {};
        bind.buffer_type = type.value_or(MYSQL_TYPE_STRING); // of which every value is NULL then
        bind.buffer = type == MYSQL_TYPE_LONGLONG ? static_cast<void*>(column.integers.data()) : column.pointers.data();
        bind.length = column.lengths.data();
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-union-access): the library's
        bind.u.indicator = column.indicators.data();
    }
    mysql_stmt_attr_set(handle_.get(), STMT_ATTR_ARRAY_SIZE, &count);
    const auto run_once = [](st_mysql_stmt* handle) {
        const unsigned int no_array = 0;
        mysql_stmt_attr_set(handle, STMT_ATTR_ARRAY_SIZE, &no_array);
    };
    const std::unique_ptr<st_mysql_stmt, decltype(run_once)> from_now_on(handle_.get(),
                                                                         run_once); // `execute` expects it
    run();
}

/// Sends the bound parameters, and gets ready for the rows.
void Statement::run() {
    Buffers& buffers = *buffers_;
    if (!buffers.parameters.empty() && mysql_stmt_bind_param(handle_.get(), buffers.parameters.data()) != 0) {
        fail();
    }
    if (mysql_stmt_execute(handle_.get()) != 0) {
        fail();
    }
    open_ = true;
    if (mysql_stmt_field_count(handle_.get()) != 0) {
        bind_columns();
    }
}

/// Gives each column a buffer of its kind. The buffers outlive the execution; a procedure's columns are known only once
/// it ran, so this happens after each execution and costs nothing where the columns are the same.
void Statement::bind_columns() {
    Buffers& buffers = *buffers_;
    const std::size_t count = mysql_stmt_field_count(handle_.get());
    if (buffers.columns.size() != count) {
        const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> metadata(
            mysql_stmt_result_metadata(handle_.get()), &mysql_free_result);
        if (!metadata) {
            fail();
        }
        // Kept only once all are made: half of them would be taken for all the next time.
        std::vector<Buffers::Column> columns(count);
        std::vector<MYSQL_BIND> results(count);
        for (std::size_t i = 0; i < count; ++i) {
            Buffers::Column& column = columns[i];
            MYSQL_BIND& bind = results[i];
            bind.length = &column.length;
            bind.is_null = &column.null;
            bind.error = &column.truncated;
            switch (mysql_fetch_field_direct(metadata.get(), static_cast<unsigned int>(i))->type) {
            case MYSQL_TYPE_TINY:
            case MYSQL_TYPE_SHORT:
            case MYSQL_TYPE_INT24:
            case MYSQL_TYPE_LONG:
            case MYSQL_TYPE_LONGLONG:
                bind.buffer_type = MYSQL_TYPE_LONGLONG;
                bind.buffer = &column.integer;
                break;
            case MYSQL_TYPE_DATETIME:
                bind.buffer_type = MYSQL_TYPE_DATETIME;
                bind.buffer = &column.time;
                break;
            default:
                column.text.resize(first_text_buffer);
                bind.buffer_type = MYSQL_TYPE_STRING;
                bind.buffer = column.text.data();
                bind.buffer_length = column.text.size();
            }
        }
        buffers.columns = std::move(columns);
        buffers.results = std::move(results);
    }
    if (mysql_stmt_bind_result(handle_.get(), buffers.results.data()) != 0) {
        fail();
    }
}

bool Statement::fetch() {
    const int status = mysql_stmt_fetch(handle_.get());
    if (status == 0) {
        return true;
    }
    if (status == MYSQL_NO_DATA) {
        return false;
    }
    if (status != MYSQL_DATA_TRUNCATED) {
        fail();
    }
    // Some text is longer than its buffer, and `length` says how long: fetch that column again into one that fits.
    Buffers& buffers = *buffers_;
    for (std::size_t i = 0; i < buffers.columns.size(); ++i) {
        Buffers::Column& column = buffers.columns[i];
        if (column.null == 0 && column.length > column.text.size() && !column.text.empty()) {
            column.text.resize(column.length);
            buffers.results[i].buffer = column.text.data();
            buffers.results[i].buffer_length = column.text.size();
            if (mysql_stmt_fetch_column(handle_.get(), &buffers.results[i], static_cast<unsigned int>(i), 0) != 0) {
                fail();
            }
        }
    }
    if (mysql_stmt_bind_result(handle_.get(), buffers.results.data()) != 0) {
        fail();
    }
    return true;
}

void Statement::finish() noexcept {
    if (!open_) {
        return;
    }
    open_ = false;
    do {
        mysql_stmt_free_result(handle_.get());
    } while (mysql_stmt_next_result(handle_.get()) == 0);
}

std::uint64_t Statement::affected_rows() const {
    return mysql_stmt_affected_rows(handle_.get());
}

bool Statement::is_null(std::size_t column) const {
    return buffers_->columns[column].null != 0;
}

std::int64_t Statement::integer(std::size_t column) const {
    return buffers_->columns[column].integer;
}

std::string_view Statement::text(std::size_t column) const {
    const Buffers::Column& source = buffers_->columns[column];
    return {source.text.data(), source.length};
}

Timestamp Statement::time(std::size_t column) const {
    return from_mysql_time(buffers_->columns[column].time);
}

std::optional<std::int64_t> Statement::optional_integer(std::size_t column) const {
    return is_null(column) ? std::nullopt : std::optional(integer(column));
}

std::optional<std::string_view> Statement::optional_text(std::size_t column) const {
    return is_null(column) ? std::nullopt : std::optional(text(column));
}

std::optional<Timestamp> Statement::optional_time(std::size_t column) const {
    return is_null(column) ? std::nullopt : std::optional(time(column));
}

void Statement::fail() const {
    // An error that arrives among the rows is noted on the connection and not on the statement.
    if (const unsigned int number = mysql_stmt_errno(handle_.get()); number != 0) {
        throw_error(number, mysql_stmt_error(handle_.get()));
    }
    if (const unsigned int number = mysql_errno(connection_); number != 0) {
        throw_error(number, mysql_error(connection_));
    }
    // Where memory lacks, the library may fail without a word.
    throw_error(CR_OUT_OF_MEMORY, "no reason given");
}

} // namespace sotto::db

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "db/types.hpp"

// From mysql.h, which only the .cpp files of this folder see.
struct st_mysql;
struct st_mysql_stmt;

namespace sotto::db {

/// One value for a placeholder: NULL, a whole number, text or bytes, a time.
using Parameter = std::variant<std::nullopt_t, std::int64_t, std::string_view, Timestamp>;

template<class T>
Parameter nullable(const std::optional<T>& value) {
    return value ? Parameter(*value) : Parameter(std::nullopt);
}

inline std::string_view as_bytes(const std::array<unsigned char, 16>& id) {
    return {reinterpret_cast<const char*>(id.data()), id.size()};
}

/// A server-side prepared statement with the buffers that its rows arrive in, both reused from one execution to the
/// next.
class Statement {
  public:
    /// Prepares `sql`. Throws Error or Unavailable.
    Statement(st_mysql* connection, std::string_view sql);
    Statement(Statement&&) noexcept;
    Statement& operator=(Statement&&) noexcept;
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement();

    /// Sends the parameters and starts reading the result, whatever was left of the last one having been dropped.
    void execute(std::span<const Parameter> parameters);

    /// Runs the statement once for each set of parameters, which stand one behind the other, in one round trip. For
    /// statements without a result.
    void execute_for_each(std::span<const Parameter> sets);

    /// Reads the next row; false at the end. Views handed out for the last row are void then.
    bool fetch();

    /// Drops what is unread, further results of a procedure call included. An unread result would hang the next close.
    void finish() noexcept;

    std::uint64_t affected_rows() const;

    bool is_null(std::size_t column) const;
    std::int64_t integer(std::size_t column) const;
    std::string_view text(std::size_t column) const;
    Timestamp time(std::size_t column) const;

    std::optional<std::int64_t> optional_integer(std::size_t column) const;
    std::optional<std::string_view> optional_text(std::size_t column) const;
    std::optional<Timestamp> optional_time(std::size_t column) const;

  private:
    struct Buffers;
    struct Closer {
        void operator()(st_mysql_stmt* handle) const noexcept;
    };

    void run();
    void bind_columns();
    [[noreturn]] void fail() const;

    st_mysql* connection_; ///< not owned
    std::unique_ptr<st_mysql_stmt, Closer> handle_;
    std::unique_ptr<Buffers> buffers_;
    bool open_ = false;
};

} // namespace sotto::db

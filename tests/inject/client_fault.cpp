#include "tests/inject/client_fault.hpp"

#include <errmsg.h>
#include <mysql.h>

namespace sotto::test {

namespace {

struct Plan {
    std::size_t left = 0; ///< calls until one fails; 0 where none is to fail (any more)
    unsigned int error = 0;
    When when = When::before;
    const char* failed_call = nullptr;
    unsigned int shown = 0; ///< what mysql_errno says until the next call
};

Plan plan; // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): C functions have no other place for it

/// Frees what a call has made that is to be taken for failed.
void discard(MYSQL* /*handle*/) {} // the caller's, where a connection is made on it
void discard(MYSQL_STMT* statement) {
    mysql_stmt_close(statement);
}
void discard(MYSQL_RES* result) {
    mysql_free_result(result);
}
void discard(int /*status*/) {}

/// Makes the call, or fails in its stead with `failure`.
template<class Call, class Value>
auto make(const char* name, Value failure, const Call& call) -> decltype(call()) {
    plan.shown = 0;
    const bool fails = plan.left > 0 && --plan.left == 0;
    if (!fails) {
        return call();
    }
    plan.failed_call = name;
    if (plan.when == When::after) {
        discard(call());
    }
    plan.shown = plan.error;
    return failure;
}

/// The same for a call that does not talk to the server, and so fails only for want of memory.
template<class Call, class Value>
auto make_locally(const char* name, Value failure, const Call& call) -> decltype(call()) {
    return plan.error == CR_OUT_OF_MEMORY ? make(name, failure, call) : call();
}

constexpr const char* text = "injected";

} // namespace

ClientFault::ClientFault(std::size_t nth, unsigned int error, When when) {
    plan = {.left = nth, .error = error, .when = when, .failed_call = nullptr, .shown = 0};
}

ClientFault::~ClientFault() {
    plan = {};
}

bool ClientFault::hit() const {
    return plan.failed_call != nullptr;
}

const char* ClientFault::call() const {
    return hit() ? plan.failed_call : "none";
}

} // namespace sotto::test

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the names that the linker's --wrap asks for
extern "C" {

MYSQL* __real_mysql_init(MYSQL* handle);
MYSQL_STMT* __real_mysql_stmt_init(MYSQL* handle);
my_bool __real_mysql_stmt_bind_param(MYSQL_STMT* statement, MYSQL_BIND* binds);
my_bool __real_mysql_stmt_bind_result(MYSQL_STMT* statement, MYSQL_BIND* binds);
MYSQL_RES* __real_mysql_stmt_result_metadata(MYSQL_STMT* statement);
int __real_mysql_stmt_next_result(MYSQL_STMT* statement);
MYSQL* __real_mysql_real_connect(MYSQL* handle, const char* host, const char* user, const char* password,
                                 const char* database, unsigned int port, const char* socket, unsigned long flags);
int __real_mysql_real_query(MYSQL* handle, const char* sql, unsigned long length);
MYSQL_RES* __real_mysql_store_result(MYSQL* handle);
int __real_mysql_stmt_prepare(MYSQL_STMT* statement, const char* sql, unsigned long length);
int __real_mysql_stmt_execute(MYSQL_STMT* statement);
int __real_mysql_stmt_fetch(MYSQL_STMT* statement);
int __real_mysql_stmt_fetch_column(MYSQL_STMT* statement, MYSQL_BIND* bind, unsigned int column, unsigned long offset);
unsigned int __real_mysql_errno(MYSQL* handle);
const char* __real_mysql_error(MYSQL* handle);
unsigned int __real_mysql_stmt_errno(MYSQL_STMT* statement);
const char* __real_mysql_stmt_error(MYSQL_STMT* statement);

MYSQL* __wrap_mysql_init(MYSQL* handle) {
    MYSQL* made = nullptr;
    MYSQL* const result =
        sotto::test::make_locally("mysql_init", nullptr, [&] { return made = __real_mysql_init(handle); });
    if (result == nullptr) {
        mysql_close(made);
    }
    return result;
}

MYSQL_STMT* __wrap_mysql_stmt_init(MYSQL* handle) {
    return sotto::test::make_locally("mysql_stmt_init", nullptr, [&] { return __real_mysql_stmt_init(handle); });
}

my_bool __wrap_mysql_stmt_bind_param(MYSQL_STMT* statement, MYSQL_BIND* binds) {
    return sotto::test::make_locally("mysql_stmt_bind_param", my_bool{1},
                                     [&] { return __real_mysql_stmt_bind_param(statement, binds); });
}

my_bool __wrap_mysql_stmt_bind_result(MYSQL_STMT* statement, MYSQL_BIND* binds) {
    return sotto::test::make_locally("mysql_stmt_bind_result", my_bool{1},
                                     [&] { return __real_mysql_stmt_bind_result(statement, binds); });
}

MYSQL_RES* __wrap_mysql_stmt_result_metadata(MYSQL_STMT* statement) {
    return sotto::test::make_locally("mysql_stmt_result_metadata", nullptr,
                                     [&] { return __real_mysql_stmt_result_metadata(statement); });
}

int __wrap_mysql_stmt_next_result(MYSQL_STMT* statement) {
    return sotto::test::make("mysql_stmt_next_result", 1, [&] { return __real_mysql_stmt_next_result(statement); });
}

MYSQL* __wrap_mysql_real_connect(MYSQL* handle, const char* host, const char* user, const char* password,
                                 const char* database, unsigned int port, const char* socket, unsigned long flags) {
    return sotto::test::make("mysql_real_connect", nullptr, [&] {
        return __real_mysql_real_connect(handle, host, user, password, database, port, socket, flags);
    });
}

int __wrap_mysql_real_query(MYSQL* handle, const char* sql, unsigned long length) {
    return sotto::test::make("mysql_real_query", 1, [&] { return __real_mysql_real_query(handle, sql, length); });
}

MYSQL_RES* __wrap_mysql_store_result(MYSQL* handle) {
    return sotto::test::make("mysql_store_result", nullptr, [&] { return __real_mysql_store_result(handle); });
}

int __wrap_mysql_stmt_prepare(MYSQL_STMT* statement, const char* sql, unsigned long length) {
    return sotto::test::make("mysql_stmt_prepare", 1,
                             [&] { return __real_mysql_stmt_prepare(statement, sql, length); });
}

int __wrap_mysql_stmt_execute(MYSQL_STMT* statement) {
    return sotto::test::make("mysql_stmt_execute", 1, [&] { return __real_mysql_stmt_execute(statement); });
}

int __wrap_mysql_stmt_fetch(MYSQL_STMT* statement) {
    return sotto::test::make("mysql_stmt_fetch", 1, [&] { return __real_mysql_stmt_fetch(statement); });
}

int __wrap_mysql_stmt_fetch_column(MYSQL_STMT* statement, MYSQL_BIND* bind, unsigned int column, unsigned long offset) {
    return sotto::test::make("mysql_stmt_fetch_column", 1,
                             [&] { return __real_mysql_stmt_fetch_column(statement, bind, column, offset); });
}

unsigned int __wrap_mysql_errno(MYSQL* handle) {
    return sotto::test::plan.shown != 0 ? sotto::test::plan.shown : __real_mysql_errno(handle);
}

const char* __wrap_mysql_error(MYSQL* handle) {
    return sotto::test::plan.shown != 0 ? sotto::test::text : __real_mysql_error(handle);
}

unsigned int __wrap_mysql_stmt_errno(MYSQL_STMT* statement) {
    return sotto::test::plan.shown != 0 ? sotto::test::plan.shown : __real_mysql_stmt_errno(statement);
}

const char* __wrap_mysql_stmt_error(MYSQL_STMT* statement) {
    return sotto::test::plan.shown != 0 ? sotto::test::text : __real_mysql_stmt_error(statement);
}

} // extern "C"
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

#include <algorithm>
#include <array>
#include <chrono>

#include <boost/test/unit_test.hpp>

#include "handlers/routes.hpp"
#include "tests/fixtures/api.hpp"
#include "tests/fixtures/database.hpp"
#include "tests/inject/client_fault.hpp"
#include "tests/inject/good_requests.hpp"

using namespace sotto;
using test::broken_rows;
using test::Good;
using test::good_requests;
using test::World;

namespace {

/// An error that the database or its client reports, and what the request is answered where it does not succeed
/// nevertheless.
struct Fault {
    unsigned int error = 0;
    bool may_retry = false; ///< 503 with Retry-After, else 500
    test::When when = test::When::before;
};

constexpr std::array faults{
    Fault{2006, true},                    // gone away
    Fault{2013, true},                    // lost before the statement ran
    Fault{2013, true, test::When::after}, // and after it
    Fault{1927, true},                    // connection killed
    Fault{1053, true},                    // server shutting down
    Fault{1205, true},                    // lock wait
    Fault{1213, true},                    // deadlock
    Fault{1020, true},                    // stale snapshot
    Fault{1040, true},                    // too many connections
    Fault{1114, true},                    // table full
    Fault{1290, true},                    // read-only
    Fault{1969, true},                    // statement took too long
    Fault{2008, true},                    // client out of memory
    Fault{1062, false},                   // duplicate, where none is expected
    Fault{3024, false},                   // MySQL's timeout, which MariaDB does not send
};

/// Where it matters whether the connection was made for this request or was there before: it is made again or not.
bool loses_connection(const Fault& fault) {
    return fault.error == 2006 || fault.error == 2013 || fault.error == 1927 || fault.error == 1053 ||
           fault.error == 2008;
}

/// Fails each client call of a request in turn, until none is left to fail.
void fail_each_call(const Good& good, const Fault& fault, bool connected) {
    std::optional<World> world;
    App app = test::make_app(test::Database::shared().as_worker());
    for (std::size_t nth = 1;; ++nth) {
        if (!world || good.method != "GET") {
            world.emplace();
        }
        test::call(app, test::make_request("GET", "/api/v1/users/me", {}, world->me.token));
        if (!connected) {
            app.connection.close();
        }
        const auto errors_before = app.counters->database_errors.value() + app.counters->database_unavailable.value();
        const Request request = world->request(good);
        test::Answer answer;
        bool hit = false;
        const auto start = std::chrono::steady_clock::now();
        std::string place = "call " + std::to_string(nth);
        {
            const test::ClientFault injected(nth, fault.error, fault.when);
            answer = test::call(app, request);
            hit = injected.hit();
            place += std::string(", ") + injected.call();
        }
        BOOST_TEST_CONTEXT(place << ": " << answer.body) {
            // Nobody waits until the library has given up on an answer that does not come: 8 s.
            BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::seconds(5)));
            const bool no_handle = place.ends_with("_init");
            // These are made after the statement ran.
            const bool behind = place.ends_with("_bind_result") || place.ends_with("_metadata");
            if (answer.status == good.status) {
                BOOST_TEST((answer.problem().empty() || !hit));
            } else if (fault.error == 1062 && good.path == "/api/v1/users") {
                BOOST_TEST(answer.problem() == "user-name-taken");
            } else if (answer.status == 409) {
                // The name was taken by the first try, which had run though its answer was lost.
                BOOST_TEST(good.path == "/api/v1/users");
                BOOST_TEST(((fault.error == 2013 && fault.when == test::When::after) || behind));
            } else {
                BOOST_TEST(hit);
                // Who can't connect is unavailable, whatever the reason.
                const bool may_retry = fault.may_retry || place.ends_with("mysql_real_connect");
                BOOST_TEST(answer.status == (may_retry ? 503 : 500));
                BOOST_TEST(answer.header("Retry-After").empty() == !may_retry);
                if (answer.header("Content-Type") == "application/problem+json") { // and not a plain page
                    BOOST_TEST(answer.problem() == (may_retry ? "unavailable" : "internal"));
                }
                BOOST_TEST(
                    (no_handle || app.counters->database_errors.value() + app.counters->database_unavailable.value() >
                                      errors_before));
            }
            // The same worker serves the next one.
            BOOST_TEST(test::call(app, test::make_request("GET", "/readyz")).status == 200);
            if (answer.status >= 500 && fault.when == test::When::before) {
                // Nothing was changed: the same request succeeds now. But where a row can't be bound or fetched, the
                // statement has run, and a name that was inserted by itself is taken.
                const test::Answer repeated = test::call(app, request);
                const bool inserted = good.path == "/api/v1/users" && (behind || place.ends_with("mysql_stmt_fetch"));
                BOOST_TEST((repeated.status == good.status || (inserted && repeated.problem() == "user-name-taken")));
            }
        }
        if (!hit) {
            BOOST_TEST(answer.status == good.status);
            return;
        }
        BOOST_REQUIRE(nth < 100);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(database_errors)

BOOST_AUTO_TEST_CASE(every_route_has_a_good_request) {
    BOOST_TEST(good_requests().size() == routes.size());
    for (const Route& route : routes) {
        BOOST_TEST(std::ranges::any_of(
                       good_requests(),
                       [&](const Good& good) { return good.method == route.method && good.path == route.path; }),
                   route.method << ' ' << route.path);
    }
}

BOOST_AUTO_TEST_CASE(each_error_at_each_call_has_the_documented_answer) {
    for (const Good& good : good_requests()) {
        for (const Fault& fault : faults) {
            BOOST_TEST_CONTEXT(good.method << ' ' << good.path << ", error " << fault.error) {
                fail_each_call(good, fault, false);
                if (loses_connection(fault)) {
                    fail_each_call(good, fault, true);
                }
            }
        }
        BOOST_TEST(broken_rows() == "0", good.method << ' ' << good.path);
    }
}

BOOST_AUTO_TEST_SUITE_END()

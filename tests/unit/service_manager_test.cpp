#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <string>

#include <unistd.h>

#include "tests/fixtures/notify_socket.hpp"
#include "worker/service_manager.hpp"

using namespace sotto;
using namespace std::chrono_literals;
using test::NotifySocket;

namespace {

constexpr auto nothing_comes = 20ms;

/// The environment that systemd gives a service.
struct Environment {
    Environment() { setenv("NOTIFY_SOCKET", systemd.name().c_str(), 1); }
    ~Environment() {
        for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) {
            unsetenv(name);
        }
    }

    NotifySocket systemd;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(service_manager, Environment)

BOOST_AUTO_TEST_CASE(it_is_told_of_start_and_end) {
    const ServiceManager manager;
    manager.ready();
    manager.stopping();
    BOOST_TEST(systemd.next() == "READY=1");
    BOOST_TEST(systemd.next() == "STOPPING=1");
}

BOOST_AUTO_TEST_CASE(signs_of_life_come_once_in_a_quarter_of_the_watchdog_s_time) {
    setenv("WATCHDOG_USEC", "200000", 1);
    setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
    ServiceManager manager;
    BOOST_CHECK(manager.watchdog_interval() == 50ms);
    manager.alive();
    BOOST_TEST(systemd.next() == "WATCHDOG=1");
    manager.alive();
    BOOST_TEST(systemd.next(nothing_comes) == "");
    const auto begin = std::chrono::steady_clock::now();
    while (systemd.next(1ms).empty() && std::chrono::steady_clock::now() - begin < 10s) {
        manager.alive();
    }
    const auto waited = std::chrono::steady_clock::now() - begin;
    BOOST_CHECK(waited >= 50ms - 2 * nothing_comes);
    BOOST_CHECK(waited < 200ms);
}

BOOST_AUTO_TEST_CASE(signs_of_life_are_only_given_where_they_are_asked_for) {
    const auto is_silent = [&] {
        ServiceManager manager;
        manager.alive();
        return !manager.watchdog_interval() && systemd.next(nothing_comes).empty();
    };
    BOOST_TEST(is_silent());
    setenv("WATCHDOG_USEC", "200000", 1);
    setenv("WATCHDOG_PID", std::to_string(getppid()).c_str(), 1);
    BOOST_TEST(is_silent());
    unsetenv("WATCHDOG_PID");
    for (const char* number : {"0", "-1", "soon", ""}) {
        setenv("WATCHDOG_USEC", number, 1);
        BOOST_TEST(is_silent(), number);
    }
    setenv("WATCHDOG_USEC", "200000", 1);
    unsetenv("NOTIFY_SOCKET");
    BOOST_TEST(is_silent());
}

BOOST_AUTO_TEST_CASE(a_socket_that_nobody_reads_is_no_failure) {
    for (const std::string& path : {std::string("/nowhere/at/all"), std::string(200, 'x'), std::string("@")}) {
        setenv("NOTIFY_SOCKET", path.c_str(), 1);
        BOOST_CHECK_NO_THROW(ServiceManager().ready());
    }
}

BOOST_AUTO_TEST_SUITE_END()

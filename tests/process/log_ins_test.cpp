#include <csignal>
#include <cstdint>
#include <fstream>
#include <thread>

#include <sched.h>
#include <unistd.h>

#include "tests/process/fixture.hpp"

using namespace sotto;
using namespace std::chrono_literals;
using test::WorkerProcess;

namespace {

/// Has a process or a thread (0 is the one that asks) use the first processor that it may use, and no other.
void pin(pid_t who) {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    BOOST_REQUIRE(sched_getaffinity(0, sizeof allowed, &allowed) == 0);
    int first = 0;
    while (CPU_ISSET(first, &allowed) == 0) {
        ++first;
    }
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    BOOST_REQUIRE(sched_setaffinity(who, sizeof one, &one) == 0);
}

struct ProcessorUse {
    std::chrono::nanoseconds ran;
    std::chrono::nanoseconds waited; ///< while it could have run
};

ProcessorUse processor_use(pid_t pid) {
    std::int64_t ran = 0;
    std::int64_t waited = 0;
    std::ifstream("/proc/" + std::to_string(pid) + "/schedstat") >> ran >> waited;
    return {std::chrono::nanoseconds(ran), std::chrono::nanoseconds(waited)};
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(log_ins, test::Fixture)

/// Beside somebody who never stops, and with the next one always there: it rests for longer than it had to wait.
BOOST_AUTO_TEST_CASE(who_waited_for_the_processor_leaves_it_to_others) {
    WorkerProcess process(WorkerProcess::Socket::fd0, environment(64));
    const std::string log_in =
        R"({"user_name":")" + test::unique_name("nobody") + R"(","password":"a walk in the rain"})";
    BOOST_TEST(post(process, "/api/v1/sessions", log_in).starts_with("Status: 401\r\n"));
    pin(process.pid());
    const std::jthread busy([](const std::stop_token& stop) {
        pin(0);
        while (!stop.stop_requested()) {
        }
    });

    const auto start = std::chrono::steady_clock::now();
    const ProcessorUse before = processor_use(process.pid());
    std::vector<int> connections;
    for (int i = 0; i < 6; ++i) {
        connections.push_back(begin_post(process, "/api/v1/sessions", log_in));
    }
    for (const int connection : connections) {
        BOOST_TEST(WorkerProcess::read_answer(connection).starts_with("Status: 401\r\n"));
    }
    const ProcessorUse after = processor_use(process.pid());
    const auto waited = after.waited - before.waited;
    const auto rested = std::chrono::steady_clock::now() - start - (after.ran - before.ran) - waited;
    BOOST_TEST(waited.count() > std::chrono::nanoseconds(100ms).count());
    BOOST_TEST(rested.count() > waited.count());
    process.signal(SIGTERM); // which it hears while it rests
    BOOST_TEST(process.wait_for_exit(5s).value_or(-1) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

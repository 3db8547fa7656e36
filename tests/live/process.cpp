#include <boost/test/unit_test.hpp>

#include <chrono>
#include <csignal>
#include <memory>
#include <string>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "live/accept_loop.hpp"
#include "live/listeners.hpp"
#include "support.hpp"
#include "tests/fixtures/notify_socket.hpp"

using namespace sotto::live;
using namespace sotto::live::test;

BOOST_AUTO_TEST_SUITE(process)

namespace {

using Clock = std::chrono::steady_clock;

/// Starts the hub with `first` and `second` as descriptors 3 and 4, as systemd does.
pid_t start_with(int first, int second) {
    const std::string path = HubProcess::program();
    const pid_t pid = fork();
    if (pid == 0) {
        // Out of the way first, since either may be 3 or 4 already.
        const int third = fcntl(first, F_DUPFD, 100);
        const int fourth = fcntl(second, F_DUPFD, 100);
        dup2(third, 3);
        dup2(fourth, 4);
        setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
        setenv("LISTEN_FDS", "2", 1);
        unsetenv("SOTTO_HUB_SOCKET");
        unsetenv("SOTTO_NOTICE_SOCKET");
        execl(path.c_str(), path.c_str(), nullptr);
        _exit(127);
    }
    return pid;
}

} // namespace

BOOST_AUTO_TEST_CASE(sigterm_asks_the_clients_to_come_back_and_ends_with_success) {
    Folder folder;
    HubProcess hub(folder);
    std::vector<std::unique_ptr<WebSocketClient>> clients;
    for (int user = 1; user <= 20; ++user) {
        clients.push_back(std::make_unique<WebSocketClient>(folder, target(user)));
    }
    RawClient stream(folder.clients());
    stream.send(request(target(1), event_stream_headers));
    BOOST_TEST(stream.read_until("resync\"}\n\n").ends_with(resync + "\n\n"));
    RawClient silent(folder.clients());
    silent.send(request(target(2), web_socket_headers));
    BOOST_TEST(silent.read_until(resync).ends_with(resync));
    RawClient unfinished(folder.clients());
    unfinished.send("GET /");

    const auto start = Clock::now();
    hub.signal(SIGTERM);
    for (const auto& client : clients) {
        BOOST_TEST(client->read_to_close() == 1012);
    }
    BOOST_TEST(stream.read_to_end().value().empty());
    BOOST_TEST(hub.wait().value() == 0);
    BOOST_CHECK(Clock::now() - start < std::chrono::seconds(3));
}

BOOST_AUTO_TEST_CASE(systemd_hears_of_its_start_its_life_and_its_end) {
    const sotto::test::NotifySocket systemd;
    setenv("NOTIFY_SOCKET", systemd.name().c_str(), 1);
    setenv("WATCHDOG_USEC", "200000", 1);
    Folder folder;
    HubProcess hub(folder);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    std::string message = systemd.next();
    bool was_ready = false;
    for (int signs = 0; signs < 3; message = systemd.next()) {
        BOOST_REQUIRE((message == "READY=1" || message == "WATCHDOG=1"));
        was_ready = was_ready || message == "READY=1";
        signs += message == "WATCHDOG=1" ? 1 : 0;
    }
    BOOST_TEST(was_ready);
    hub.signal(SIGTERM);
    while (message == "WATCHDOG=1") {
        message = systemd.next();
    }
    BOOST_TEST(message == "STOPPING=1");
    BOOST_TEST(hub.wait().value() == 0);
}

BOOST_AUTO_TEST_CASE(sigterm_ends_an_idle_hub_at_once) {
    Folder folder;
    HubProcess hub(folder);
    Notifier notifier(folder.workers());
    notifier.close_user(1);
    BOOST_TEST(!notifier.has_backlog());
    const auto start = Clock::now();
    hub.signal(SIGTERM);
    BOOST_TEST(hub.wait().value() == 0);
    BOOST_CHECK(Clock::now() - start < std::chrono::milliseconds(500));
}

BOOST_AUTO_TEST_CASE(after_a_kill_a_new_hub_takes_the_same_sockets_and_misses_nothing) {
    Folder folder;
    auto hub = std::make_unique<HubProcess>(folder);
    WebSocketClient before(folder, target(1));
    BOOST_TEST(before.read() == resync);
    Notifier notifier(folder.workers());
    const Delivery event{1, "1-1", R"({"n":1})"};
    notifier.event({&event, 1});
    BOOST_TEST(before.read() == R"({"n":1})");
    hub->signal(SIGKILL);
    BOOST_TEST(hub->wait().value() == 128 + SIGKILL);
    BOOST_TEST(before.read_to_close() == 1006);
    notifier.event({&event, 1});
    BOOST_TEST(notifier.has_backlog());

    hub = std::make_unique<HubProcess>(folder);
    WebSocketClient after(folder, target(1));
    BOOST_TEST(after.read() == resync);
    BOOST_TEST(eventually([&] {
        notifier.flush();
        return !notifier.has_backlog();
    }));
    BOOST_TEST(after.read() == resync);
}

BOOST_AUTO_TEST_CASE(sockets_are_for_owner_and_group_and_not_taken_from_a_hub_that_runs) {
    Folder folder;
    HubProcess hub(folder);
    for (const std::string& path : {folder.clients(), folder.workers()}) {
        struct stat status {};
        BOOST_REQUIRE(stat(path.c_str(), &status) == 0);
        BOOST_TEST((status.st_mode & 07777) == 0660);
    }
    BOOST_CHECK_THROW(open_listeners(), std::runtime_error);
    WebSocketClient client(folder, target(1));
    BOOST_TEST(client.read() == resync);
}

BOOST_AUTO_TEST_CASE(a_socket_path_that_is_no_use_is_refused) {
    Folder folder;
    setenv("SOTTO_NOTICE_SOCKET", folder.workers().c_str(), 1);
    for (const std::string& path :
         {std::string(), std::string(108, 'x'), std::string("/nowhere/at/all"), std::string("/etc/passwd")}) {
        setenv("SOTTO_HUB_SOCKET", path.c_str(), 1);
        BOOST_CHECK_THROW(open_listeners(), std::runtime_error);
    }
    BOOST_TEST(std::filesystem::exists("/etc/passwd"));
}

BOOST_AUTO_TEST_CASE(systemd_hands_over_its_sockets_in_any_order) {
    for (const bool swapped : {false, true}) {
        Folder folder;
        setenv("SOTTO_HUB_SOCKET", folder.clients().c_str(), 1);
        setenv("SOTTO_NOTICE_SOCKET", folder.workers().c_str(), 1);
        const Listeners listeners = open_listeners();
        const pid_t pid = swapped ? start_with(listeners.workers, listeners.clients)
                                  : start_with(listeners.clients, listeners.workers);
        ::close(listeners.clients);
        ::close(listeners.workers);
        {
            WebSocketClient client(folder, target(1));
            BOOST_TEST(client.read() == resync);
            Notifier notifier(folder.workers());
            const Delivery event{1, "", R"({"n":1})"};
            notifier.event({&event, 1});
            BOOST_TEST(client.read() == R"({"n":1})");
        }
        BOOST_REQUIRE(kill(pid, SIGTERM) == 0);
        BOOST_TEST(wait_for(pid).value() == 0);
    }
}

BOOST_AUTO_TEST_CASE(out_of_descriptors_accepting_pauses_and_goes_on) {
    Folder folder;
    setenv("SOTTO_HUB_SOCKET", folder.clients().c_str(), 1);
    setenv("SOTTO_NOTICE_SOCKET", folder.workers().c_str(), 1);
    const Listeners listeners = open_listeners();
    ::close(listeners.workers);
    asio::io_context context;
    int accepted = 0;
    AcceptLoop loop(context, listeners.clients, [&](int socket) {
        ++accepted;
        ::close(socket);
    });
    RawClient client(folder.clients());

    rlimit before{};
    BOOST_REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{0, before.rlim_max};
    BOOST_REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    const std::size_t turns = context.run_for(std::chrono::milliseconds(500));
    const int accepted_without = accepted;
    BOOST_REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
    BOOST_TEST(accepted_without == 0);
    BOOST_TEST(turns >= 2);  // it tries again
    BOOST_TEST(turns <= 20); // and does not spin
    while (accepted == 0 && context.run_one_for(patience) > 0) {
    }
    BOOST_TEST(accepted == 1);
}

BOOST_AUTO_TEST_SUITE_END()

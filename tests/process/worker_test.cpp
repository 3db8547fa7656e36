#include <csignal>
#include <filesystem>

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/fixtures/fastcgi_records.hpp"
#include "tests/fixtures/notify_socket.hpp"
#include "tests/process/fixture.hpp"

using namespace sotto;
using namespace std::chrono_literals;
using test::WorkerProcess;

BOOST_FIXTURE_TEST_SUITE(worker, test::Fixture)

BOOST_AUTO_TEST_CASE(it_takes_the_socket_of_systemd_or_of_spawn_fcgi) {
    for (const auto socket : {WorkerProcess::Socket::fd3, WorkerProcess::Socket::fd0}) {
        WorkerProcess process(socket, environment());
        BOOST_TEST(answer(process, "GET", "/readyz").starts_with("Status: 200\r\n"));
        BOOST_TEST(answer(process, "GET", "/nowhere").starts_with("Status: 404\r\n"));
    }
}

BOOST_AUTO_TEST_CASE(it_ends_with_an_error_where_it_can_not_run) {
    WorkerProcess without_socket(WorkerProcess::Socket::none, environment());
    BOOST_TEST(without_socket.wait_for_exit(5s).value_or(-1) == 1);
    auto bad = environment();
    bad.emplace_back("SOTTO_KEYS_FILE=/nonexistent");
    WorkerProcess without_keys(WorkerProcess::Socket::fd0, bad);
    BOOST_TEST(without_keys.wait_for_exit(5s).value_or(-1) == 1);
    bad.back() = "SOTTO_PASSWORD_PASSES=many";
    WorkerProcess misconfigured(WorkerProcess::Socket::fd0, bad);
    BOOST_TEST(misconfigured.wait_for_exit(5s).value_or(-1) == 1);
}

BOOST_AUTO_TEST_CASE(idle_it_ends_at_once_on_sigterm) {
    for (const int signal : {SIGTERM, SIGINT}) {
        WorkerProcess process(WorkerProcess::Socket::fd0, environment());
        BOOST_TEST(answer(process, "GET", "/livez").starts_with("Status: 200\r\n"));
        process.signal(signal);
        BOOST_TEST(process.wait_for_exit(200ms).value_or(-1) == 0);
    }
}

BOOST_AUTO_TEST_CASE(busy_it_answers_first) {
    WorkerProcess process(WorkerProcess::Socket::fd0, environment());
    BOOST_TEST(answer(process, "GET", "/readyz").starts_with("Status: 200\r\n"));
    // A sign-up waits for as long as somebody holds the table.
    db::Connection admin(test::Database::shared().as_admin());
    admin.run_script("LOCK TABLES users WRITE");
    const std::string body =
        R"({"user_name":")" + test::unique_name("busy") + R"(","password":"a long enough passphrase"})";
    const int connection = begin_post(process, "/api/v1/users", body);
    test::wait_for_locked_out(1);
    process.signal(SIGTERM);
    BOOST_TEST(!process.wait_for_exit(100ms).has_value());
    admin.run_script("UNLOCK TABLES");
    BOOST_TEST(WorkerProcess::read_answer(connection).starts_with("Status: 201\r\n"));
    BOOST_TEST(process.wait_for_exit(200ms).value_or(-1) == 0);
}

BOOST_AUTO_TEST_CASE(systemd_hears_of_its_start_its_life_and_its_end) {
    const test::NotifySocket systemd;
    auto watched = environment();
    watched.push_back("NOTIFY_SOCKET=" + systemd.name());
    watched.emplace_back("WATCHDOG_USEC=200000");
    WorkerProcess process(WorkerProcess::Socket::fd0, watched);
    BOOST_TEST(systemd.next() == "READY=1");
    for (int i = 0; i < 3; ++i) { // idle
        BOOST_TEST(systemd.next() == "WATCHDOG=1");
    }
    // One that hangs is noticed: nothing but its loop speaks for it.
    process.signal(SIGSTOP);
    while (!systemd.next(200ms).empty()) {
    }
    process.signal(SIGCONT);
    BOOST_TEST(systemd.next() == "WATCHDOG=1");
    process.signal(SIGTERM);
    std::string last = systemd.next();
    while (last == "WATCHDOG=1") {
        last = systemd.next();
    }
    BOOST_TEST(last == "STOPPING=1");
    BOOST_TEST(process.wait_for_exit(5s).value_or(-1) == 0);
}

BOOST_AUTO_TEST_CASE(bodies_up_to_the_limit_are_read) {
    WorkerProcess process(WorkerProcess::Socket::fd0, environment());
    const auto post = [&](const std::string& announced, const std::string& body) {
        auto parameters = request("POST", "/api/v1/users");
        parameters.emplace_back("CONTENT_TYPE", "application/json");
        parameters.emplace_back("CONTENT_LENGTH", announced);
        return WorkerProcess::read_answer(process.begin_request(parameters, body)).substr(0, 11);
    };
    BOOST_TEST(post("65535", std::string(65535, ' ')) == "Status: 400"); // read, and blank
    BOOST_TEST(post("65537", "{}") == "Status: 413");
    BOOST_TEST(post("4000000000", "{}") == "Status: 413");
    BOOST_TEST(post("99999999999999999999", "{}") == "Status: 400");
    BOOST_TEST(post("-1", "{}") == "Status: 400");
    BOOST_TEST(post("2x", "{}") == "Status: 400");
    BOOST_TEST(post("3", "{}") == "Status: 400"); // shorter than announced
    BOOST_TEST(post("1", "{}") == "Status: 400"); // longer
    BOOST_TEST(post("", "{}") == "Status: 400");
    BOOST_TEST(post("2", "{}") == "Status: 422");
    auto parameters = request("GET", "/livez");
    parameters.emplace_back("CONTENT_LENGTH", "99999999999999999999"); // and nothing follows
    BOOST_TEST(WorkerProcess::read_answer(process.begin_request(parameters)).starts_with("Status: 400\r\n"));
}

BOOST_AUTO_TEST_CASE(a_request_that_breaks_off_is_refused) {
    WorkerProcess process(WorkerProcess::Socket::fd0, environment());
    const std::string whole = test::to_fastcgi_records(request("GET", "/livez"), "");
    constexpr std::size_t empty_record = 8; // which ends the parameters, and another one the body
    for (const std::size_t missing : {empty_record, 2 * empty_record, 2 * empty_record + 1}) {
        const int connection = process.begin_records(whole.substr(0, whole.size() - missing));
        BOOST_REQUIRE(shutdown(connection, SHUT_WR) == 0);
        BOOST_TEST(!WorkerProcess::read_answer(connection).starts_with("Status: 200\r\n"), missing << " bytes missing");
    }
    BOOST_TEST(WorkerProcess::read_answer(process.begin_records(whole)).starts_with("Status: 200\r\n"));
}

BOOST_AUTO_TEST_CASE(a_request_whose_client_has_gone_before_its_turn_is_not_carried_out) {
    WorkerProcess process(WorkerProcess::Socket::fd0, environment());
    BOOST_TEST(answer(process, "GET", "/livez").starts_with("Status: 200\r\n"));
    const auto sign_up = [&](const std::string& name) {
        return begin_post(process, "/api/v1/users",
                          R"({"user_name":")" + name + R"(","password":"a long enough passphrase"})");
    };
    const std::string gone = test::unique_name("gone");
    const std::string waiting = test::unique_name("waiting");
    process.signal(SIGSTOP); // both wait in the queue
    close(sign_up(gone));
    const int connection = sign_up(waiting);
    process.signal(SIGCONT);
    BOOST_TEST(WorkerProcess::read_answer(connection).starts_with("Status: 201\r\n"));
    db::Connection admin(test::Database::shared().as_admin());
    const auto count = [&](const std::string& name) {
        return admin.query_value("SELECT COUNT(*) FROM users WHERE user_name = '" + name + "'").value_or("none");
    };
    BOOST_TEST(count(gone) == "0");
    BOOST_TEST(count(waiting) == "1");
}

/// What came in while the worker was busy is taken all at once: the messages share a transaction, the page behind them
/// is read, and each connection gets its own answer.
BOOST_AUTO_TEST_CASE(what_waits_is_taken_together) {
    WorkerProcess process(WorkerProcess::Socket::fd0, environment());
    const auto sender = request_of_user(process, "POST", "/api/v1/messages");
    auto peer = request_of_user(process, "GET", "/api/v1/users/me");
    const std::string me = WorkerProcess::read_answer(process.begin_request(peer));
    const std::string name = (*parse_json(me.substr(me.find("\r\n\r\n") + 4)))["user_name"].asString();
    const auto begin_send = [&](const std::string& text) {
        const std::string json = R"({"recipient":")" + name + R"(","type":"text","text":")" + text + "\"}";
        auto parameters = sender;
        parameters.emplace_back("CONTENT_TYPE", "application/json");
        parameters.emplace_back("CONTENT_LENGTH", std::to_string(json.size()));
        return process.begin_request(parameters, json);
    };
    BOOST_TEST(WorkerProcess::read_answer(begin_send("1")).starts_with("Status: 201\r\n"));

    db::Connection admin(test::Database::shared().as_admin());
    admin.run_script("LOCK TABLES users WRITE");
    const int first = begin_send("2"); // occupies the worker
    test::wait_for_locked_out(1);
    std::vector<int> waiting;
    for (int i = 3; i < 3 + 2 * static_cast<int>(db::max_batch); ++i) {
        waiting.push_back(begin_send(std::to_string(i)));
    }
    const int other = process.begin_request(peer);
    admin.run_script("UNLOCK TABLES");
    BOOST_TEST(WorkerProcess::read_answer(first).starts_with("Status: 201\r\n"));
    for (std::size_t i = 0; i < waiting.size(); ++i) {
        const std::string number = std::to_string(i + 3);
        const std::string sent = WorkerProcess::read_answer(waiting[i]);
        BOOST_TEST(sent.find("\"seq\":" + number + ",") != std::string::npos, sent);
        BOOST_TEST(sent.find("\"text\":\"" + number + "\"") != std::string::npos, sent);
    }
    BOOST_TEST(WorkerProcess::read_answer(other).starts_with("Status: 200\r\n"));
    // Two transactions for all of them: a transaction's messages have one time.
    BOOST_TEST(*admin.query_value("SELECT COUNT(DISTINCT m.created_at) FROM messages m"
                                  " JOIN users u ON u.id = m.recipient_id WHERE m.seq > 2 AND u.user_name = '" +
                                  name + "'") == "2");
}

BOOST_AUTO_TEST_CASE(an_answer_has_a_length_where_it_may_have_a_body) {
    WorkerProcess process(WorkerProcess::Socket::fd0, environment());
    auto inbox = request_of_user(process, "GET", "/api/v1/conversations");
    const std::string whole = WorkerProcess::read_answer(process.begin_request(inbox));
    BOOST_TEST(whole.find("\r\nContent-Length: 20\r\n") != std::string::npos);
    BOOST_TEST(whole.ends_with("\r\n\r\n{\"conversations\":[]}"));
    inbox.emplace_back("HTTP_IF_NONE_MATCH", "*");
    const std::string unchanged = WorkerProcess::read_answer(process.begin_request(inbox));
    BOOST_TEST(unchanged.starts_with("Status: 304\r\n"));
    const std::string nothing = WorkerProcess::read_answer(
        process.begin_request(request_of_user(process, "DELETE", "/api/v1/sessions/current")));
    BOOST_TEST(nothing.starts_with("Status: 204\r\n"));
    for (const std::string& bare : {unchanged, nothing}) {
        BOOST_TEST(bare.find("Content-Length") == std::string::npos);
        BOOST_TEST(bare.ends_with("\r\n\r\n"));
    }
}

BOOST_AUTO_TEST_CASE(the_wait_before_it_is_counted_where_nginx_says_since_when) {
    const std::filesystem::path folder = keys.string() + ".metrics";
    std::filesystem::create_directory(folder);
    auto counting = environment();
    counting.push_back("SOTTO_METRICS_DIR=" + folder.string());
    WorkerProcess process(WorkerProcess::Socket::fd0, counting);
    const auto count_after = [&](const std::string& queued_at) {
        auto parameters = request("GET", "/livez");
        parameters.emplace_back("QUEUED_AT", queued_at);
        BOOST_TEST(WorkerProcess::read_answer(process.begin_request(parameters)).starts_with("Status: 200\r\n"));
        const std::string page = answer(process, "GET", "/metrics");
        const std::string name = R"(sotto_queue_duration_seconds_count{pool="api"} )";
        const std::size_t at = page.find(name);
        BOOST_REQUIRE(at != std::string::npos);
        return std::stoi(page.substr(at + name.size()));
    };
    for (const std::string_view none : {"", "-", "x", "1763880000.125x", "-1", "10000000000", "nan", "inf"}) {
        BOOST_TEST_CONTEXT(none) {
            BOOST_TEST(count_after(std::string(none)) == 0);
        }
    }
    BOOST_TEST(count_after("1763880000.125") == 1);
    BOOST_TEST(count_after("0") == 2);
    std::filesystem::remove_all(folder);
}

BOOST_AUTO_TEST_CASE(it_ends_where_it_may_open_no_more_files) {
    WorkerProcess process(WorkerProcess::Socket::fd0, environment());
    BOOST_TEST(answer(process, "GET", "/livez").starts_with("Status: 200\r\n"));
    rlim_t used = 0;
    while (std::filesystem::is_symlink(
        std::filesystem::symlink_status("/proc/" + std::to_string(process.pid()) + "/fd/" + std::to_string(used)))) {
        ++used;
    }
    const rlimit no_more{used, used};
    BOOST_REQUIRE(prlimit(process.pid(), RLIMIT_NOFILE, &no_more, nullptr) == 0);
    const int connection = process.begin_request(request("GET", "/livez"));
    BOOST_TEST(process.wait_for_exit(5s).value_or(-1) == 1);
    close(connection);
}

/// Wherever memory runs out, from a worker's start to its fourth request: it serves on, or ends with an error and
/// its successor serves whoever waits.
BOOST_AUTO_TEST_CASE(an_allocation_that_fails_anywhere_neither_wedges_it_nor_loses_the_listener) {
    int ended = 0;
    int refused = 0;
    // The answer, "" where it was cut; from here on by a successor where the worker has ended.
    const auto ask = [&](WorkerProcess& process) {
        const int connection = process.begin_request(request("GET", "/readyz"));
        pollfd answered{.fd = connection, .events = POLLIN, .revents = 0};
        std::optional<int> status;
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (!status && poll(&answered, 1, 10) == 0 && std::chrono::steady_clock::now() < deadline) {
            status = process.wait_for_exit(0ms);
        }
        const auto succeed = [&] {
            if (status) {
                ++ended;
                BOOST_TEST(*status == 1);
                process.start(WorkerProcess::Socket::fd0, environment());
            }
        };
        succeed();
        const std::string answer = WorkerProcess::read_answer(connection);
        if (answer.empty() && !status) { // which may have been its end
            status = process.wait_for_exit(1s);
            succeed();
        }
        return answer;
    };
    // The first ones are made before main, where a program can only abort; from some 220 on none of these requests
    // is hit.
    for (int nth = 15; nth < 300; nth += 4) {
        BOOST_TEST_CONTEXT("allocation " << nth) {
            auto failing = environment();
            failing.emplace_back("LD_PRELOAD=" SOTTO_FAILING_NEW);
            failing.emplace_back("ASAN_OPTIONS=verify_asan_link_order=0"); // it comes after what is preloaded
            failing.push_back("SOTTO_TEST_FAILING_ALLOCATION=" + std::to_string(nth));
            WorkerProcess process(WorkerProcess::Socket::fd0, failing);
            int good = 0;
            for (int i = 0; i < 4; ++i) {
                const std::string text = ask(process);
                const bool refusal = text.starts_with("Status: 503\r\n");
                good += text.starts_with("Status: 200\r\n") ? 1 : 0;
                refused += refusal ? 1 : 0;
                BOOST_TEST((text.empty() || refusal || text.starts_with("Status: 200\r\n")), text);
            }
            BOOST_TEST(good >= 3); // one failure spoils one request at most
        }
    }
    BOOST_TEST(ended > 0);
    BOOST_TEST(refused > 0);
}

BOOST_AUTO_TEST_SUITE_END()

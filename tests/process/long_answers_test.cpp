#include <atomic>
#include <csignal>
#include <memory>
#include <thread>

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/fixtures/fastcgi_records.hpp"
#include "tests/process/fixture.hpp"

using namespace sotto;
using namespace std::chrono_literals;
using test::WorkerProcess;

namespace {

struct LongFixture : test::Fixture {
    /// A request of a new user for a conversation of so many messages.
    std::vector<std::pair<std::string, std::string>> request_for_much(WorkerProcess& worker, int messages = 60'000) {
        auto parameters = request_of_user(worker, "GET", "/api/v1/messages");
        const std::string peer = test::unique_name("peer");
        parameters.emplace_back("QUERY_STRING", "with=" + peer);
        db::Connection admin(test::Database::shared().as_admin());
        const std::string count = std::to_string(messages);
        admin.run_script("INSERT INTO users (user_name, display_name, password_hash, created_at) VALUES ('" + peer +
                         "', 'x', '', NOW(3));"
                         "INSERT INTO conversations (user_lo, user_hi, last_seq, last_at)"
                         " SELECT MAX(id) - 1, MAX(id), " +
                         count +
                         ", NOW(3) FROM users;"
                         "INSERT INTO messages (conversation_id, seq, sender_id, recipient_id, type, text, created_at)"
                         " SELECT c.id, s.seq, c.user_lo, c.user_hi, 'text', 'x', NOW(3)"
                         " FROM seq_1_to_" +
                         count + " s JOIN conversations c ON c.id = LAST_INSERT_ID()");
        return parameters;
    }
};

/// An answer that is read as it comes, and that has begun.
class LongAnswer {
  public:
    enum class Wait { no, until_begun };

    LongAnswer(WorkerProcess& worker, const std::vector<std::pair<std::string, std::string>>& request,
               Wait wait = Wait::until_begun)
        : connection_(worker.begin_request(request)) {
        pollfd begun{.fd = connection_, .events = POLLIN, .revents = 0};
        BOOST_REQUIRE((wait == Wait::no || poll(&begun, 1, 10'000) == 1));
        reader_ = std::jthread([this] {
            records_ = WorkerProcess::read_records(connection_);
            ended_ = true;
        });
    }

    bool has_ended() const { return ended_; }

    /// Waits for the end; "" where it was cut.
    std::string end() {
        reader_.join();
        return test::from_fastcgi_records(records_).value_or("");
    }

  private:
    int connection_;
    std::string records_;
    std::atomic<bool> ended_ = false;
    std::jthread reader_;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(long_answers, LongFixture)

BOOST_AUTO_TEST_CASE(a_long_answer_is_streamed_without_a_length) {
    WorkerProcess process(WorkerProcess::Socket::fd0, environment());
    const std::string answer =
        WorkerProcess::read_answer(process.begin_request(request_of_user(process, "GET", "/api/v1/export")));
    BOOST_TEST(answer.starts_with("Status: 200\r\n"));
    BOOST_TEST(answer.find("Content-Length") == std::string::npos);
    BOOST_TEST(answer.ends_with("{\"kind\":\"end\"}\n"));
}

BOOST_AUTO_TEST_CASE(a_long_answer_lets_others_in_between_its_pieces) {
    WorkerProcess process(WorkerProcess::Socket::fd0, environment());
    LongAnswer whole(process, request_for_much(process));
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(answer(process, "GET", "/readyz").starts_with("Status: 200\r\n"));
        BOOST_TEST(!whole.has_ended());
    }
    BOOST_TEST(whole.end().ends_with(R"(,"total":60000})"));
}

BOOST_AUTO_TEST_CASE(long_answers_take_turns) {
    WorkerProcess process(WorkerProcess::Socket::fd0, environment());
    const auto some = request_for_much(process, 30'000);
    const auto much = request_for_much(process);
    LongAnswer first(process, some);
    LongAnswer second(process, much); // which began later, and is longer
    BOOST_TEST(first.end().ends_with(R"(,"total":30000})"));
    BOOST_TEST(!second.has_ended());
    BOOST_TEST(second.end().ends_with(R"(,"total":60000})"));
}

/// As many as it takes at once, and some that wait for it.
BOOST_AUTO_TEST_CASE(any_number_of_long_answers_is_given) {
    WorkerProcess process(WorkerProcess::Socket::fd0, environment());
    const auto much = request_for_much(process, 5'000);
    std::vector<std::unique_ptr<LongAnswer>> all;
    for (std::size_t i = 0; i < 3 * db::max_batch; ++i) {
        all.push_back(std::make_unique<LongAnswer>(process, much, LongAnswer::Wait::no));
    }
    for (const auto& each : all) {
        BOOST_TEST(each->end().ends_with(R"(,"total":5000})"));
    }
    BOOST_TEST(answer(process, "GET", "/readyz").starts_with("Status: 200\r\n"));
}

BOOST_AUTO_TEST_CASE(long_answers_under_way_are_whole_before_it_ends) {
    WorkerProcess process(WorkerProcess::Socket::fd0, environment());
    const auto much = request_for_much(process);
    LongAnswer first(process, much);
    LongAnswer second(process, much);
    process.signal(SIGTERM);
    BOOST_TEST(first.end().ends_with(R"(,"total":60000})"));
    BOOST_TEST(second.end().ends_with(R"(,"total":60000})"));
    BOOST_TEST(process.wait_for_exit(5s).value_or(-1) == 0);
}

BOOST_AUTO_TEST_CASE(a_streamed_answer_ends_with_its_reader) {
    WorkerProcess process(WorkerProcess::Socket::fd0, environment());
    const auto parameters = request_of_user(process, "GET", "/api/v1/export");
    db::Connection users(test::Database::shared().as_admin());
    db::Connection messages(test::Database::shared().as_admin());
    users.run_script("LOCK TABLES users WRITE");
    messages.run_script("LOCK TABLES messages WRITE");
    const int connection = process.begin_request(parameters);
    test::wait_for_locked_out(1);
    close(connection);
    users.run_script("UNLOCK TABLES");
    // Messages that nobody would read are not asked for: the worker would still wait for them.
    BOOST_TEST(answer(process, "GET", "/readyz").starts_with("Status: 200\r\n"));
    messages.run_script("UNLOCK TABLES");
}

BOOST_AUTO_TEST_CASE(a_streamed_answer_that_fails_is_cut_and_the_next_is_whole) {
    WorkerProcess process(WorkerProcess::Socket::fd0, environment());
    const auto parameters = request_of_user(process, "GET", "/api/v1/export");
    db::Connection admin(test::Database::shared().as_admin());
    admin.run_script("LOCK TABLES messages WRITE");
    const int connection = process.begin_request(parameters);
    test::wait_for_locked_out(1);
    db::Connection(test::Database::shared().as_admin()).run_script("DELETE FROM sessions");
    admin.run_script("UNLOCK TABLES");
    BOOST_TEST(WorkerProcess::read_answer(connection) == ""); // without an end
    BOOST_TEST(answer(process, "GET", "/readyz").starts_with("Status: 200\r\n"));
}

/// Nothing that was taken is left waiting for an end that will not come.
BOOST_AUTO_TEST_CASE(long_answers_are_cut_where_it_may_open_no_more_files) {
    WorkerProcess process(WorkerProcess::Socket::fd0, environment());
    LongAnswer whole(process, request_for_much(process));
    const rlimit no_more{1, 1};
    BOOST_REQUIRE(prlimit(process.pid(), RLIMIT_NOFILE, &no_more, nullptr) == 0);
    const int connection = process.begin_request(request("GET", "/livez"));
    BOOST_TEST(process.wait_for_exit(5s).value_or(-1) == 1);
    BOOST_TEST(whole.end() == "");
    close(connection);
}

BOOST_AUTO_TEST_SUITE_END()

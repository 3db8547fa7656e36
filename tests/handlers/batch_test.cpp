#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>

#include "handlers/dispatch.hpp"
#include "tests/fixtures/api.hpp"
#include "tests/fixtures/database.hpp"
#include "tests/fixtures/ear.hpp"
#include "worker/file_descriptor.hpp"

using namespace sotto;

namespace {

/// A database that takes connections and says nothing.
class MuteServer {
  public:
    MuteServer() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.copy(address.sun_path, sizeof address.sun_path - 1);
        BOOST_REQUIRE(bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        BOOST_REQUIRE(listen(listener_.get(), 64) == 0);
    }
    MuteServer(const MuteServer&) = delete;
    MuteServer& operator=(const MuteServer&) = delete;
    ~MuteServer() { std::filesystem::remove(path_); }

    const std::string& path() const { return path_; }

    /// How many have come so far.
    int connections() const {
        int count = 0;
        while (FileDescriptor(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)).get() >= 0) {
            ++count;
        }
        return count;
    }

  private:
    std::string path_ = "/tmp/" + test::Database::shared().name() + test::unique_name(".mute");
    FileDescriptor listener_{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
};

struct Fixture {
    test::Ear ear;
    App app = test::make_app(test::Database::shared().as_worker(), ear.path());
    test::LoggedIn alice = test::log_in_new_user("alice");
    test::LoggedIn bob = test::log_in_new_user("bob");
    test::LoggedIn carol = test::log_in_new_user("carol");

    Fixture() {
        test::call(app, send(alice, bob, "the first"));
        ear.heard();
    }

    static Request send(const test::LoggedIn& from, const test::LoggedIn& to, const std::string& text,
                        const std::string& key = {}) {
        Request request = test::make_request(
            "POST", "/api/v1/messages", R"({"recipient":")" + to.name + R"(","type":"text","text":")" + text + "\"}",
            from.token);
        request.idempotency_key = key;
        return request;
    }

    std::vector<test::Answer> answers(const std::vector<Request>& requests) { return answers_of(app, requests); }

    static std::vector<test::Answer> answers_of(App& worker, const std::vector<Request>& requests) {
        std::vector<test::Answer> result(requests.size());
        std::vector<Exchange> exchanges;
        for (const Request& request : requests) {
            exchanges.push_back({request, std::make_unique<test::Recorder>(result[exchanges.size()])});
        }
        test::dispatch(worker, std::move(exchanges));
        return result;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(batch, Fixture)

/// Each of them is answered as it would be by itself, whatever becomes of the others.
BOOST_AUTO_TEST_CASE(each_request_has_its_own_answer) {
    test::call("PUT", "/api/v1/blocks/" + carol.name, {}, bob.token);
    const auto all = answers({send(alice, bob, "good"), send(carol, bob, "blocked"), send(alice, carol, "first"),
                              send(alice, {"nobody-" + bob.name, {}, {}}, "x"), send(alice, alice, "x"),
                              test::make_request("POST", "/api/v1/messages", "{", alice.token),
                              send({"", "no.such.token", {}}, bob, "x"), send(bob, alice, "good, too")});
    std::vector<int> statuses;
    for (const auto& answer : all) {
        statuses.push_back(answer.status);
    }
    BOOST_TEST(statuses == (std::vector<int>{201, 403, 201, 404, 422, 400, 401, 201}),
               boost::test_tools::per_element());
    BOOST_TEST(all[0].json()["text"].asString() == "good");
    BOOST_TEST(all[0].json()["seq"].asInt() == 2);
    BOOST_TEST(all[0].json()["sender"].asString() == alice.name);
    BOOST_TEST(all[0].header("Location") == "/api/v1/messages/" + all[0].json()["id"].asString());
    BOOST_TEST(all[7].json()["seq"].asInt() == 3);
    BOOST_TEST(all[7].json()["recipient"].asString() == alice.name);
    const std::string heard = ear.heard();
    for (const std::size_t i : {0, 2, 7}) {
        BOOST_TEST(heard.find(all[i].body) != std::string::npos); // live clients, too
    }
}

BOOST_AUTO_TEST_CASE(a_key_is_used_once_also_within_a_batch) {
    const auto all = answers({send(alice, bob, "x", "k"), send(alice, bob, "x", "k"), send(alice, bob, "other", "k"),
                              send(bob, alice, "x", "k"), send(bob, alice, "y")});
    BOOST_TEST(all[0].status == 201);
    BOOST_TEST(all[1].status == 200);
    BOOST_TEST(all[1].header("Idempotency-Replayed") == "true");
    BOOST_TEST(all[1].body == all[0].body);
    BOOST_TEST(all[2].problem() == "idempotency-key-reuse");
    BOOST_TEST(all[3].status == 201);
    BOOST_TEST(all[4].status == 201);
    BOOST_TEST(all[4].json()["seq"].asInt() == 4);
}

BOOST_AUTO_TEST_CASE(a_session_that_has_ended_sends_nothing_along) {
    test::call("DELETE", "/api/v1/sessions/current", {}, alice.token);
    const auto all = answers({send(alice, bob, "x"), send(bob, alice, "x")});
    BOOST_TEST(all[0].status == 401);
    BOOST_TEST(all[1].status == 201);
    BOOST_TEST(all[1].json()["seq"].asInt() == 2);
}

BOOST_AUTO_TEST_CASE(where_the_database_is_away_each_learns_it) {
    App away = test::make_app({"/nonexistent/socket", "sotto", "sotto"});
    for (const test::Answer& answer : answers_of(away, std::vector<Request>(db::max_batch, send(alice, bob, "x")))) {
        BOOST_TEST(answer.status == 503);
    }
}

/// Nobody waits for the database as often as there are others.
BOOST_AUTO_TEST_CASE(a_database_that_says_nothing_is_waited_for_once) {
    const MuteServer mute;
    App frozen = test::make_app(
        {.socket = mute.path(), .database = "sotto", .user = "sotto", .patience = std::chrono::seconds(1)});
    std::vector<Request> requests;
    for (std::size_t i = 0; i < db::max_batch; ++i) {
        Request request =
            test::make_request("GET", "/api/v1/messages?page=1&order=asc&with=" + bob.name, {}, alice.token);
        requests.push_back(request); // oldest first, each goes alone
    }
    for (const test::Answer& answer : answers_of(frozen, requests)) {
        BOOST_TEST(answer.status == 503);
    }
    BOOST_TEST(mute.connections() == 1);
}

BOOST_AUTO_TEST_CASE(who_was_last_seen_when_is_noted_once_all_are_answered) {
    db::Connection admin(test::Database::shared().as_admin());
    const std::string of_alice =
        " FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.user_name = '" + alice.name + "'";
    admin.run_script(
        "UPDATE sessions s JOIN users u ON u.id = s.user_id SET s.last_seen_at = '2020-01-01' WHERE u.user_name = '" +
        alice.name + "'");
    const auto last_seen = [&] { return *admin.query_value("SELECT YEAR(s.last_seen_at)" + of_alice); };
    std::vector<test::Answer> all(2);
    std::vector<Exchange> exchanges;
    exchanges.push_back({send(alice, bob, "x"), std::make_unique<test::Recorder>(all[0])});
    exchanges.push_back({send(bob, alice, "y"), std::make_unique<test::Recorder>(all[1])});
    Dispatcher dispatcher(app);
    dispatcher.dispatch(exchanges);
    BOOST_TEST(all[0].status == 201);
    BOOST_TEST(all[1].status == 201);
    BOOST_TEST(last_seen() == "2020");
    BOOST_REQUIRE(dispatcher.has_steps());
    BOOST_TEST(app.counters->busy.value() == 1);
    dispatcher.step();
    BOOST_TEST(!dispatcher.has_steps());
    BOOST_TEST(app.counters->busy.value() == 0);
    BOOST_TEST(last_seen() != "2020");
}

/// A page, a cursor or a 304 is the same, whoever is asking for another at that moment.
BOOST_AUTO_TEST_CASE(what_is_read_together_is_what_each_would_read) {
    for (int i = 2; i <= 7; ++i) {
        test::call(app, send(i % 2 ? bob : alice, i % 2 ? alice : bob, "message " + std::to_string(i)));
    }
    const auto read = [](const test::LoggedIn& reader, const std::string& query, const std::string& etag = {}) {
        Request request = test::make_request("GET", "/api/v1/messages?" + query, {}, reader.token);
        request.if_none_match = etag;
        return request;
    };
    const std::string pages = "with=" + bob.name + "&per_page=2&page=";
    const std::string etag = test::call(app, read(alice, pages + "1")).header("ETag");
    const std::vector<std::vector<Request>> batches{
        {read(alice, pages + "1"), read(alice, pages + "2&upto=6"), read(bob, "with=" + alice.name + "&page=1"),
         read(alice, pages + "1", etag), read(alice, pages + "1", "\"1-2-3\""), read(alice, pages + "9"),
         read(carol, pages + "1"), read(carol, "with=nobody-" + bob.name + "&page=1", etag)},
        {read(alice, "with=" + bob.name + "&before=5&per_page=3"), read(alice, "with=" + bob.name + "&after=5"),
         read(alice, "with=" + bob.name + "&page=1&order=asc"),
         read(bob, "between=" + alice.name + "," + bob.name + "&page=1"),
         read(carol, "between=" + alice.name + "," + bob.name + "&page=1"), read(alice, "box=sent&per_page=2"),
         read(alice, pages + "0"), read({"", "no.such.token", {}}, pages + "1")},
    };
    for (const auto& batch : batches) {
        const auto together = answers(batch);
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const test::Answer alone = test::call(app, batch[i]);
            BOOST_TEST_CONTEXT(batch[i].query) {
                BOOST_TEST(together[i].status == alone.status);
                BOOST_TEST(together[i].body == alone.body);
                BOOST_TEST((together[i].headers == alone.headers));
            }
        }
    }
    BOOST_TEST(answers(batches[0])[3].status == 304);
}

BOOST_AUTO_TEST_CASE(only_parts_of_a_conversation_are_read_together) {
    const auto is_shared = [](const std::string& target) { return is_batched(test::make_request("GET", target)); };
    BOOST_TEST(is_shared("/api/v1/messages?with=bob&page=2"));
    BOOST_TEST(is_shared("/api/v1/messages?with=bob&per_page=20"));
    BOOST_TEST(is_shared("/api/v1/messages?before=2&with=bob"));
    BOOST_TEST(is_shared("/api/v1/messages?after=2&with=bob"));
    BOOST_TEST(!is_shared("/api/v1/messages?with=bob"));
    BOOST_TEST(!is_shared("/api/v1/messages?between=alice,bob&order=asc"));
    BOOST_TEST(!is_shared("/api/v1/export"));
    BOOST_TEST(is_batched(test::make_request("POST", "/api/v1/messages")));
    BOOST_TEST(!is_batched(test::make_request("POST", "/api/v1/sessions")));
}

/// Each has waited for the whole batch, and the counters say so of each.
BOOST_AUTO_TEST_CASE(all_of_them_are_counted) {
    const auto before = app.counters->database.count();
    answers({send(alice, bob, "x"), send(bob, alice, "x"), send(alice, bob, "x")});
    BOOST_TEST(app.counters->database.count() == before + 3);
    BOOST_TEST(app.counters->busy.value() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

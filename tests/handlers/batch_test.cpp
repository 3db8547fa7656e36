#include <boost/test/unit_test.hpp>

#include <vector>

#include "handlers/dispatch.hpp"
#include "tests/fixtures/api.hpp"
#include "tests/fixtures/database.hpp"
#include "tests/fixtures/ear.hpp"

using namespace sotto;

namespace {

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

    std::vector<test::Answer> answers(const std::vector<Request>& requests) {
        std::vector<test::Answer> result(requests.size());
        std::vector<Exchange> exchanges;
        for (std::size_t i = 0; i < requests.size(); ++i) {
            exchanges.push_back({requests[i], [&answer = result[i]](const Response& response) {
                                     BOOST_TEST(answer.status == 0); // once
                                     answer = {response.status, response.headers, response.body};
                                 }});
        }
        dispatch(app, exchanges);
        return result;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(batch, Fixture)

/// Each of them is answered as it would be by itself, whatever becomes of the others.
BOOST_AUTO_TEST_CASE(each_request_has_its_own_answer) {
    test::call("PUT", "/api/v1/blocks/" + carol.name, {}, bob.token);
    test::call(app, send(alice, bob, "used", "the key"));
    ear.heard();
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
    BOOST_TEST(all[0].json()["seq"].asInt() == 3);
    BOOST_TEST(all[0].json()["sender"].asString() == alice.name);
    BOOST_TEST(all[0].header("Location") == "/api/v1/messages/" + all[0].json()["id"].asString());
    BOOST_TEST(all[7].json()["seq"].asInt() == 4);
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
    std::vector<int> statuses;
    const std::vector<Request> requests(db::max_batch, send(alice, bob, "x"));
    std::vector<Exchange> exchanges;
    for (const Request& request : requests) {
        exchanges.push_back({request, [&](const Response& response) { statuses.push_back(response.status); }});
    }
    dispatch(away, exchanges);
    BOOST_TEST(statuses == std::vector<int>(db::max_batch, 503), boost::test_tools::per_element());
}

/// Each has waited for the whole batch, and the counters say so of each.
BOOST_AUTO_TEST_CASE(all_of_them_are_counted) {
    const auto before = app.counters->database.count();
    answers({send(alice, bob, "x"), send(bob, alice, "x"), send(alice, bob, "x")});
    BOOST_TEST(app.counters->database.count() == before + 3);
    BOOST_TEST(app.counters->busy.value() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

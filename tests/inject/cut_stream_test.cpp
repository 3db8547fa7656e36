#include <array>
#include <string>

#include <boost/test/unit_test.hpp>

#include "tests/fixtures/api.hpp"
#include "tests/fixtures/database.hpp"
#include "tests/inject/client_fault.hpp"
#include "worker/json.hpp"

using namespace sotto;

namespace {

constexpr int message_count = 1100; // three chunks of a streamed conversation

} // namespace

BOOST_AUTO_TEST_SUITE(cut_streams)

BOOST_AUTO_TEST_CASE(an_error_at_any_row_shows_and_the_next_answer_is_whole) {
    const auto me = test::log_in_new_user("me");
    const auto peer = test::log_in_new_user("peer");
    for (int i = 0; i < message_count; ++i) {
        BOOST_REQUIRE(test::call("POST", "/api/v1/messages",
                                 R"({"recipient":")" + peer.name + R"(","type":"text","text":"x"})", me.token)
                          .status == 201);
    }
    App app = test::make_app(test::Database::shared().as_worker());
    const Request request = test::make_request("GET", "/api/v1/messages?with=" + peer.name, {}, me.token);
    const test::Answer whole = test::call(app, request);
    BOOST_REQUIRE(whole.status == 200);
    BOOST_REQUIRE((*parse_json(whole.body))["messages"].size() == message_count);

    for (const unsigned int error : {2013U, 1969U, 1317U}) {
        int cut = 0;
        bool hit = true;
        for (std::size_t nth = 1; hit; nth += nth < 20 ? 1 : 83) {
            BOOST_TEST_CONTEXT("error " << error << " at call " << nth) {
                test::Answer answer;
                {
                    const test::ClientFault fault(nth, error, test::When::before);
                    answer = test::call(app, request);
                    hit = fault.hit();
                }
                if (answer.status == 200) {
                    BOOST_TEST((answer.cut || answer.body == whole.body)); // never short and yet ended in order
                    cut += answer.cut ? 1 : 0;
                } else {
                    BOOST_TEST(answer.status >= 500); // before the first byte
                }
                BOOST_TEST(test::call(app, request).body == whole.body);
            }
        }
        BOOST_TEST(cut > 5);
    }
}

BOOST_AUTO_TEST_SUITE_END()

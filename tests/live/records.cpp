#include <boost/test/unit_test.hpp>

#include <string>

#include "live/record.hpp"

using namespace sotto::live;

BOOST_AUTO_TEST_SUITE(records)

namespace {
const std::string hex = "0123456789abcdef0123456789abcdef";
}

BOOST_AUTO_TEST_CASE(every_kind_of_line_is_read) {
    const std::string record = "event 7 17-42 {\"a\": \"b c\"}\n"
                               "event 9223372036854775807 - {}\n"
                               "close-session " +
                               hex +
                               "\n"
                               "close-user 8\n"
                               "close-user 9 " +
                               hex +
                               "\n"
                               "close-all\n"
                               "resync 3\n"
                               "resync *\n";
    const auto commands = parse_record(record);
    BOOST_REQUIRE(commands);
    BOOST_REQUIRE_EQUAL(commands->size(), 8);
    const auto& event = std::get<DeliverEvent>(commands->at(0));
    BOOST_TEST(event.user_id == 7);
    BOOST_TEST(event.id == "17-42");
    BOOST_TEST(event.json == "{\"a\": \"b c\"}");
    BOOST_TEST(std::get<DeliverEvent>(commands->at(1)).user_id == INT64_MAX);
    BOOST_TEST(std::get<DeliverEvent>(commands->at(1)).id.empty());
    BOOST_CHECK(std::get<CloseSession>(commands->at(2)).session == session_from_hex(hex));
    BOOST_TEST(!std::get<CloseUser>(commands->at(3)).keep);
    BOOST_CHECK(std::get<CloseUser>(commands->at(4)).keep == session_from_hex(hex));
    BOOST_CHECK(std::holds_alternative<CloseAll>(commands->at(5)));
    BOOST_TEST(std::get<Resync>(commands->at(6)).user_id.value() == 3);
    BOOST_TEST(!std::get<Resync>(commands->at(7)).user_id);
}

BOOST_AUTO_TEST_CASE(a_malformed_line_spoils_the_whole_record) {
    for (const std::string& line : {
             std::string(),
             std::string("event"),
             std::string("event 1"),
             std::string("event 1 -"),
             std::string("event 1 - "),
             std::string("event 1 {}"),
             std::string("event 1  {}"),
             std::string("event 0 - {}"),
             std::string("event -1 - {}"),
             std::string("event +1 - {}"),
             std::string("event 1x - {}"),
             std::string("event 9223372036854775808 - {}"),
             std::string("event 1 - []"),
             std::string("event 1 - {}x"),
             std::string("event 1 - {\r}"),
             std::string("event 1 - {\0}", 13),
             std::string("event 1 a\rb {}"),
             "event 1 " + std::string(65, 'x') + " {}",
             std::string("Event 1 - {}"),
             std::string(" event 1 - {}"),
             std::string("close-session"),
             "close-session " + hex.substr(1),
             "close-session " + hex + "0",
             "close-session " + hex + " ",
             std::string("close-session 0123456789ABCDEF0123456789ABCDEF"),
             std::string("close-user"),
             std::string("close-user 1 "),
             "close-user 1 " + hex.substr(1),
             "close-user " + hex,
             std::string("close-all now"),
             std::string("resync"),
             std::string("resync **"),
             std::string("resync x"),
             std::string("unknown 1"),
         }) {
        BOOST_TEST(!parse_record(line + "\n"), line);
        BOOST_TEST(!parse_record("resync 1\n" + line + "\n"), line);
    }
    BOOST_TEST(!parse_record(""));
    BOOST_TEST(!parse_record("resync 1"), "no line feed at the end");
    BOOST_TEST(!parse_record("resync 1\nresync 2"), "cut short");
}

BOOST_AUTO_TEST_SUITE_END()

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <fstream>

#include "admin/files.hpp"
#include "auth/keys.hpp"
#include "handlers/sessions.hpp"
#include "tests/admin/support.hpp"

using namespace sotto;
using test::has;

namespace {

/// A key's id of so many days ago.
std::string id_of(std::chrono::days age, const std::string& suffix) {
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()) -
                                          age);
    const auto two = [](unsigned number) { return (number < 10 ? "0" : "") + std::to_string(number); };
    return std::to_string(static_cast<int>(day.year())) + two(static_cast<unsigned>(day.month())) +
           two(static_cast<unsigned>(day.day())) + "-" + suffix;
}

std::string line(const std::string& id, char letter) {
    return id + " " + std::string(42, letter) +
           "A\n"; // 256 bits take 43 characters, the last one with zeroes at its end
}

} // namespace

BOOST_AUTO_TEST_SUITE(keys)

BOOST_AUTO_TEST_CASE(a_new_key_signs_and_the_old_one_verifies) {
    const test::Stand stand;
    const std::string old = auth::KeyRing::load(stand.keys()).newest().id;
    const auto rotated = stand.ctl({"keys", "rotate"});
    BOOST_TEST(rotated.good());
    const auto ring = auth::KeyRing::load(stand.keys());
    BOOST_TEST(ring.all().size() == 2U);
    BOOST_TEST(ring.all().front().id == old);
    const auto list = stand.ctl({"keys", "list"});
    BOOST_TEST(list.out == old + "  verifies\n" + ring.newest().id + "  signs\n");
    const std::string secret = *admin::read_file(stand.keys());
    BOOST_TEST(!has(stand.ctl({"keys", "list", "--json"}).out, secret.substr(secret.find(' ') + 1, 43)));
}

BOOST_AUTO_TEST_CASE(an_old_key_is_retired_when_no_session_of_it_can_live) {
    const test::Stand stand;
    const std::chrono::days lifetime = session_lifetime;
    const std::string first = id_of(lifetime * 3, "first");
    const std::string second = id_of(lifetime + std::chrono::days(1), "second");
    const std::string third = id_of(lifetime, "third");
    const std::string newest = id_of(std::chrono::days(0), "newest");
    admin::write_file(stand.keys(),
                      "# kept\n" + line(first, 'a') + line(second, 'b') + line(third, 'c') + line(newest, 'd'), 0600);
    // The one that signed until `lifetime` days ago may have done so late on that day.
    const auto early = stand.ctl({"keys", "retire", second});
    BOOST_TEST(early.status == 1);
    BOOST_TEST(has(early.err, "may still live"));
    BOOST_TEST(stand.ctl({"keys", "retire", first}).status == 0);
    BOOST_TEST(*admin::read_file(stand.keys()) ==
               "# kept\n" + line(second, 'b') + line(third, 'c') + line(newest, 'd'));
    BOOST_TEST(stand.ctl({"keys", "retire", second, "--force"}).status == 0);
    BOOST_TEST(stand.ctl({"keys", "retire", third}).status == 1);
    BOOST_TEST(stand.ctl({"keys", "retire", newest, "--force"}).status == 1); // it signs
    BOOST_TEST(stand.ctl({"keys", "retire", "other", "--force"}).status == 1);
    BOOST_TEST(stand.ctl({"keys", "retire"}).status == 2);
    BOOST_TEST(*admin::read_file(stand.keys()) == "# kept\n" + line(third, 'c') + line(newest, 'd'));
}

BOOST_AUTO_TEST_SUITE_END()

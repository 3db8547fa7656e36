#include <boost/test/unit_test.hpp>

#include <fstream>

#include "admin/files.hpp"
#include "admin/process.hpp"
#include "tests/admin/support.hpp"

using namespace sotto;
using namespace sotto::admin;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(processes)

BOOST_AUTO_TEST_CASE(a_program_says_how_it_ended_and_what) {
    const Outcome both = run({"sh", "-c", "cat; echo grief >&2; exit 3"}, "input");
    BOOST_TEST(both.status == 3);
    BOOST_TEST(both.out == "input");
    BOOST_TEST(both.err == "grief\n");
    BOOST_TEST(both.last_words() == "grief");
    BOOST_TEST(run({"sh", "-c", "kill -9 $$"}).status == 137);
    BOOST_TEST(run({"no-such-program"}).status == 127);
    BOOST_CHECK_THROW(run_or_throw({"false"}), std::runtime_error);
    BOOST_TEST(run_or_throw({"echo", "a  b", "$HOME"}) == "a  b $HOME\n"); // no shell in between
}

BOOST_AUTO_TEST_CASE(more_than_a_pipe_holds_goes_through_in_both_directions) {
    const std::string text(1'000'000, 'x');
    BOOST_TEST(run({"cat"}, text).out == text);
    BOOST_TEST(run({"true"}, text).good()); // one that does not read is no harm
}

BOOST_AUTO_TEST_CASE(one_that_does_not_end_is_ended) {
    const auto start = std::chrono::steady_clock::now();
    BOOST_TEST(run({"sleep", "60"}, {}, 1s).status == 137);
    BOOST_TEST((std::chrono::steady_clock::now() - start < 20s));
}

BOOST_AUTO_TEST_CASE(a_file_is_written_whole_and_only_when_it_differs) {
    const test::Stand stand;
    const auto file = stand.folder() / "deep" / "file";
    BOOST_TEST(!read_file(file).has_value());
    BOOST_TEST(write_file(file, "one\n", 0640));
    BOOST_TEST(!write_file(file, "one\n", 0640));
    BOOST_TEST(write_file(file, "one\n", 0600)); // the mode counts too
    BOOST_TEST(write_file(file, "two\n", 0600));
    BOOST_TEST(read_file(file).value() == "two\n");
    using std::filesystem::perms;
    BOOST_TEST((std::filesystem::status(file).permissions() == (perms::owner_read | perms::owner_write)));
    BOOST_CHECK_THROW(read_file(stand.folder()), std::system_error);
    BOOST_CHECK_THROW(write_file("/proc/none", "x", 0600), std::exception);
}

BOOST_AUTO_TEST_SUITE_END()

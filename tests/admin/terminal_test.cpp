// What sottoctl asks of a person: a password without showing it, and whether it is meant.

#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>

#include <fcntl.h>
#include <poll.h>

#include "tests/admin/support.hpp"

using namespace sotto;
using namespace sotto::admin;
using namespace std::chrono_literals;
using test::has;

namespace {

/// A person at a terminal.
class Terminal {
  public:
    Terminal() : master_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
        BOOST_REQUIRE(grantpt(master_.get()) == 0);
        BOOST_REQUIRE(unlockpt(master_.get()) == 0);
        terminal_ = Descriptor(open(ptsname(master_.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
        BOOST_REQUIRE(static_cast<bool>(terminal_));
    }

    void start(const Words& words) {
        child_ = std::make_unique<Child>(words, Child::Streams{terminal_.get(), terminal_.get(), terminal_.get()});
    }

    /// Waits until the screen shows `prompt`, and types a line.
    void answer(const std::string& prompt, const std::string& line) {
        BOOST_REQUIRE(wait_for(prompt));
        const std::string typed = line + "\n";
        BOOST_REQUIRE(write(master_.get(), typed.data(), typed.size()) == static_cast<ssize_t>(typed.size()));
    }

    bool wait_for(const std::string& text) {
        std::array<char, 4096> buffer{};
        pollfd file{master_.get(), POLLIN, 0};
        while (!has(unread_, text) && poll(&file, 1, 10'000) == 1) {
            const ssize_t count = read(master_.get(), buffer.data(), buffer.size());
            BOOST_REQUIRE(count > 0);
            unread_.append(buffer.data(), static_cast<std::size_t>(count));
        }
        const std::size_t at = unread_.find(text);
        screen_ += unread_;
        unread_.erase(0, at == std::string::npos ? 0 : at + text.size());
        return at != std::string::npos;
    }

    int end() { return child_->wait(); }
    const std::string& screen() const { return screen_; }

  private:
    Descriptor master_;
    Descriptor terminal_;
    std::unique_ptr<Child> child_;
    std::string unread_;
    std::string screen_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(terminal)

BOOST_AUTO_TEST_CASE(a_password_is_asked_for_twice_and_not_shown) {
    const test::Stand stand;
    {
        Terminal person;
        person.start(stand.command({}, {"users", "add", "alice"}));
        person.answer("New password: ", "a walk in the rain");
        person.answer("Once more: ", "a walk in the rain");
        BOOST_TEST(person.wait_for("added alice"));
        BOOST_TEST(person.end() == 0);
        BOOST_TEST(!has(person.screen(), "rain"));
    }
    Terminal person;
    person.start(stand.command({}, {"users", "passwd", "alice"}));
    person.answer("New password: ", "a walk in the rain");
    person.answer("Once more: ", "a walk in the snow");
    BOOST_TEST(person.wait_for("not the same"));
    BOOST_TEST(person.end() == 1);
}

BOOST_AUTO_TEST_CASE(erasing_is_done_when_the_name_is_typed) {
    const test::Stand stand;
    BOOST_TEST(stand.ctl({"users", "add", "alice"}, "a walk in the rain").good());
    const std::string erased = "SELECT deleted_at IS NOT NULL FROM users";
    Terminal hesitant;
    hesitant.start(stand.command({}, {"users", "erase", "alice"}));
    hesitant.answer("to go on: ", "bob");
    BOOST_TEST(hesitant.wait_for("not erased"));
    BOOST_TEST(hesitant.end() == 1);
    BOOST_TEST(stand.value(erased) == "0");
    Terminal decided;
    decided.start(stand.command({}, {"users", "erase", "alice"}));
    decided.answer("to go on: ", "alice");
    BOOST_TEST(decided.wait_for("erased alice"));
    BOOST_TEST(decided.end() == 0);
    BOOST_TEST(stand.value(erased) == "1");
}

BOOST_AUTO_TEST_SUITE_END()

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "worker/counter_file.hpp"

using namespace sotto;
using namespace std::chrono_literals;

namespace {

/// A folder of its own for each test.
struct Folder {
    Folder() {
        std::string name = "/tmp/sotto-counters-XXXXXX";
        BOOST_REQUIRE(mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }

    CounterPlace place(const std::string& pool = "api", const std::string& layout = "a b c") const {
        return {.folder = path, .pool = pool, .layout = layout};
    }

    std::filesystem::path path;
};

/// Runs `work` in a process of its own, which is then killed with SIGKILL while it still holds all it has.
template<class Work>
void killed_after(const Work& work) {
    const pid_t child = fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        work([] { raise(SIGKILL); });
        _exit(1);
    }
    int status = 0;
    BOOST_REQUIRE(waitpid(child, &status, 0) == child);
    BOOST_TEST(WIFSIGNALED(status));
}

} // namespace

BOOST_AUTO_TEST_SUITE(histograms)

BOOST_AUTO_TEST_CASE(a_bound_belongs_to_its_bucket_and_a_nanosecond_more_to_the_next) {
    for (std::size_t i = 0; i < histogram_bounds.size(); ++i) {
        Histogram histogram;
        histogram.observe(histogram_bounds.at(i));
        BOOST_TEST(histogram.buckets.at(i).value() == 1U);
        histogram.observe(histogram_bounds.at(i) + 1ns);
        BOOST_TEST(histogram.buckets.at(i + 1).value() == 1U);
        BOOST_TEST(histogram.count() == 2U);
        BOOST_TEST(histogram.nanoseconds.value() ==
                   2 * static_cast<std::uint64_t>(std::chrono::nanoseconds(histogram_bounds.at(i)).count()) + 1);
    }
}

BOOST_AUTO_TEST_CASE(extremes_have_a_bucket) {
    Histogram histogram;
    histogram.observe(0ns);
    histogram.observe(-5ms); // a clock that was set back
    BOOST_TEST(histogram.buckets.front().value() == 2U);
    BOOST_TEST(histogram.nanoseconds.value() == 0U);
    histogram.observe(24h);
    BOOST_TEST(histogram.buckets.back().value() == 1U);
}

BOOST_AUTO_TEST_CASE(a_status_has_its_place_and_an_unknown_one_the_last) {
    RouteCounters route;
    for (const int status : counted_statuses) {
        route.count(status, 1ms);
    }
    route.count(418, 1ms);
    for (std::size_t i = 0; i + 1 < counted_statuses.size(); ++i) {
        BOOST_TEST(route.statuses.at(i).value() == 1U);
    }
    BOOST_TEST(route.statuses.back().value() == 2U);
    BOOST_TEST(route.duration.count() == counted_statuses.size() + 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(counter_files, Folder)

BOOST_AUTO_TEST_CASE(workers_have_places_of_their_own_and_a_sum) {
    const CounterSlot one = CounterSlot::claim(place());
    const CounterSlot two = CounterSlot::claim(place());
    const CounterSlot other = CounterSlot::claim(place("auth"));
    one->routes.at(3).count(200, 1ms);
    two->routes.at(3).count(200, 2ms);
    other->routes.at(3).count(500, 3ms);
    two->busy.set(1);

    const auto pools = one.read_all();
    BOOST_REQUIRE(pools.size() == 2U);
    BOOST_TEST(pools[0].pool == "api");
    BOOST_TEST(pools[0].workers == 2U);
    BOOST_TEST(pools[0].busy == 1U);
    BOOST_TEST(pools[0].counters->starts.value() == 2U);
    BOOST_TEST(pools[0].counters->routes.at(3).statuses.at(0).value() == 2U);
    BOOST_TEST(pools[0].counters->routes.at(3).duration.nanoseconds.value() == 3'000'000U);
    BOOST_TEST(pools[1].pool == "auth");
    BOOST_TEST(pools[1].counters->routes.at(3).statuses.at(0).value() == 0U);
}

BOOST_AUTO_TEST_CASE(what_a_worker_counted_stays_when_it_ends) {
    {
        const CounterSlot first = CounterSlot::claim(place());
        first->unread.add(7);
    }
    const CounterSlot second = CounterSlot::claim(place());
    BOOST_TEST(second->unread.value() == 7U); // the same place
    second->unread.add(1);
    const auto pools = second.read_all();
    BOOST_TEST(pools.at(0).workers == 1U);
    BOOST_TEST(pools.at(0).counters->unread.value() == 8U);
    BOOST_TEST(pools.at(0).counters->starts.value() == 2U);
    BOOST_TEST(pools.at(0).counters->clean_stops.value() == 1U);
}

BOOST_AUTO_TEST_CASE(a_killed_worker_leaves_its_counts_and_its_place) {
    const CounterSlot reader = CounterSlot::claim(place("auth"));
    for (std::uint64_t i = 1; i <= 20; ++i) {
        killed_after([&](auto die) {
            const CounterSlot slot = CounterSlot::claim(place());
            slot->busy.set(1);
            slot->unread.add(10);
            die();
        });
        const auto pools = reader.read_all();
        BOOST_TEST(pools.at(0).workers == 0U);
        BOOST_TEST(pools.at(0).busy == 0U);
        BOOST_TEST(pools.at(0).counters->unread.value() == 10 * i);
        BOOST_TEST(pools.at(0).counters->starts.value() == i);
        BOOST_TEST(pools.at(0).counters->clean_stops.value() == 0U);
    }
    const CounterSlot heir = CounterSlot::claim(place());
    BOOST_TEST(heir->unread.value() == 200U);
    BOOST_TEST(heir->busy.value() == 0U);
}

BOOST_AUTO_TEST_CASE(who_starts_at_the_same_time_makes_one_file) {
    std::vector<pid_t> children;
    for (int i = 0; i < 16; ++i) {
        const pid_t child = fork();
        BOOST_REQUIRE(child >= 0);
        if (child == 0) {
            {
                const CounterSlot slot = CounterSlot::claim(place());
                slot->unread.add();
            }
            _exit(0);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        waitpid(child, &status, 0);
        BOOST_TEST(status == 0);
    }
    const CounterSlot reader = CounterSlot::claim(place());
    BOOST_TEST(reader.read_all().at(0).counters->unread.value() == 16U);
    BOOST_TEST(reader.read_all().at(0).counters->starts.value() == 17U);
}

BOOST_AUTO_TEST_CASE(sums_never_shrink_while_workers_come_and_go) {
    const CounterSlot reader = CounterSlot::claim(place("auth"));
    const pid_t busy_bee = fork();
    BOOST_REQUIRE(busy_bee >= 0);
    if (busy_bee == 0) {
        for (int i = 0; i < 2000; ++i) {
            const CounterSlot one = CounterSlot::claim(place());
            const CounterSlot two = CounterSlot::claim(place());
            one->unread.add();
            two->unread.add();
        }
        _exit(0);
    }
    std::uint64_t last = 0;
    bool monotonic = true;
    int status = 0;
    while (waitpid(busy_bee, &status, WNOHANG) == 0) {
        for (const PoolTotals& pool : reader.read_all()) {
            if (pool.pool == "api") {
                monotonic = monotonic && pool.counters->unread.value() >= last;
                last = pool.counters->unread.value();
            }
        }
    }
    BOOST_TEST(status == 0);
    BOOST_TEST(monotonic);
    BOOST_TEST(reader.read_all().at(0).counters->unread.value() == 4000U);
}

BOOST_AUTO_TEST_CASE(a_file_of_another_layout_is_replaced) {
    const CounterSlot old = CounterSlot::claim(place("api", "the routes of last week"));
    old->unread.add(5);
    const CounterSlot renewed = CounterSlot::claim(place());
    BOOST_TEST(renewed->unread.value() == 0U);
    old->unread.add(5); // which still works, and counts for nobody
    BOOST_TEST(renewed.read_all().at(0).counters->unread.value() == 0U);
    BOOST_TEST(renewed.read_all().at(0).workers == 1U);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_none_of_ours_is_replaced) {
    for (const std::size_t size : {0U, 10U, 5000U}) {
        std::ofstream(path / "api.counters", std::ios::trunc) << std::string(size, 'x');
        const CounterSlot slot = CounterSlot::claim(place());
        BOOST_TEST(slot.read_all().at(0).workers == 1U);
        std::filesystem::remove(path / "api.counters");
    }
    // A link is not followed.
    std::ofstream(path / "precious") << "content";
    std::filesystem::create_symlink(path / "precious", path / "api.counters");
    const CounterSlot slot = CounterSlot::claim(place());
    BOOST_TEST(!std::filesystem::is_symlink(path / "api.counters"));
    BOOST_TEST(std::filesystem::file_size(path / "precious") == 7U);
}

BOOST_AUTO_TEST_CASE(there_are_so_many_places_and_no_more) {
    std::vector<CounterSlot> all;
    for (std::size_t i = 0; i < max_counter_slots; ++i) {
        all.push_back(CounterSlot::claim(place()));
    }
    BOOST_CHECK_THROW(CounterSlot::claim(place()), std::runtime_error);
    BOOST_TEST(all.front().read_all().at(0).workers == max_counter_slots);
    all.pop_back();
    BOOST_CHECK_NO_THROW(CounterSlot::claim(place()));
}

BOOST_AUTO_TEST_CASE(without_a_folder_there_is_no_place) {
    BOOST_CHECK_THROW(CounterSlot::claim({path / "missing", "api", ""}), std::system_error);
    const CounterSlot alone = CounterSlot::alone({path / "missing", "api", ""});
    alone->unread.add(3);
    BOOST_TEST(alone.read_all().at(0).counters->unread.value() == 3U);
    BOOST_TEST(alone.read_all().at(0).workers == 1U);
}

BOOST_AUTO_TEST_CASE(counting_a_request_costs_less_than_half_a_microsecond) {
    const CounterSlot slot = CounterSlot::claim(place());
    constexpr int rounds = 200'000;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i) {
        slot->busy.set(1);
        slot->queue.observe(1ms);
        slot->database.observe(100us);
        slot->routes.at(12).count(503, 7ms);
        slot->busy.set(0);
    }
    const std::chrono::nanoseconds each = (std::chrono::steady_clock::now() - start) / rounds;
    BOOST_TEST_MESSAGE("a request's counting takes " << each.count() << " ns");
#ifdef NDEBUG
    BOOST_TEST(each.count() < 500);
#endif
}

BOOST_AUTO_TEST_SUITE_END()

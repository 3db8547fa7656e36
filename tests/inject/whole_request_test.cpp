#include <new>
#include <type_traits>

#include <boost/test/unit_test.hpp>

#include "handlers/dispatch.hpp"
#include "tests/fixtures/api.hpp"
#include "tests/fixtures/database.hpp"
#include "tests/fixtures/ear.hpp"
#include "tests/inject/allocation_fault.hpp"
#include "tests/inject/good_requests.hpp"
#include "tests/inject/malloc_fault.hpp"

using namespace sotto;

namespace {

/// What a client can tell of an answer. What dispatch lets out ends the worker.
struct Seen {
    int status = 0;
    bool retry_after = false;
    bool cut = false;
    bool worker_ended = false;
    bool hit = false;
    bool by_new = false; ///< and not in the library, which db/ tells as any failure of the database
};

/// Notes what is seen, without an allocation of its own.
class Watcher : public Reply {
  public:
    explicit Watcher(Seen& seen) : seen_(seen) {}
    bool send(const Response& response) override {
        seen_.status = response.status;
        for (const auto& header : response.headers) {
            seen_.retry_after = seen_.retry_after || header.first == "Retry-After";
        }
        seen_.cut = static_cast<bool>(response.stream);
        return true;
    }
    bool write(std::string_view /*piece*/) override { return true; }
    void finish() override { seen_.cut = false; }

  private:
    Seen& seen_;
};

/// Dispatches a request whose n-th allocation fails, as `Fault` does it.
template<class Fault>
Seen dispatch_failing(App& app, const Request& request, std::size_t nth) {
    Seen seen;
    Dispatcher dispatcher(app);
    Exchange exchange{request, std::make_unique<Watcher>(seen)};
    const Fault fault(nth);
    try {
        dispatcher.dispatch({&exchange, 1});
        while (dispatcher.has_steps()) {
            dispatcher.step();
        }
    } catch (const std::bad_alloc&) {
        seen.worker_ended = true;
    }
    seen.hit = fault.hit();
    seen.by_new = std::is_same_v<Fault, test::AllocationFault>;
    return seen;
}

void check_answer(const Seen& seen, const test::Good& good) {
    BOOST_TEST(!seen.worker_ended);
    if (!seen.hit) {
        BOOST_TEST(seen.status == good.status);
        BOOST_TEST(!seen.cut);
    } else if (seen.status != good.status) {
        BOOST_TEST(seen.status == 503);
        BOOST_TEST(seen.retry_after);
    }
}

/// Who is told of a change, or asked to come back since a change may have been made, hears it from the hub.
void check_notices(const Seen& seen, const test::Good& good, const std::string& heard, const std::string& usual) {
    if (seen.status == good.status) {
        BOOST_TEST(heard.substr(0, heard.find(' ')) == usual.substr(0, usual.find(' ')));
    } else if (good.method != "GET" && seen.by_new) {
        BOOST_TEST(heard.ends_with("close-all\n"), heard);
    }
}

template<class Fault>
void fail_each_allocation(const test::Good& good, bool connected) {
    std::optional<test::World> world;
    test::Ear ear;
    App app = test::make_app(test::Database::shared().as_worker(), ear.path());
    // Makes what is made once in a process, and shows what the hub is told.
    test::call(app, test::World().request(good));
    const std::string usual = ear.heard();
    bool hit = true;
    for (std::size_t nth = 1; hit; ++nth) {
        BOOST_TEST_CONTEXT(good.method << ' ' << good.path << ", allocation " << nth) {
            if (!world || good.method != "GET") {
                world.emplace();
            }
            app.connection.close();
            if (connected) {
                test::call(app, test::make_request("GET", "/readyz"));
            }
            const Request request = world->request(good);
            const Seen seen = dispatch_failing<Fault>(app, request, nth);
            hit = seen.hit;
            check_answer(seen, good);
            app.notifier.flush();
            check_notices(seen, good, ear.heard(), usual);
            // The same worker serves the next one: what was refused or cut may be asked for again.
            BOOST_TEST(test::call(app, test::make_request("GET", "/readyz")).status == 200);
            if (seen.status == 503 || seen.cut) {
                const int repeated = test::call(app, request).status;
                BOOST_TEST((repeated == good.status || repeated == good.repeated), repeated);
            }
            BOOST_REQUIRE(nth < 5000);
        }
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(whole_requests)

/// An answer is whole, or 503, or cut in a way that shows, whichever allocation by `new` fails between reading the
/// request and counting it: in dispatch, in a handler, in JSON, below db/, in the log.
BOOST_AUTO_TEST_CASE(each_allocation_of_each_route_may_fail_once) {
    for (const test::Good& good : test::good_requests()) {
        fail_each_allocation<test::AllocationFault>(good, false);
    }
    BOOST_TEST(test::broken_rows() == "0");
}

#ifndef __SANITIZE_ADDRESS__
/// The same with what Connector/C allocates by itself, once it is connected.
BOOST_AUTO_TEST_CASE(each_allocation_of_the_library_may_fail_once) {
    for (const test::Good& good : test::good_requests()) {
        fail_each_allocation<test::MallocFault>(good, true);
    }
    BOOST_TEST(test::broken_rows() == "0");
}
#endif

BOOST_AUTO_TEST_SUITE_END()

#define BOOST_TEST_MODULE inject
#include <boost/test/unit_test.hpp>

#include "tests/fixtures/database.hpp"

namespace {

/// The private server does not wait for the disk while this suite runs: some ten thousand transactions, none of which
/// has to outlive a power cut.
class WithoutWaitingForTheDisk {
  public:
    WithoutWaitingForTheDisk() { set("0"); }
    WithoutWaitingForTheDisk(const WithoutWaitingForTheDisk&) = delete;
    WithoutWaitingForTheDisk& operator=(const WithoutWaitingForTheDisk&) = delete;
    ~WithoutWaitingForTheDisk() { set("1"); }

  private:
    static void set(const std::string& value) {
        sotto::db::Connection(sotto::test::Database::shared().as_admin())
            .run_script("SET GLOBAL innodb_flush_log_at_trx_commit = " + value);
    }
};

} // namespace

BOOST_TEST_GLOBAL_FIXTURE(WithoutWaitingForTheDisk);

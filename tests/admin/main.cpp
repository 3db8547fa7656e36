#define BOOST_TEST_MODULE admin
#include <boost/test/unit_test.hpp>

#include <csignal>

namespace {

/// As sottoctl's main has it: a program that ends before it has read all its input is no reason to end.
struct WithoutSigpipe {
    WithoutSigpipe() { std::signal(SIGPIPE, SIG_IGN); }
};

} // namespace

BOOST_TEST_GLOBAL_FIXTURE(WithoutSigpipe);

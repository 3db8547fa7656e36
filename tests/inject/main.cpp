#define BOOST_TEST_MODULE inject
#include <boost/test/unit_test.hpp>

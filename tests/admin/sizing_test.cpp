#include <boost/test/unit_test.hpp>

#include "admin/configuration.hpp"
#include "admin/site.hpp"
#include "admin/sizing.hpp"
#include "admin/terminal.hpp"
#include "tests/admin/support.hpp"

using namespace sotto;
using namespace sotto::admin;
using test::has;

BOOST_AUTO_TEST_SUITE(sizing)

BOOST_AUTO_TEST_CASE(cores_decide_until_memory_does) {
    BOOST_TEST(choose_sizing({2, 8192}).api_workers == 3U);
    BOOST_TEST(choose_sizing({8, 8192}).api_workers == 9U);
    BOOST_TEST(choose_sizing({2, 8192}).auth_workers == 2U);
    BOOST_TEST(choose_sizing({64, 262144}).api_workers == 64U); // at most
    BOOST_TEST(choose_sizing({16, 512}).api_workers == 10U);    // an eighth of the memory at 6 MiB
    BOOST_TEST(choose_sizing({4, 512}).auth_workers == 1U);
    BOOST_TEST(choose_sizing({4, 576}).auth_workers == 2U); // a quarter of it at 72 MiB
    BOOST_TEST(choose_sizing({1, 128}).api_workers == 3U);  // at least
    BOOST_TEST(choose_sizing({1, 128}).auth_workers == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_handed_out_is_there) {
    for (const unsigned cores : {1U, 2U, 4U, 16U, 64U}) {
        for (const unsigned memory : {512U, 1024U, 2048U, 8192U, 65536U}) {
            const Sizing sizing = choose_sizing({cores, memory});
            BOOST_TEST_CONTEXT(cores << " cores, " << memory << " MiB") {
                BOOST_TEST(sizing.api_workers * 6 + sizing.auth_workers * 72 + sizing.buffer_pool_mib <= memory);
                BOOST_TEST(sizing.max_connections >= sizing.api_workers + sizing.auth_workers + 32);
                BOOST_TEST(sizing.log_file_mib <= 1024U);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_files_say_it_with_reasons) {
    const Sizing sizing = choose_sizing({2, 2048});
    const std::string units = worker_units(sizing);
    BOOST_TEST(has(units, "sotto-api@3.service sotto-auth@1.service sotto-auth@2.service\n"));
    BOOST_TEST(!has(units, "sotto-api@4"));
    BOOST_TEST(has(database_settings(sizing), "innodb_flush_log_at_trx_commit = 1\n"));
    BOOST_TEST(
        has(database_settings(sizing), "innodb_buffer_pool_size = " + std::to_string(sizing.buffer_pool_mib) + "M\n"));
}

BOOST_AUTO_TEST_CASE(a_place_that_nobody_fills_in_is_noticed) {
    BOOST_TEST(has(fill_site("x @WWW@ a@b", {"d", "c", "k", ""}), "x /usr/share/sotto/www a@b"));
    BOOST_CHECK_THROW(fill_site("@OTHER@", {"d", "c", "k", ""}), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(host_names) {
    for (const std::string& name :
         {std::string("localhost"), std::string("chat.example.org"), std::string("a-b.c1"), std::string(63, 'a')}) {
        BOOST_TEST(is_host_name(name), name);
    }
    for (const std::string& name :
         {std::string(), std::string(64, 'a'), std::string("a."), std::string("a-.b"), std::string("10.0.0.1"),
          std::string("ä.org"), std::string("a b"), std::string(250, 'a') + ".abc"}) {
        BOOST_TEST(!is_host_name(name), name);
    }
}

BOOST_AUTO_TEST_CASE(a_configuration_keeps_what_it_does_not_know) {
    ConfigurationFile file("# comment\nOTHER=\"a b\"\nSOTTO_DB_NAME=one");
    BOOST_TEST(file.get("OTHER").value() == "a b");
    file.set("SOTTO_DB_NAME", "two");
    file.set("SOTTO_DB_USER", "three");
    BOOST_TEST(file.text() == "# comment\nOTHER=\"a b\"\nSOTTO_DB_NAME=two\nSOTTO_DB_USER=three\n");
    BOOST_TEST(!file.get("comment").has_value());
    BOOST_CHECK_THROW(file.set("SOTTO_DB_NAME", "a\nB=c"), std::invalid_argument);
    BOOST_CHECK_THROW(file.set("SOTTO_DB_NAME", "a b"), std::invalid_argument);
    BOOST_CHECK_THROW(file.set("SOTTO_DB_NAME", "$HOME"), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(the_environment_counts_more_than_the_file) {
    const test::Stand stand;
    const std::string file = stand.folder() / "other.conf";
    BOOST_REQUIRE(run({"sh", "-c", "echo SOTTO_DB_NAME=sotto_not_there >" + file}).good());
    BOOST_TEST(stand.ctl_with({"SOTTO_CONFIG=" + file}, {"migrate", "--check"}).status == 0);
    const Words without{"SOTTO_CONFIG=" + file, "env", "-u", "SOTTO_DB_NAME"};
    BOOST_TEST(stand.ctl_with(without, {"migrate", "--check"}).status == 3);
}

BOOST_AUTO_TEST_CASE(a_terminal_gets_no_control_characters) {
    BOOST_TEST(printable("Ä b\U0001F600") == "Ä b\U0001F600");
    BOOST_TEST(printable("\x1b[2J") == "?[2J");
    BOOST_TEST(printable("a\xc2\x9b"
                         "b\x7f") == "a?b?");
}

BOOST_AUTO_TEST_SUITE_END()

// The command line: what is taken, what is refused, and that everything which describes it says the same.

#include <boost/test/unit_test.hpp>

#include <array>

#include "admin/command.hpp"
#include "admin/files.hpp"
#include "tests/admin/support.hpp"

using namespace sotto;
using namespace sotto::admin;
using test::has;

namespace {

constexpr std::array options{
    Option{"--file", "FILE", "a file"},
    Option{"--all", "", "everything"},
};

Arguments parse(const std::vector<std::string>& words, std::string_view operands = "[NAME]") {
    return {words, options, operands};
}

} // namespace

BOOST_AUTO_TEST_SUITE(command_line)

BOOST_AUTO_TEST_CASE(options_and_operands_are_told_apart) {
    BOOST_TEST(parse({"--file", "x"}).value("--file").value() == "x");
    BOOST_TEST(parse({"--file=x=y"}).value("--file").value() == "x=y");
    BOOST_TEST(parse({"--all"}).has("--all"));
    BOOST_TEST(!parse({}).has("--all"));
    BOOST_TEST(parse({"a", "--all"}).operand(0).value() == "a");
    BOOST_TEST(parse({"--", "--all"}).operand(0).value() == "--all");
    BOOST_TEST(parse({"-"}).operand(0).value() == "-");
    BOOST_TEST(!parse({}).operand(0).has_value());
}

BOOST_AUTO_TEST_CASE(what_makes_no_sense_is_refused) {
    using Line = std::vector<std::string>;
    for (const Line& line : {Line{"--other"}, Line{"-x"}, Line{"--file"}, Line{"--file="}, Line{"--all=yes"},
                             Line{"--all", "--all"}, Line{"--file", "x", "--file=y"}, Line{"a", "b"}}) {
        BOOST_CHECK_THROW(parse(line), UsageError);
    }
    BOOST_CHECK_THROW(parse({}, "NAME"), UsageError);
    BOOST_CHECK_THROW(parse({"a"}, ""), UsageError);
    BOOST_CHECK_NO_THROW(parse({"a", "b"}, "NAME [OTHER]"));
    BOOST_CHECK_THROW(parse({"a", "b", "c"}, "NAME [OTHER]"), UsageError);
}

BOOST_AUTO_TEST_CASE(exit_codes_are_as_documented) {
    const test::Stand stand;
    BOOST_TEST(stand.ctl({"--help"}).status == 0);
    BOOST_TEST(stand.ctl({"users", "add", "--help"}).status == 0);
    BOOST_TEST(stand.ctl({"migrate", "--check"}).status == 0);
    BOOST_TEST(stand.ctl({"users", "lock", "nobody"}).status == 1);
    BOOST_TEST(stand.ctl({}).status == 2);
    BOOST_TEST(stand.ctl({"users"}).status == 2);
    BOOST_TEST(stand.ctl({"users", "lock"}).status == 2);
    BOOST_TEST(stand.ctl({"users", "list", "--nothing"}).status == 2);
    BOOST_TEST(stand.ctl_with({"SOTTO_DB_NAME=sotto_not_there"}, {"migrate", "--check"}).status == 3);
    BOOST_TEST(stand.ctl_with({"SOTTO_DB_SOCKET=/nonexistent"}, {"stats"}).status == 1);
}

BOOST_AUTO_TEST_CASE(help_manual_and_completion_describe_the_same_commands) {
    const std::string source = SOTTO_SOURCE;
    const std::string manual = *read_file(source + "/admin/sottoctl.8");
    const std::string completion = *read_file(source + "/admin/sottoctl.bash-completion");
    const test::Stand stand;
    const std::string help = stand.ctl({"--help"}).out;
    for (const Command& command : commands()) {
        const std::string words(command.words);
        const std::size_t space = words.find(' ');
        const std::string in_manual = space == std::string::npos
                                          ? ".It Cm " + words
                                          : ".It Cm " + words.substr(0, space) + " " + words.substr(space + 1);
        BOOST_TEST_CONTEXT(words) {
            BOOST_TEST(has(help, "  " + words + " "));
            BOOST_TEST(has(help, std::string(command.summary)));
            const std::size_t at = manual.find(in_manual);
            BOOST_REQUIRE(at != std::string::npos);
            const std::string entry = manual.substr(at, manual.find(".It Cm ", at + 1) - at);
            const std::size_t line = completion.find("    [" + words + "]=\"");
            BOOST_REQUIRE(line != std::string::npos);
            const std::string completed = completion.substr(line, completion.find('\n', line) - line);
            const std::string own_help =
                stand
                    .ctl({words.substr(0, space), space == std::string::npos ? "--help" : words.substr(space + 1),
                          "--help"})
                    .out;
            std::string expected = "    [" + words + "]=\"";
            for (const Option& option : command.options) {
                const std::string name(option.name);
                BOOST_TEST(has(own_help, "  " + name));
                BOOST_TEST(has(entry, "Fl Fl " + name.substr(2)));
                expected += name + " ";
            }
            BOOST_TEST(completed == expected + "--help\"");
        }
    }
    const auto count = [](const std::string& text, const std::string& part) {
        std::size_t found = 0;
        for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
            ++found;
        }
        return found;
    };
    BOOST_TEST(count(manual, ".It Cm ") == commands().size());
    BOOST_TEST(count(completion, "]=\"") == commands().size());
}

BOOST_AUTO_TEST_CASE(the_manual_is_well_formed) {
    const auto outcome = run({"env", "LC_ALL=C.UTF-8", "MANROFFSEQ=", "man", "--warnings", "-E", "UTF-8", "-l",
                              "-Tutf8", "-Z", std::string(SOTTO_SOURCE) + "/admin/sottoctl.8"});
    BOOST_TEST(outcome.status == 0);
    BOOST_TEST(outcome.err == "");
}

BOOST_AUTO_TEST_SUITE_END()

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "auth/keys.hpp"

using namespace sotto::auth;
using namespace std::string_literals;
namespace fs = std::filesystem;

namespace {

/// 32 bytes of one value in base64url.
const std::string zeros(43, 'A');
const std::string ones = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

class Folder {
  public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "sotto-keys-XXXXXX").string();
        BOOST_REQUIRE(mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path_); }

    fs::path operator/(std::string_view name) const { return path_ / name; }

    std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(path_)) {
            names.push_back(entry.path().filename());
        }
        std::ranges::sort(names);
        return names;
    }

  private:
    fs::path path_;
};

void write(const fs::path& file, std::string_view text, mode_t mode = 0600) {
    std::ofstream(file, std::ios::binary) << text;
    BOOST_REQUIRE(chmod(file.c_str(), mode) == 0);
}

std::string read(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

struct stat status_of(const fs::path& file) {
    struct stat status {};
    BOOST_REQUIRE(stat(file.c_str(), &status) == 0);
    return status;
}

std::vector<std::string> ids(const KeyRing& ring) {
    std::vector<std::string> ids;
    for (const Key& key : ring.all()) {
        ids.push_back(key.id);
    }
    return ids;
}

/// What `load` says about a file, or nothing where it takes it.
std::string complaint(const fs::path& file) {
    try {
        KeyRing::load(file);
        return "";
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

/// Keeps any file that is written from growing past `bytes`, with an error instead of the signal.
class FileSizeLimit {
  public:
    explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        BOOST_REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;
    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

  private:
    rlimit before_{};
    void (*handler_)(int);
};

boost::test_tools::assertion_result is_root(boost::unit_test::test_unit_id /*test*/) {
    return geteuid() == 0;
}

} // namespace

BOOST_AUTO_TEST_SUITE(auth_keys)

BOOST_AUTO_TEST_CASE(a_ring_needs_good_keys) {
    const auto ring_of = [](auto... pairs) {
        std::vector<Key> keys;
        (keys.push_back({pairs.first, Secret(pairs.second)}), ...);
        return KeyRing(std::move(keys));
    };
    const std::string secret(32, 's');
    BOOST_CHECK_THROW(ring_of(), std::invalid_argument);
    BOOST_TEST(ring_of(std::pair("a"s, secret), std::pair("b"s, secret)).newest().id == "b");
    BOOST_CHECK_THROW(ring_of(std::pair("a"s, secret), std::pair("b"s, secret), std::pair("a"s, secret)),
                      std::invalid_argument);
    BOOST_CHECK_NO_THROW(ring_of(std::pair("azAZ09_-"s, secret)));
    BOOST_CHECK_NO_THROW(ring_of(std::pair(std::string(32, 'a'), secret)));
    for (const std::string& id :
         {""s, std::string(33, 'a'), "a b"s, "a\"b"s, "a.b"s, "a/b"s, "a~b"s, "\xc3\xa9"s, "a\0"s}) {
        BOOST_TEST_CONTEXT("id " << id) {
            BOOST_CHECK_THROW(ring_of(std::pair(id, secret)), std::invalid_argument);
        }
    }
    for (const std::size_t size : {0U, 31U, 33U, 64U}) {
        BOOST_CHECK_THROW(ring_of(std::pair("a"s, std::string(size, 's'))), std::invalid_argument);
    }
}

BOOST_AUTO_TEST_CASE(a_file_is_read_oldest_first) {
    const Folder folder;
    const fs::path file = folder / "keys";
    struct Case {
        std::string text;
        std::vector<std::string> ids;
    };
    const Case cases[] = {
        {"old " + zeros + "\nnew " + ones + "\n", {"old", "new"}},
        {"old " + zeros + "\nnew " + ones, {"old", "new"}},
        {"# rotated in May\n\nold " + zeros + "\n#off " + ones + "\n\n", {"old"}},
        {"#\r\nold " + zeros + "\n", {"old"}},
        {std::string(32, 'i') + ' ' + ones + '\n', {std::string(32, 'i')}},
    };
    for (const auto& [text, expected] : cases) {
        write(file, text);
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST(ids(KeyRing::load(file)) == expected, boost::test_tools::per_element());
        }
    }
    write(file, "old " + zeros + "\nnew " + ones + '\n');
    const KeyRing ring = KeyRing::load(file);
    BOOST_TEST(ring.newest().id == "new");
    BOOST_TEST(std::ranges::equal(ring.newest().secret.bytes(), std::string(32, '\1')));
    BOOST_TEST(std::ranges::equal(ring.all().front().secret.bytes(), std::string(32, '\0')));
}

BOOST_AUTO_TEST_CASE(a_malformed_file_is_refused_by_line_without_its_secrets) {
    const Folder folder;
    const fs::path file = folder / "keys";
    struct Case {
        std::string text;
        std::string where; ///< what follows the file's name in the message
    };
    const Case cases[] = {
        {"", ": "},
        {"\n\n", ": "},
        {"# nothing but a comment\n", ": "},
        {"a " + ones + "\r\n", ":1: "},
        {"# comment\n\na " + zeros + "\na " + ones + '\n', ":4: "},
        {"a " + ones.substr(1) + '\n', ":1: "},      // not canonical
        {"a " + ones.substr(0, 42) + '\n', ":1: "},  // 31 bytes
        {"a " + ones + "A\n", ":1: "},               // 33 bytes
        {"a " + ones + "=\n", ":1: "},               // padded
        {"a " + ones.substr(0, 42) + "F\n", ":1: "}, // left-over bits
        {"a " + ones + " \n", ":1: "},
        {"a  " + ones + '\n', ":1: "},
        {" a " + ones + '\n', ":1: "},
        {"a\t" + ones + '\n', ":1: "},
        {' ' + ones + '\n', ":1: "},
        {ones + '\n', ":1: "},
        {"a\n", ":1: "},
        {"a \n", ":1: "},
        {"a.b " + ones + '\n', ":1: "},
        {std::string(33, 'i') + ' ' + ones + '\n', ":1: "},
        {"ok " + zeros + "\na " + ones + "\0\n"s, ":2: "},
        {"\xef\xbb\xbf"
         "a " +
             ones + '\n',
         ":1: "},
    };
    for (const auto& [text, where] : cases) {
        write(file, text);
        const std::string message = complaint(file);
        BOOST_TEST_CONTEXT(text << " gave: " << message) {
            BOOST_TEST(message.starts_with(file.string() + where));
            BOOST_TEST(message.find(ones.substr(1, 30)) == std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_file_that_others_can_open_is_refused) {
    const Folder folder;
    const fs::path file = folder / "keys";
    for (const mode_t mode : {0400U, 0600U, 0440U, 0640U}) {
        write(file, "a " + ones + '\n');
        BOOST_REQUIRE(chmod(file.c_str(), mode) == 0);
        BOOST_TEST(complaint(file) == "");
    }
    for (const mode_t mode : {0644U, 0604U, 0602U, 0666U}) {
        BOOST_REQUIRE(chmod(file.c_str(), mode) == 0);
        BOOST_TEST(complaint(file).starts_with(file.string() + ": "));
        BOOST_CHECK_THROW(add_key(file), std::runtime_error);
    }
    BOOST_TEST(read(file) == "a " + ones + '\n');
}

BOOST_AUTO_TEST_CASE(what_is_no_file_is_refused) {
    const Folder folder;
    const fs::path missing = folder / "missing";
    BOOST_TEST(complaint(missing).starts_with(missing.string() + ": "));
    const fs::path sub = folder / "sub";
    fs::create_directory(sub, folder / ".");
    BOOST_REQUIRE(chmod(sub.c_str(), 0700) == 0);
    BOOST_TEST(complaint(sub).starts_with(sub.string() + ": "));
    BOOST_CHECK_THROW(add_key(sub), std::runtime_error);
    BOOST_CHECK_THROW(add_key(folder / "no/such/folder"), std::runtime_error);
    BOOST_TEST(folder.names() == std::vector{"sub"s}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_first_key_makes_the_file) {
    const Folder folder;
    const fs::path file = folder / "keys";
    // What a crash in an earlier call could have left.
    write(folder / "keys.new", "half a li", 0644);
    const std::string id = add_key(file);
    BOOST_TEST(std::regex_match(id, std::regex("20[0-9]{6}-[0-9a-f]{8}")));
    BOOST_TEST((status_of(file).st_mode & 07777) == 0600U);
    const KeyRing ring = KeyRing::load(file);
    BOOST_TEST(ids(ring) == std::vector{id}, boost::test_tools::per_element());
    BOOST_TEST(!std::ranges::equal(ring.newest().secret.bytes(), std::string(32, '\0')));
    BOOST_TEST(folder.names() == std::vector{"keys"s}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_new_key_is_the_newest_and_the_rest_stays) {
    const Folder folder;
    const fs::path file = folder / "keys";
    for (const std::string& old : {""s, "# mine\n"s, "# mine\n\na " + ones + '\n', "# mine\na " + ones}) {
        write(file, old, 0640);
        const ino_t inode = status_of(file).st_ino;
        const std::string id = add_key(file);
        const KeyRing ring = KeyRing::load(file);
        BOOST_TEST_CONTEXT(old) {
            BOOST_TEST(ring.newest().id == id);
            BOOST_TEST(ring.all().size() == (old.find(ones) == std::string::npos ? 1U : 2U));
            BOOST_TEST(read(file).starts_with(old));
            BOOST_TEST((status_of(file).st_mode & 07777) == 0640U);
            BOOST_TEST(status_of(file).st_ino != inode); // replaced, not written over
        }
    }
    const std::string before = read(file);
    const std::string id = add_key(file);
    const KeyRing ring = KeyRing::load(file);
    BOOST_TEST(ring.newest().id == id);
    BOOST_TEST(!std::ranges::equal(ring.newest().secret.bytes(), ring.all()[1].secret.bytes()));
    BOOST_TEST(read(file).starts_with(before));
}

BOOST_AUTO_TEST_CASE(the_owner_stays, *boost::unit_test::precondition(is_root)) {
    const Folder folder;
    const fs::path file = folder / "keys";
    write(file, "a " + ones + '\n', 0640);
    BOOST_REQUIRE(chown(file.c_str(), 1, 2) == 0);
    add_key(file);
    BOOST_TEST(status_of(file).st_uid == 1U);
    BOOST_TEST(status_of(file).st_gid == 2U);
    BOOST_TEST((status_of(file).st_mode & 07777) == 0640U);
}

BOOST_AUTO_TEST_CASE(a_symbolic_link_stays_one) {
    const Folder folder;
    write(folder / "real", "a " + ones + '\n');
    fs::create_symlink("real", folder / "keys");
    const std::string id = add_key(folder / "keys");
    BOOST_TEST(fs::is_symlink(folder / "keys"));
    BOOST_TEST(KeyRing::load(folder / "real").newest().id == id);
}

BOOST_AUTO_TEST_CASE(a_failure_leaves_the_file_as_it_was) {
    const Folder folder;
    const fs::path file = folder / "keys";
    const std::string malformed = "a " + ones + "\nb short\n";
    write(file, malformed);
    BOOST_CHECK_THROW(add_key(file), std::runtime_error);
    BOOST_TEST(read(file) == malformed);

    const std::string good = "a " + ones + '\n';
    write(file, good);
    {
        const FileSizeLimit limit(good.size() + 10);
        BOOST_CHECK_THROW(add_key(file), std::runtime_error);
    }
    BOOST_TEST(read(file) == good);
    BOOST_TEST(folder.names() == std::vector{"keys"s}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_can_not_be_replaced_stays) {
    const Folder folder;
    // A socket, which can't be opened.
    const fs::path socket = folder / "socket";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket.string().copy(address.sun_path, sizeof address.sun_path - 1);
    const int bound = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    BOOST_REQUIRE(bind(bound, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    BOOST_CHECK_THROW(add_key(socket), std::system_error);
    BOOST_TEST(fs::is_socket(socket));
    close(bound);

    // A file whose replacement's name is taken by what can't be removed.
    const fs::path file = folder / "keys";
    write(file, "a " + ones + '\n');
    fs::create_directory(folder / "keys.new");
    BOOST_CHECK_THROW(add_key(file), std::system_error);
    BOOST_TEST(read(file) == "a " + ones + '\n');
    BOOST_TEST(folder.names() == (std::vector{"keys"s, "keys.new"s, "socket"s}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_file_that_would_change_its_owner_stays, *boost::unit_test::precondition(is_root)) {
    const Folder folder;
    const fs::path file = folder / "keys";
    constexpr id_t nobody = 65534;
    write(file, "a " + ones + '\n', 0640);
    BOOST_REQUIRE(chown(file.c_str(), 0, nobody) == 0);
    BOOST_REQUIRE(chmod(file.parent_path().c_str(), 0777) == 0);
    // Somebody who may read the file and write to its folder.
    BOOST_REQUIRE(setegid(nobody) == 0);
    BOOST_REQUIRE(seteuid(nobody) == 0);
    BOOST_CHECK_THROW(add_key(file), std::system_error);
    BOOST_REQUIRE(seteuid(0) == 0);
    BOOST_REQUIRE(setegid(0) == 0);
    BOOST_TEST(read(file) == "a " + ones + '\n');
    BOOST_TEST(folder.names() == std::vector{"keys"s}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_older_key_is_removed_and_no_other) {
    const Folder folder;
    const fs::path file = folder / "keys";
    const std::string before = "# mine\nold " + zeros + "\n#off " + ones + "\n\nnew " + ones;
    write(file, before);
    for (const std::string_view id : {"new", "off", "none", ""}) {
        BOOST_CHECK_THROW(remove_key(file, id), std::runtime_error);
        BOOST_TEST(read(file) == before);
    }
    remove_key(file, "old");
    BOOST_TEST(read(file) == "# mine\n#off " + ones + "\n\nnew " + ones);
    BOOST_CHECK_THROW(remove_key(folder / "missing", "old"), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(many_at_once_lose_no_key) {
    const Folder folder;
    const fs::path file = folder / "keys";
    constexpr std::size_t threads = 8;
    constexpr std::size_t rounds = 6;
    std::vector<std::vector<std::string>> added(threads);
    {
        std::vector<std::jthread> running;
        running.reserve(threads);
        for (auto& mine : added) {
            running.emplace_back([&mine, &file] {
                for (std::size_t i = 0; i < rounds; ++i) {
                    mine.push_back(add_key(file));
                }
            });
        }
    }
    const std::vector<std::string> present = ids(KeyRing::load(file));
    BOOST_TEST(present.size() == threads * rounds);
    for (const auto& mine : added) {
        BOOST_TEST(mine.size() == rounds);
        for (const auto& id : mine) {
            BOOST_TEST(std::ranges::count(present, id) == 1);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

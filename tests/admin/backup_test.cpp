#include <boost/test/unit_test.hpp>

#include <fstream>
#include <future>

#include <sys/stat.h>

#include "admin/backup_file.hpp"
#include "admin/files.hpp"
#include "auth/random.hpp"
#include "db/messages.hpp"
#include "db/migrate.hpp"
#include "db/sessions.hpp"
#include "db/users.hpp"
#include "tests/admin/support.hpp"

using namespace sotto;
using namespace sotto::admin;
using test::has;

namespace {

struct Fixture {
    test::Stand stand;
    db::Connection worker{stand.database().as_worker()};
    db::SessionId session = auth::random_session_id();
    std::string file = stand.folder() / "backup";

    Fixture() {
        const auto alice = db::create_user(worker, {"alice", "Älice \U0001F600", std::nullopt, "hash"});
        db::create_user(worker, {"bob", "bob", "b@example.org", "hash"});
        db::create_session(worker, alice->id,
                           {.id = session,
                            .created_at = {},
                            .last_seen_at = {},
                            .expires_at = db::end_of_time,
                            .user_agent = "'quoted' \\ \"twice\"",
                            .ip = "192.0.2.1"},
                           "hash");
        send("one");
        send("zwei 'und' \\ drei\n\t");
    }
    ~Fixture() {
        db::Connection admin(stand.database().as_admin());
        while (const auto name = admin.query_value("SELECT schema_name FROM information_schema.schemata WHERE"
                                                   " schema_name LIKE '" +
                                                   stand.database().name() + "\\_%' LIMIT 1")) {
            admin.run_script("DROP DATABASE `" + *name + "`");
        }
    }

    bool send(std::string_view text) {
        return db::send_message(worker, session, {.recipient = "bob", .content = {.type = "text", .text = text}})
                   .outcome == db::SendOutcome::sent;
    }

    /// Databases beside the real one.
    std::string databases_beside() const {
        return stand.value("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name LIKE '" +
                           stand.database().name() + "\\_%'");
    }

    std::string messages() const { return stand.value("SELECT COUNT(*) FROM messages"); }

    TableStates states() const {
        db::Connection admin(stand.database().as_admin());
        return read_table_states(admin, stand.database().name());
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(backups, Fixture)

BOOST_AUTO_TEST_CASE(what_is_restored_is_what_was_backed_up) {
    const TableStates before = states();
    BOOST_TEST(before.at("messages").rows == 2);
    const auto made = stand.ctl({"backup", file});
    BOOST_TEST(made.good(), made.err);
    struct stat status {};
    BOOST_TEST(stat(file.c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & ALLPERMS) == 0600U);
    BOOST_TEST(databases_beside() == "0");
    BOOST_TEST(!has(*read_file(file), "\"keys\""));

    BOOST_TEST(send("three"));
    const auto refused = stand.ctl({"restore", file});
    BOOST_TEST(refused.status == 1);
    BOOST_TEST(has(refused.err, "--replace"));
    BOOST_TEST(messages() == "3");

    const auto restored = stand.ctl({"restore", file, "--replace"});
    BOOST_TEST(restored.good(), restored.err);
    BOOST_TEST((states() == before));
    BOOST_TEST(databases_beside() == "1"); // what was there before
    BOOST_TEST(send("after"));             // with the worker's rights and the connection that it had
    BOOST_TEST(messages() == "3");
}

BOOST_AUTO_TEST_CASE(it_can_be_restored_where_nothing_is) {
    const TableStates before = states();
    BOOST_TEST(stand.ctl({"backup", file}).good());
    const std::string name = stand.database().name() + "_new";
    const auto restored = stand.ctl_with({"SOTTO_DB_NAME=" + name}, {"restore", file});
    BOOST_TEST(restored.good(), restored.err);
    db::Connection admin(stand.database().as_admin());
    BOOST_TEST((read_table_states(admin, name) == before));
    auto settings = stand.database().as_worker();
    settings.database = name;
    db::Connection there(settings);
    BOOST_TEST(
        (db::send_message(there, session, {.recipient = "bob", .content = {.type = "text", .text = "x"}}).outcome ==
         db::SendOutcome::sent));
    BOOST_TEST(databases_beside() == "1"); // the new one alone
}

BOOST_AUTO_TEST_CASE(a_backup_while_messages_are_sent_is_of_one_moment) {
    std::promise<void> over;
    const auto sender = std::async(std::launch::async, [&, until = over.get_future()] {
        int sent = 0;
        while (until.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
            BOOST_REQUIRE(send("more"));
            ++sent;
        }
        return sent;
    });
    const auto made = stand.ctl({"backup", file});
    over.set_value();
    sender.wait();
    BOOST_TEST(made.good(), made.err);
    const auto header = read_header(open_backup(file), file);
    BOOST_TEST(header.tables.at("messages").rows >= 2);
    BOOST_TEST(stand.ctl({"restore", file, "--replace"}).good());
    BOOST_TEST(stand.value("SELECT SUM(last_seq) = (SELECT COUNT(*) FROM messages) FROM conversations") == "1");
}

BOOST_AUTO_TEST_CASE(a_restore_that_fails_leaves_everything_as_it_was) {
    BOOST_TEST(stand.ctl({"backup", file}).good());
    BOOST_TEST(send("three"));
    const TableStates before = states();
    const std::string whole = *read_file(file);
    const auto fails = [&](const std::string& name, const std::string& text, const std::string& why) {
        BOOST_TEST_CONTEXT(name) {
            const std::string damaged = stand.folder() / name;
            write_file(damaged, text, 0600);
            const auto outcome = stand.ctl({"restore", damaged, "--replace"});
            BOOST_TEST(outcome.status == 1);
            BOOST_TEST(has(outcome.err, why), outcome.err);
            BOOST_TEST((states() == before));
            BOOST_TEST(databases_beside() == "0");
        }
    };
    fails("no-backup", "something else", "no backup");
    fails("cut-header", whole.substr(0, 16000), "no backup");
    fails("cut", whole.substr(0, whole.size() - 200), "could not be loaded");
    std::string flipped = whole;
    flipped[backup_header_bytes + 500] = static_cast<char>(flipped[backup_header_bytes + 500] ^ 0x10);
    fails("flipped", flipped, "could not be loaded");
    fails("another-count", replaced(whole, R"("rows":2})", R"("rows":3})"), "not what was backed up");
    std::string newer = whole;
    const std::string version = "\"schema_version\":" + stand.value("SELECT MAX(version) FROM schema_version");
    newer.replace(newer.find(version + ","), version.size(), "\"schema_version\":99");
    fails("newer", newer, "newer Sotto");
    BOOST_TEST(stand.ctl({"restore", stand.folder() / "missing"}).status == 1);
    BOOST_TEST(send("four"));
}

BOOST_AUTO_TEST_CASE(a_backup_of_an_older_schema_is_brought_up_to_date) {
    auto older = db::embedded_migrations();
    older.pop_back();
    const std::string name = stand.database().name() + "_old";
    db::Connection admin(stand.database().as_admin());
    db::migrate(admin, name, older);
    admin.run_script(
        "INSERT INTO users (user_name, display_name, password_hash, created_at) VALUES ('old', 'old', '', NOW())");
    const Words of_old{"SOTTO_DB_NAME=" + name};
    BOOST_TEST(stand.ctl_with(of_old, {"backup", file}).good());
    BOOST_TEST(read_header(open_backup(file), file).schema_version == older.back().version);
    BOOST_TEST(stand.ctl_with(of_old, {"restore", file, "--replace"}).good());
    BOOST_TEST(stand.ctl_with(of_old, {"migrate", "--check"}).good());
    BOOST_TEST(stand.ctl_with(of_old, {"users", "lock", "old"}).good());
    auto settings = stand.database().as_worker();
    settings.database = name;
    db::Connection there(settings);
    BOOST_TEST(
        (db::send_message(there, session, {.recipient = "old", .content = {.type = "text", .text = "x"}}).outcome ==
         db::SendOutcome::no_session)); // the procedures are there, and the right to call them
}

BOOST_AUTO_TEST_CASE(keys_travel_only_when_asked_for) {
    const std::string keys = *read_file(stand.keys());
    BOOST_TEST(stand.ctl({"backup", file, "--with-keys"}).good());
    BOOST_TEST(stand.ctl({"keys", "rotate"}).good());
    const std::string rotated = *read_file(stand.keys());
    BOOST_TEST(stand.ctl({"restore", file, "--replace"}).good());
    BOOST_TEST(*read_file(stand.keys()) == rotated);
    BOOST_TEST(stand.ctl({"restore", file, "--replace", "--with-keys"}).good());
    BOOST_TEST(*read_file(stand.keys()) == keys);
    BOOST_TEST(*read_file(stand.keys().string() + ".before-restore") == rotated);

    const std::string without = file + "2";
    BOOST_TEST(stand.ctl({"backup", without}).good());
    BOOST_TEST(stand.ctl({"restore", without, "--replace", "--with-keys"}).status == 1);
}

BOOST_AUTO_TEST_CASE(what_is_interrupted_leaves_nothing_behind) {
    BOOST_TEST(stand.ctl({"backup", file}).good());
    const TableStates before = states();
    // A gzip that gets nowhere, as on a disk that hangs.
    write_file(stand.folder() / "bin/gzip", "#!/bin/sh\nexec sleep 60\n", 0700);
    const auto interrupted = [&](const Words& words) {
        Words line = stand.command({"PATH=" + (stand.folder() / "bin").string() + ":/usr/bin:/bin"}, words);
        line.insert(line.begin(), {"timeout", "--preserve-status", "--signal=TERM", "2"});
        return run(line);
    };
    const std::string other = stand.folder() / "other";
    const auto backup = interrupted({"backup", other});
    BOOST_TEST(backup.status == 1);
    BOOST_TEST(has(backup.err, "interrupted"), backup.err);
    BOOST_TEST(!std::filesystem::exists(other + ".part"));
    const auto restore = interrupted({"restore", file, "--replace"});
    BOOST_TEST(restore.status == 1);
    BOOST_TEST(has(restore.err, "interrupted"), restore.err);
    BOOST_TEST(databases_beside() == "0");
    BOOST_TEST((states() == before));
}

BOOST_AUTO_TEST_CASE(nothing_is_overwritten_and_nothing_half_is_left) {
    write_file(file, "mine", 0600);
    BOOST_TEST(stand.ctl({"backup", file}).status == 1);
    BOOST_TEST(*read_file(file) == "mine");
    const std::string other = stand.folder() / "other";
    BOOST_TEST(stand.ctl_with({"SOTTO_DB_NAME=sotto_not_there"}, {"backup", other}).status == 1);
    BOOST_TEST(!std::filesystem::exists(other));
    BOOST_TEST(!std::filesystem::exists(other + ".part"));
    BOOST_TEST(stand.ctl({"backup", "/nonexistent/folder/file"}).status == 1);
}

BOOST_AUTO_TEST_SUITE_END()

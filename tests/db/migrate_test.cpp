#include <boost/test/unit_test.hpp>

#include "db/migrate.hpp"
#include "tests/fixtures/database.hpp"

using namespace sotto;

namespace {

/// A database name that is dropped at the end; what is in it is up to the test.
struct EmptyDatabase {
    EmptyDatabase() : connection({test::Database::shared().as_admin().socket, "", "root"}) {
        connection.run_script("DROP DATABASE IF EXISTS " + name);
    }
    ~EmptyDatabase() { connection.run_script("DROP DATABASE IF EXISTS " + name); }

    /// Every table, column, index, constraint and routine of the database, as text.
    std::string schema() {
        connection.run_script("SET SESSION group_concat_max_len = 1000000");
        std::string text;
        for (const std::string query : {
                 "SELECT GROUP_CONCAT(table_name, column_name, ordinal_position, IFNULL(column_default, '-'), "
                 "is_nullable,"
                 " column_type, IFNULL(collation_name, '-'), extra ORDER BY table_name, ordinal_position)"
                 " FROM information_schema.columns WHERE table_schema = ",
                 "SELECT GROUP_CONCAT(table_name, index_name, seq_in_index, column_name, non_unique"
                 " ORDER BY table_name, index_name, seq_in_index)"
                 " FROM information_schema.statistics WHERE table_schema = ",
                 "SELECT GROUP_CONCAT(table_name, constraint_name, constraint_type ORDER BY table_name, "
                 "constraint_name)"
                 " FROM information_schema.table_constraints WHERE table_schema = ",
                 "SELECT GROUP_CONCAT(routine_name, routine_definition, security_type ORDER BY routine_name)"
                 " FROM information_schema.routines WHERE routine_schema = ",
             }) {
            text += connection.query_value(query + connection.quote(name)).value_or("(none)") + "\n";
        }
        return text;
    }

    std::string name = test::Database::shared().name() + test::unique_name("_migrate");
    db::Connection connection;
};

std::vector<db::Migration> without_last(std::vector<db::Migration> migrations) {
    migrations.pop_back();
    return migrations;
}

} // namespace

BOOST_AUTO_TEST_SUITE(migrate)

BOOST_AUTO_TEST_CASE(numbers_have_no_hole) {
    int expected = 0;
    for (const db::Migration& migration : db::embedded_migrations()) {
        BOOST_TEST(migration.version == ++expected);
    }
    BOOST_TEST(db::newest_version() == expected);
}

BOOST_AUTO_TEST_CASE(empty_and_previous_version_end_in_the_same_schema) {
    EmptyDatabase whole;
    EmptyDatabase stepwise;
    const auto& all = db::embedded_migrations();
    BOOST_TEST(db::migrate(whole.connection, whole.name, all).size() == all.size());
    BOOST_TEST(db::migrate(stepwise.connection, stepwise.name, without_last(all)).size() == all.size() - 1);
    BOOST_TEST(stepwise.schema() != whole.schema());
    BOOST_TEST(db::migrate(stepwise.connection, stepwise.name, all).size() == 1U);
    BOOST_TEST(stepwise.schema() == whole.schema());
}

BOOST_AUTO_TEST_CASE(a_second_run_changes_nothing) {
    EmptyDatabase database;
    db::migrate(database.connection, database.name, db::embedded_migrations());
    const std::string before = database.schema();
    BOOST_TEST(db::migrate(database.connection, database.name, db::embedded_migrations()).empty());
    BOOST_TEST(database.schema() == before);
}

BOOST_AUTO_TEST_CASE(every_step_may_be_cut_off_and_run_again) {
    EmptyDatabase whole;
    const auto& all = db::embedded_migrations();
    db::migrate(whole.connection, whole.name, all);
    const std::string expected = whole.schema();
    for (const db::Migration& cut : all) {
        // As if the process had died after the step's last statement and before the step was noted.
        whole.connection.run_script("UPDATE schema_version SET applied_at = NULL WHERE version = " +
                                    std::to_string(cut.version));
        BOOST_TEST(db::migrate(whole.connection, whole.name, all).size() == 1U);
        BOOST_TEST(whole.schema() == expected);
    }
}

BOOST_AUTO_TEST_CASE(a_failed_step_is_not_noted_as_applied) {
    EmptyDatabase database;
    auto migrations = db::embedded_migrations();
    const int next = db::newest_version() + 1;
    migrations.push_back(
        {next, "broken", "CREATE TABLE IF NOT EXISTS half (id INT); CREATE TABLE broken (id NONSENSE)"});
    BOOST_CHECK_THROW(db::migrate(database.connection, database.name, migrations), db::Error);
    migrations.back().sql = "CREATE TABLE IF NOT EXISTS half (id INT); CREATE TABLE IF NOT EXISTS mended (id INT)";
    migrations.back().name = "mended";
    BOOST_TEST(db::migrate(database.connection, database.name, migrations).size() == 1U);
    BOOST_TEST(database.connection.query_value("SELECT MAX(version) FROM schema_version").value() ==
               std::to_string(next));
}

BOOST_AUTO_TEST_CASE(a_newer_schema_is_refused) {
    EmptyDatabase database;
    db::migrate(database.connection, database.name, db::embedded_migrations());
    const std::string before = database.schema();
    BOOST_CHECK_THROW(db::migrate(database.connection, database.name, without_last(db::embedded_migrations())),
                      db::MigrationRefused);
    BOOST_TEST(database.schema() == before);
}

BOOST_AUTO_TEST_CASE(a_changed_text_is_refused) {
    EmptyDatabase database;
    db::migrate(database.connection, database.name, db::embedded_migrations());
    auto changed = db::embedded_migrations();
    const std::string text = std::string(changed.front().sql) + " ";
    changed.front().sql = text;
    BOOST_CHECK_THROW(db::migrate(database.connection, database.name, changed), db::MigrationRefused);
}

BOOST_AUTO_TEST_CASE(the_worker_may_not_change_tables) {
    for (const std::string statement :
         {"CREATE TABLE intruder (id INT)", "DROP TABLE messages", "ALTER TABLE users ADD COLUMN x INT",
          "TRUNCATE TABLE messages", "DELETE FROM messages", "DELETE FROM users", "DELETE FROM conversations",
          "UPDATE schema_version SET version = 1", "CREATE DATABASE intruder", "DROP PROCEDURE send_message",
          "SELECT * FROM mysql.user", "SET GLOBAL max_connections = 1"}) {
        db::Connection worker(test::Database::shared().as_worker());
        BOOST_CHECK_THROW(worker.run_script(statement), db::Error);
    }
}

BOOST_AUTO_TEST_CASE(a_grant_makes_no_user) {
    db::Connection admin(test::Database::shared().as_admin());
    const std::string& name = test::Database::shared().name();
    BOOST_CHECK_THROW(db::grant_worker(admin, name, "'sotto_nobody'@'localhost'"), db::Error);
    BOOST_TEST(admin.query_value("SELECT COUNT(*) FROM mysql.user WHERE user = 'sotto_nobody'").value() == "0");
}

BOOST_AUTO_TEST_CASE(what_is_pending_is_said_and_not_done) {
    test::Database database;
    db::Connection admin(database.as_admin());
    const auto& all = db::embedded_migrations();
    BOOST_TEST(db::pending_migrations(admin, database.name(), all).empty());
    admin.run_script("DELETE FROM schema_version WHERE version = " + std::to_string(db::newest_version()));
    const auto pending = db::pending_migrations(admin, database.name(), all);
    BOOST_TEST(pending.size() == 1U);
    BOOST_TEST(pending.front() == all.back().name);
    BOOST_TEST(db::pending_migrations(admin, database.name(), all).size() == 1U);
    BOOST_TEST(db::pending_migrations(admin, "sotto_not_there", all).size() == all.size());
    admin.run_script("INSERT INTO schema_version VALUES (99, 'later', '', NOW(), NOW())");
    BOOST_CHECK_THROW(db::pending_migrations(admin, database.name(), all), db::MigrationRefused);
}

BOOST_AUTO_TEST_SUITE_END()

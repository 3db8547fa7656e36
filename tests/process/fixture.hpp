#pragma once

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "auth/keys.hpp"
#include "auth/random.hpp"
#include "tests/fixtures/api.hpp"
#include "tests/fixtures/database.hpp"
#include "tests/fixtures/worker_process.hpp"
#include "worker/json.hpp"

namespace sotto::test {

/// What a worker needs to start, and requests for it.
struct Fixture {
    Fixture() {
        auth::initialise();
        auth::add_key(keys);
    }
    ~Fixture() { std::filesystem::remove(keys); }

    std::vector<std::string> environment(int password_memory_mib = 8) const {
        const auto settings = Database::shared().as_worker();
        return {"SOTTO_DB_SOCKET=" + settings.socket, "SOTTO_DB_NAME=" + settings.database,
                "SOTTO_DB_USER=" + settings.user, "SOTTO_KEYS_FILE=" + keys.string(),
                "SOTTO_PASSWORD_MEMORY_MIB=" + std::to_string(password_memory_mib)};
    }

    std::vector<std::pair<std::string, std::string>> request(const std::string& method, const std::string& path) {
        return {{"REQUEST_METHOD", method}, {"DOCUMENT_URI", path}, {"HTTP_HOST", "sotto.test"}, {"REQUEST_ID", "r"}};
    }

    std::string answer(WorkerProcess& worker, const std::string& method, const std::string& path) {
        return WorkerProcess::read_answer(worker.begin_request(request(method, path)));
    }

    std::string post(WorkerProcess& worker, const std::string& path, const std::string& json) {
        return WorkerProcess::read_answer(begin_post(worker, path, json));
    }

    int begin_post(WorkerProcess& worker, const std::string& path, const std::string& json) {
        auto parameters = request("POST", path);
        parameters.emplace_back("CONTENT_TYPE", "application/json");
        parameters.emplace_back("CONTENT_LENGTH", std::to_string(json.size()));
        return worker.begin_request(parameters, json);
    }

    /// A request of a new user, logged in.
    std::vector<std::pair<std::string, std::string>> request_of_user(WorkerProcess& worker, const std::string& method,
                                                                     const std::string& path) {
        const std::string user =
            R"("user_name":")" + unique_name("reader") + R"(","password":"a long enough passphrase")";
        BOOST_REQUIRE(post(worker, "/api/v1/users", '{' + user + '}').starts_with("Status: 201\r\n"));
        const std::string answer = post(worker, "/api/v1/sessions", '{' + user + R"(,"token":true})");
        const auto body = parse_json(answer.substr(answer.find("\r\n\r\n") + 4));
        BOOST_REQUIRE(body);
        auto parameters = request(method, path);
        parameters.emplace_back("HTTP_AUTHORIZATION", "Bearer " + (*body)["token"].asString());
        return parameters;
    }

    std::filesystem::path keys = "/tmp/" + Database::shared().name() + unique_name(".keys");
};

/// Returns once as many statements wait for a table that somebody has locked; fails the test after ten seconds.
inline void wait_for_locked_out(int count) {
    const std::string waiting =
        "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE 'Waiting for table%'"
        " AND db = '" +
        Database::shared().name() + "'";
    db::Connection observer(Database::shared().as_admin());
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (observer.query_value(waiting) != std::to_string(count) && std::chrono::steady_clock::now() < deadline) {
    }
    BOOST_REQUIRE(observer.query_value(waiting).value() == std::to_string(count));
}

} // namespace sotto::test

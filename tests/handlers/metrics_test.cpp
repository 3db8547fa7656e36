#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "handlers/metrics.hpp"
#include "handlers/routes.hpp"
#include "tests/fixtures/api.hpp"
#include "tests/fixtures/database.hpp"

using namespace sotto;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

using Series = std::map<std::string, double>;

/// Reads Prometheus's text format strictly: each series belongs to the family whose HELP and TYPE stand before it, no
/// family and no series comes twice, and a histogram's buckets grow up to its count.
Series parse(const std::string& text) {
    static const std::regex help("# HELP ([a-z_]+) [^\\n]+\\.");
    static const std::regex type("# TYPE ([a-z_]+) (counter|gauge|histogram)");
    static const std::regex sample(R"re(([a-z_]+)(\{[a-z]+="[^"\\]*"(,[a-z]+="[^"\\]*")*\})? ([0-9]+(\.[0-9]+)?))re");
    static const std::regex le(R"re(,?le="([^"]+)")re");
    Series series;
    std::set<std::string> families;
    std::string family;
    std::string kind;
    std::map<std::string, double> last_bucket;
    BOOST_TEST(text.ends_with('\n'));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        BOOST_TEST_CONTEXT(line) {
            std::smatch found;
            if (std::regex_match(line, found, help)) {
                family = found[1];
                kind.clear();
                BOOST_TEST(families.insert(family).second);
            } else if (std::regex_match(line, found, type)) {
                BOOST_TEST(found[1] == family);
                kind = found[2];
            } else {
                BOOST_REQUIRE(std::regex_match(line, found, sample));
                const std::string name = found[1];
                const std::string labels = found[2];
                const double value = std::stod(found[4]);
                BOOST_TEST(series.emplace(name + labels, value).second);
                if (kind != "histogram") {
                    BOOST_TEST(name == family);
                    BOOST_TEST((kind == "counter") == name.ends_with("_total"));
                } else if (name == family + "_bucket") {
                    const std::string of = std::regex_replace(labels, le, "");
                    BOOST_TEST(value >= last_bucket[of == "{}" ? family : family + of]);
                    last_bucket[of == "{}" ? family : family + of] = value;
                } else if (name == family + "_count") {
                    BOOST_TEST(value == last_bucket[family + labels]);
                } else {
                    BOOST_TEST(name == family + "_sum");
                }
            }
        }
    }
    return series;
}

/// A worker that counts by itself.
struct Fixture {
    App app = test::make_app(test::Database::shared().as_worker());

    Series metrics() {
        const test::Answer answer = test::call(app, test::make_request("GET", "/metrics"));
        BOOST_TEST(answer.status == 200);
        BOOST_TEST(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
        return parse(answer.body);
    }

    int call(std::string_view method, std::string_view target, std::string_view json = {},
             std::string_view token = {}) {
        return test::call(app, test::make_request(method, target, json, token)).status;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(metrics, Fixture)

BOOST_AUTO_TEST_CASE(requests_are_counted_by_route_and_status) {
    const auto user = test::log_in_new_user("counted");
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(call("GET", "/api/v1/users/" + user.name, {}, user.token) == 200);
    }
    BOOST_TEST(call("HEAD", "/api/v1/users/" + user.name, {}, user.token) == 200);
    BOOST_TEST(call("GET", "/api/v1/users/nobody-of-that-name", {}, user.token) == 404);
    BOOST_TEST(call("GET", "/api/v1/users/me") == 401);
    BOOST_TEST(call("POST", "/api/v1/users/me") == 405);
    BOOST_TEST(call("GET", "/a\"} 1\n\\path") == 404);

    auto series = metrics();
    const auto requests = [&](const std::string& labels) { return series["sotto_requests_total{" + labels + "}"]; };
    BOOST_TEST(requests(R"(method="GET",route="/api/v1/users/{user_name}",status="200")") == 4);
    BOOST_TEST(requests(R"(method="GET",route="/api/v1/users/{user_name}",status="404")") == 1);
    BOOST_TEST(requests(R"(method="GET",route="/api/v1/users/me",status="401")") == 1);
    BOOST_TEST(requests(R"(method="none",route="none",status="405")") == 1);
    BOOST_TEST(requests(R"(method="none",route="none",status="404")") == 1);
    const std::string of_user = R"(method="GET",route="/api/v1/users/{user_name}")";
    BOOST_TEST(series["sotto_request_duration_seconds_count{" + of_user + "}"] == 5);
    BOOST_TEST(series["sotto_request_duration_seconds_bucket{" + of_user + R"(,le="+Inf"})"] == 5);
    BOOST_TEST(series.contains("sotto_request_duration_seconds_bucket{" + of_user + R"(,le="0.00025"})"));
    BOOST_TEST(series.contains("sotto_request_duration_seconds_bucket{" + of_user + R"(,le="10"})"));
    BOOST_TEST(series["sotto_database_duration_seconds_count"] == 5);
    BOOST_TEST(series["sotto_password_duration_seconds_count"] == 0);
    // The page itself comes with the next one.
    BOOST_TEST(metrics()[R"(sotto_requests_total{method="GET",route="/metrics",status="200"})"] == 1);
}

BOOST_AUTO_TEST_CASE(passwords_and_waiting_are_timed) {
    const auto user = test::log_in_new_user("timed");
    const std::string wrong = R"({"user_name":")" + user.name + R"(","password":"not that one"})";
    BOOST_TEST(call("POST", "/api/v1/sessions", wrong) == 401);
    Request request = test::make_request("GET", "/livez");
    for (const auto waited : {3ms, 0ms, -2ms}) {
        request.waited = waited;
        test::call(app, request);
    }
    auto series = metrics();
    BOOST_TEST(series["sotto_password_duration_seconds_count"] == 1);
    BOOST_TEST(series["sotto_password_duration_seconds_sum"] > 0);
    BOOST_TEST(series[R"(sotto_queue_duration_seconds_count{pool="test"})"] == 3);
    BOOST_TEST(series[R"(sotto_queue_duration_seconds_sum{pool="test"})"] == 0.003);
    BOOST_TEST(series[R"(sotto_queue_duration_seconds_bucket{pool="test",le="0.0025"})"] == 2);
    BOOST_TEST(series[R"(sotto_queue_duration_seconds_bucket{pool="test",le="0.005"})"] == 3);
    BOOST_TEST(series[R"(sotto_workers{pool="test"})"] == 1);
    BOOST_TEST(series[R"(sotto_workers_busy{pool="test"})"] == 1);
}

BOOST_AUTO_TEST_CASE(an_absent_database_is_counted) {
    App lost = test::make_app({.socket = "/nonexistent", .database = "none", .user = "none"});
    BOOST_TEST(test::call(lost, test::make_request("GET", "/readyz")).status == 503);
    auto series = parse(test::call(lost, test::make_request("GET", "/metrics")).body);
    BOOST_TEST(series[R"(sotto_database_errors_total{kind="unavailable"})"] == 1);
    BOOST_TEST(series[R"(sotto_database_errors_total{kind="error"})"] == 0);
    BOOST_TEST(series[R"(sotto_requests_total{method="GET",route="/readyz",status="503"})"] == 1);
}

BOOST_AUTO_TEST_CASE(a_refused_statement_is_counted) {
    auto settings = test::Database::shared().as_worker();
    settings.database = "information_schema"; // which has none of our tables
    App lost = test::make_app(settings);
    BOOST_TEST(test::call(lost, test::make_request("GET", "/readyz")).status == 500);
    auto series = parse(test::call(lost, test::make_request("GET", "/metrics")).body);
    BOOST_TEST(series[R"(sotto_database_errors_total{kind="error"})"] == 1);
}

BOOST_AUTO_TEST_CASE(a_worker_shares_its_counters_where_it_can) {
    const auto folder = std::filesystem::path("/tmp/" + test::unique_name("sotto-metrics"));
    std::filesystem::create_directory(folder);
    {
        const CounterSlot one = open_counters(folder, "api");
        const CounterSlot two = open_counters(folder, "auth");
        one->routes.at(0).count(201, 1ms);
        two->routes.at(0).count(201, 1ms);
        auto series = parse(to_prometheus(two.read_all()));
        BOOST_TEST(series[R"(sotto_requests_total{method="POST",route="/api/v1/users",status="201"})"] == 2);
        BOOST_TEST(series[R"(sotto_workers{pool="api"})"] == 1);
        BOOST_TEST(series[R"(sotto_workers{pool="auth"})"] == 1);
        BOOST_TEST(series[R"(sotto_worker_starts_total{pool="auth"})"] == 1);
    }
    std::filesystem::remove_all(folder);
    const CounterSlot alone = open_counters(folder, "api"); // logged
    alone->routes.at(0).count(201, 1ms);
    BOOST_TEST(parse(to_prometheus(alone.read_all()))[R"(sotto_workers{pool="api"})"] == 1);
}

BOOST_AUTO_TEST_SUITE_END()

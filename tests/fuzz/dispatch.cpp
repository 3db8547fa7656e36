// A call of any route by somebody with a session, through the whole dispatch and a real database. Input: a route as
// "METHOD path" with its {captures} (whatever else stands there chooses one, too); a line of the captures' values with
// '/' between them, '?' and the query string; the headers, a line each; an empty line; and the body.

#include <algorithm>
#include <array>
#include <exception>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "handlers/dispatch.hpp"
#include "handlers/routes.hpp"
#include "tests/fixtures/api.hpp"
#include "tests/fixtures/database.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "worker/json.hpp"
#include "worker/router.hpp"

namespace sotto::fuzz {

namespace {

constexpr std::string_view secret = "the heron flies at dusk";

void set_up(std::string_view method, std::string_view target, std::string_view json, const std::string& token = {}) {
    const auto answer = test::call(method, target, json, token);
    require(answer.status == 201 || answer.status == 204, "the world is made");
}

/// Four users, of whom alice makes all the calls: she writes with bob and has blocked dave, and what carol and bob
/// write is none of her business. An input that changes any of it is the only one to see that.
class World {
  public:
    World() {
        for (const std::string_view name : {"alice", "bob", "carol", "dave"}) {
            set_up("POST", "/api/v1/users",
                   R"({"user_name":")" + std::string(name) + R"(","password":")" + test::password + "\"}");
        }
        const std::string bob = test::log_in("bob").token;
        const std::string dave = test::log_in("dave").token;
        alice_ = test::log_in("alice").token;
        constexpr std::string_view messages = "/api/v1/messages";
        set_up("POST", messages, R"({"recipient":"bob","type":"text","text":"Hello, Bob"})", alice_);
        set_up("POST", messages,
               R"({"recipient":"alice","type":"image","url":"https://example.org/<&>","width":640,)"
               R"("height":480,"text":"\"тест\" 🦊"})",
               bob);
        set_up("POST", messages, R"({"recipient":"bob","type":"video","url":"https://youtu.be/x","duration_s":2})",
               alice_);
        set_up("POST", messages, R"({"recipient":"bob","type":"text","text":"gone"})", alice_);
        set_up("DELETE", "/api/v1/messages/1-4", "", alice_);
        set_up("POST", messages, R"({"recipient":"carol","type":"text","text":")" + std::string(secret) + "\"}", bob);
        set_up("POST", messages, R"({"recipient":"alice","type":"text","text":"Let me in"})", dave);
        set_up("PUT", "/api/v1/blocks/dave", "", alice_);
        for (const std::string table : {"users", "sessions", "blocks", "conversations", "messages"}) {
            admin_.run_script("CREATE TABLE first_" + table + " AS SELECT * FROM " + table);
            restore_ += "DELETE FROM " + table + "; INSERT INTO " + table + " SELECT * FROM first_" + table + ";";
        }
        restore_ = "SET foreign_key_checks = 0; START TRANSACTION; " + restore_ + " COMMIT";
    }

    /// A token of alice's.
    const std::string& token() const { return alice_; }

    /// What holds whatever alice has done.
    void check() {
        require(count("conversations c WHERE last_seq <> (SELECT COUNT(*) FROM messages WHERE conversation_id = c.id) "
                      "OR last_seq <> (SELECT MAX(seq) FROM messages WHERE conversation_id = c.id)") == "0",
                "the numbers of a conversation are dense");
        require(count("first_users f LEFT JOIN users u USING (id, user_name, display_name, password_hash) "
                      "WHERE f.user_name <> 'alice' AND (u.id IS NULL OR u.deleted_at IS NOT NULL)") == "0",
                "nobody else's account changes");
        require(count("first_messages f JOIN first_users s ON s.id = f.sender_id "
                      "LEFT JOIN messages m USING (conversation_id, seq) WHERE s.user_name <> 'alice' AND NOT "
                      "(m.text <=> f.text AND m.url <=> f.url AND m.deleted_at <=> f.deleted_at)") == "0",
                "nor anybody else's message");
    }

    /// Makes all as it was.
    void restore() { admin_.run_script(restore_); }

    App& app() { return app_; }

  private:
    /// How many rows there are FROM `rows`.
    std::string count(std::string_view rows) {
        return admin_.query_value("SELECT COUNT(*) FROM " + std::string(rows)).value_or("");
    }

    App app_ = test::make_app(test::Database::shared().as_worker());
    db::Connection admin_{test::Database::shared().as_admin()};
    std::string alice_;
    std::string restore_;
};

World& world() {
    static World value;
    return value;
}

const Route& choose_route(std::string_view line) {
    const auto named = std::ranges::find_if(
        routes, [&](const Route& route) { return std::string(route.method).append(" ").append(route.path) == line; });
    return named != routes.end() ? *named : routes[std::hash<std::string_view>{}(line) % routes.size()];
}

/// The route's path with these values in place of its captures.
std::string fill(std::string_view pattern, std::string_view values) {
    std::string path;
    while (!pattern.empty()) {
        path += take_until(pattern, '{');
        if (!pattern.empty()) {
            take_until(pattern, '}');
            path += take_until(values, '/');
        }
    }
    return path;
}

/// Each header that a client may send, and where it goes. The session is bearer's unless one of them says otherwise.
constexpr std::array<std::pair<std::string_view, std::string Request::*>, 11> headers{{
    {"Content-Type", &Request::content_type},
    {"Content-Encoding", &Request::content_encoding},
    {"Accept", &Request::accept},
    {"Authorization", &Request::authorization},
    {"Cookie", &Request::cookie},
    {"Host", &Request::host},
    {"Origin", &Request::origin},
    {"Sec-Fetch-Site", &Request::sec_fetch_site},
    {"User-Agent", &Request::user_agent},
    {"If-None-Match", &Request::if_none_match},
    {"Idempotency-Key", &Request::idempotency_key},
}};

Request read_request(const Route& route, std::string_view input) {
    std::string_view query = take_until(input, '\n');
    const std::string_view captures = take_until(query, '?');
    Request request = test::make_request(route.method, fill(route.path, captures), {}, world().token());
    request.query = query;
    while (!input.empty()) {
        std::string_view value = take_until(input, '\n');
        if (value.empty()) {
            break;
        }
        const std::string_view name = take_until(value, ':');
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
        const auto known = std::ranges::find(headers, name, [](const auto& header) { return header.first; });
        if (known != headers.end()) {
            request.*known->second = value;
        }
    }
    if (!request.cookie.empty()) { // of a browser, which has its session there
        request.authorization.clear();
        request.cookie += "; __Host-session=" + world().token();
    }
    request.body = input;
    return request;
}

test::Answer call(const Request& request) {
    const test::Answer answer = test::call(world().app(), request);
    require(!answer.cut, "a body is not cut");
    return answer;
}

using Statuses = std::set<int>;

/// The statuses that the API's description gives for each "METHOD /path".
std::map<std::string, Statuses> read_documented() {
    std::ifstream file(SOTTO_OPENAPI);
    const auto document = parse_json(std::string(std::istreambuf_iterator<char>(file), {}));
    require(document && (*document)["paths"].isObject(), "the API is described");
    std::map<std::string, Statuses> documented;
    const Json::Value& paths = (*document)["paths"];
    for (const std::string& path : paths.getMemberNames()) {
        const std::string prefix = paths[path].isMember("servers") ? " " : " /api/v1";
        for (const auto& [method, member] : std::array<std::pair<std::string, std::string>, 5>{
                 {{"GET", "get"}, {"POST", "post"}, {"PUT", "put"}, {"PATCH", "patch"}, {"DELETE", "delete"}}}) {
            for (const std::string& status : paths[path][member]["responses"].getMemberNames()) {
                documented[method + prefix + path].insert(std::stoi(status));
            }
        }
    }
    return documented;
}

/// The statuses of the route that the request finds, which may be another one than was filled in. Pages and metrics
/// are not in the description.
Statuses documented_for(const Request& request) {
    static const auto documented = read_documented();
    static const auto patterns = [] {
        std::vector<RoutePattern> list;
        std::ranges::transform(routes, std::back_inserter(list), [](const Route& route) {
            return RoutePattern{route.method, route.path};
        });
        return list;
    }();
    const auto match = find_route(patterns, request.method, request.path);
    if (!match) {
        return {404, 405, 303}; // the last where it was a form
    }
    const RoutePattern& pattern = patterns.at(match->index);
    const auto found = documented.find(std::string(pattern.method).append(" ").append(pattern.path));
    return found != documented.end() ? found->second : Statuses{200, 303, 400, 401, 404, 406, 422};
}

/// Nothing here is broken, away or full.
bool is_documented(const Request& request, int status) {
    return status < 500 && documented_for(request).contains(status);
}

void require_problem(const test::Answer& answer, const Request& request) {
    const auto problem = parse_json(answer.body);
    require(problem && problem->isObject(), "a problem is an object in JSON");
    require((*problem)["status"] == answer.status, "with the answer's status");
    require((*problem)["type"].asString().starts_with("/problems#") && (*problem)["title"].isString() &&
                (*problem)["detail"].isString(),
            "a type, a title and a reason");
    require((*problem)["request_id"] == request.request_id, "and the request's id");
    require((*problem)["errors"].isNull() || ((*problem)["errors"].isArray() && answer.status == 422),
            "and what is wrong with each field");
}

void require_body(const test::Answer& answer, const Request& request) {
    const std::string type = answer.header("Content-Type");
    require(is_text(answer.body), "a body is text");
    if (type == "application/problem+json") {
        require(answer.status >= 400, "a problem is a failure");
        require_problem(answer, request);
    } else if (type == "application/json") {
        require(answer.status < 400 && parse_json(answer.body), "JSON is JSON");
    } else if (type == "application/x-ndjson") {
        std::string_view rest = answer.body;
        while (!rest.empty()) {
            require(static_cast<bool>(parse_json(take_until(rest, '\n'))), "each line of NDJSON is JSON");
        }
    } else if (type.starts_with("text/html")) {
        require(answer.body.find("</html>") != std::string::npos, "a page is whole");
    } else if (type.starts_with("text/")) {
        require(answer.status == 200, "text is no failure");
    } else {
        require(type.empty() && answer.body.empty(), "what has no type is empty");
        require(answer.status < 400, "and no failure");
    }
}

void require_answer(const test::Answer& answer, const Request& request) {
    require(is_documented(request, answer.status), "a status is one of those that are documented for the route");
    for (const auto& [name, value] : answer.headers) {
        require(std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; }), "a header is a line of ASCII");
    }
    const std::string location = answer.header("Location");
    require(answer.status != 303 || location.starts_with('/'), "one is sent to a page here");
    require(!location.ends_with("#internal") && !location.ends_with("#unavailable"), "a form meets no other failure");
    require((answer.status != 204 && answer.status != 304) || answer.body.empty(), "no content is none");
    require_body(answer, request);
}

} // namespace

void try_input(std::string_view input) {
    const bool knows_secret = input.find(secret) != std::string_view::npos;
    const Route& route = choose_route(take_until(input, '\n'));
    const Request request = read_request(route, input);
    const test::Answer answer = call(request);
    require_answer(answer, request);
    require(knows_secret || answer.body.find(secret) == std::string::npos, "what others write stays theirs");
    if (route.method != "GET" && answer.status < 400) {
        world().check();
        world().restore();
    }
}

} // namespace sotto::fuzz

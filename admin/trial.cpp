// doctor's end-to-end check: two throw-away users talk to each other through nginx.

#include <array>
#include <stdexcept>

#include <json/value.h>

#include "admin/checks.hpp"
#include "admin/configuration.hpp"
#include "admin/http.hpp"
#include "admin/live_connections.hpp"
#include "auth/random.hpp"
#include "db/administration.hpp"
#include "worker/json.hpp"

namespace sotto::admin {

namespace {

using namespace std::chrono_literals;

constexpr auto event_deadline = 5s;
constexpr auto prompt = 2s; ///< an event that takes longer was held back on its way

/// A call of the trial did not go as it should.
class TrialFailed : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct TrialUser {
    std::string name = "doctor-" + auth::to_hex(auth::random_session_id()).substr(0, 16);
    std::string password = auth::to_hex(auth::random_session_id());
    std::string token = {};
};

/// Two users that exist for as long as the object does.
class Trial {
  public:
    explicit Trial(const Install& install) : install_(install), origin_{install.url, install.domain, install.port} {}
    Trial(const Trial&) = delete;
    Trial& operator=(const Trial&) = delete;
    ~Trial();

    Findings run();

  private:
    Json::Value call(const std::string& what, int status, const HttpRequest& request) const;
    void sign_up_and_log_in(TrialUser& user) const;
    Finding check_live(LiveConnection& connection, const std::string& kind) const;
    Findings check_address() const;

    const Install& install_;
    Origin origin_;
    TrialUser alice_;
    TrialUser bob_;
};

Trial::~Trial() {
    try {
        db::Connection connection(admin_database(install_.config, install_.config.db_name));
        for (const TrialUser* user : {&alice_, &bob_}) {
            if (const auto account = db::find_account(connection, user->name)) {
                close_live_connections(install_.config, account->id);
            }
        }
        db::remove_trial(connection, alice_.name, bob_.name);
    } catch (const std::exception&) {
        // The database went away meanwhile, which the other checks say. What is left are two users whom nobody knows.
    }
}

Json::Value Trial::call(const std::string& what, int status, const HttpRequest& request) const {
    const HttpAnswer answer = fetch(origin_, request);
    if (answer.status != status) {
        throw TrialFailed(what +
                          " failed: " + (answer.status == 0 ? "no answer" : "status " + std::to_string(answer.status)));
    }
    if (answer.body.empty()) {
        return {};
    }
    const auto body = parse_json(answer.body);
    if (!body) {
        throw TrialFailed(what + " was not answered with JSON");
    }
    return *body;
}

void Trial::sign_up_and_log_in(TrialUser& user) const {
    Json::Value body(Json::objectValue);
    body["user_name"] = user.name;
    body["password"] = user.password;
    call("signing up", 201, {.method = "POST", .path = "/api/v1/users", .json = to_json(body)});
    body["token"] = true;
    user.token = call("logging in", 201, {.method = "POST", .path = "/api/v1/sessions", .json = to_json(body)})["token"]
                     .asString();
}

Finding Trial::check_live(LiveConnection& connection, const std::string& kind) const {
    const auto waited = connection.wait_for(R"("resync")", event_deadline);
    if (!waited) {
        return {Level::problem, "a live connection (" + kind + ") gets no event",
                "Is the hub running, and is there another proxy in front that holds answers back?"};
    }
    const std::string text =
        "a live connection (" + kind + ") has its first event after " + std::to_string(waited->count()) + " ms";
    if (*waited > prompt) {
        return {Level::warning, text, "Something holds it back: is proxy_buffering on?"};
    }
    return {Level::ok, text};
}

/// Which address the workers saw, for us and for everybody else.
Findings Trial::check_address() const {
    db::Connection connection(admin_database(install_.config, install_.config.db_name));
    const std::string seen = db::address_of_last_session(connection, alice_.name);
    if (seen != "127.0.0.1") {
        return {{Level::warning, "a request from this machine was seen as one from '" + seen + "'",
                 "Does set_real_ip_from in nginx trust more than your proxy?"}};
    }
    const db::SessionAddresses all = db::session_addresses(connection);
    if (all.sessions >= 10 && all.addresses == 1) {
        return {{Level::warning,
                 "all " + std::to_string(all.sessions) + " sessions come from " + all.example +
                     ", which must be a proxy: the limits for everybody count as one",
                 "In nginx: set_real_ip_from " + all.example + "; real_ip_header X-Forwarded-For;"}};
    }
    return {{Level::ok, "a client is seen under its own address"}};
}

Findings Trial::run() {
    Findings findings;
    call("readiness (/readyz)", 200, {.path = "/readyz"});
    sign_up_and_log_in(alice_);
    sign_up_and_log_in(bob_);

    LiveConnection events(origin_, LiveConnection::Kind::event_stream, bob_.token);
    findings.push_back(check_live(events, "event stream"));
    LiveConnection socket(origin_, LiveConnection::Kind::websocket, bob_.token);
    findings.push_back(check_live(socket, "WebSocket"));

    Json::Value body(Json::objectValue);
    body["recipient"] = bob_.name;
    body["type"] = "text";
    body["text"] = "sotto voce";
    const std::string id =
        call("sending a message", 201,
             {.method = "POST", .path = "/api/v1/messages", .json = to_json(body), .token = alice_.token})["id"]
            .asString();
    const auto waited = events.wait_for("\"" + id + "\"", event_deadline);
    findings.push_back(waited ? Finding{Level::ok, "a message reached the other user's open connection after " +
                                                       std::to_string(waited->count()) + " ms"}
                              : Finding{Level::problem, "a stored message was not announced on the live connection",
                                        "Can the workers reach the hub's notice.sock?"});
    const Json::Value page =
        call("reading the message", 200,
             {.path = "/api/v1/messages?with=" + alice_.name + "&per_page=1&page=1", .token = bob_.token});
    if (page["messages"][0]["id"] != id) {
        throw TrialFailed("the message that was sent is not the one that is read");
    }
    const Findings addresses = check_address();
    findings.insert(findings.end(), addresses.begin(), addresses.end());
    return findings;
}

} // namespace

Findings check_end_to_end(const Install& install) {
    Trial trial(install);
    try {
        return trial.run();
    } catch (const TrialFailed& failure) {
        return {{Level::problem, failure.what(), "See the workers' log: journalctl -u 'sotto-*'"}};
    }
}

} // namespace sotto::admin

#include "handlers/sessions.hpp"

#include <algorithm>

#include "db/users.hpp"
#include "handlers/answer.hpp"
#include "handlers/user_fields.hpp"
#include "handlers/users.hpp"
#include "worker/form.hpp"

namespace sotto {

namespace {

constexpr std::size_t max_user_agent = 255;

/// What is kept of a User-Agent: printable ASCII, which is all that RFC 9110 has in it.
std::string kept_user_agent(std::string_view text) {
    std::string kept(text.substr(0, max_user_agent));
    std::erase_if(kept, [](char c) { return c < 0x20 || c > 0x7e; });
    return kept;
}

/// The user behind a name and password, or nothing; takes as long either way.
std::optional<db::User> check_password(App& app, std::string_view user_name, std::string_view password) {
    auto user = db::find_user_for_log_in(app.connection, user_name);
    if (!user) {
        app.hasher.verify_nobody(password);
        return std::nullopt;
    }
    if (!app.hasher.verify(user->password_hash, password)) {
        return std::nullopt;
    }
    if (app.hasher.needs_rehash(user->password_hash)) {
        std::string renewed = app.hasher.hash(password);
        db::renew_password_hash(app.connection, user->id, {.verified = user->password_hash, .renewed = renewed});
        user->password_hash = std::move(renewed);
    }
    return user;
}

/// Stores `session`, and sets its times, for whoever knows the password; nothing where it is wrong.
std::optional<db::User> begin_session(App& app, std::string_view user_name, std::string_view password,
                                      db::Session& session) {
    // Once more where the hash isn't what it was: a log-in at the same moment may have stored it at another cost.
    for (int attempt = 0; attempt < 2; ++attempt) {
        auto user = check_password(app, user_name, password);
        if (!user) {
            return std::nullopt;
        }
        if (const auto created_at = db::create_session(app.connection, user->id, session, user->password_hash)) {
            session.created_at = *created_at;
            session.last_seen_at = *created_at;
            return user;
        }
    }
    return std::nullopt; // erased, locked or given another password while this one was checked
}

Problem wrong_credentials() {
    return {ProblemType::invalid_credentials, "The user name or the password is wrong."};
}

} // namespace

Json::Value to_json_object(const db::Session& session, bool current) {
    Json::Value object(Json::objectValue);
    object["id"] = auth::to_hex(session.id);
    object["created_at"] = to_rfc3339(session.created_at);
    object["last_seen_at"] = to_rfc3339(session.last_seen_at);
    object["expires_at"] = to_rfc3339(session.expires_at);
    object["user_agent"] = session.user_agent;
    object["ip"] = session.ip;
    object["current"] = current;
    return object;
}

Result<Response> log_in(Call& call) {
    const bool form = is_form(call.request);
    auto fields = Fields::from_body(call.request, true);
    if (!fields) {
        return fields.problem();
    }
    fields->require("user_name");
    fields->require("password");
    const auto user_name = fields->text("user_name", {1, 32});
    const auto password = fields->bytes("password", {1, auth::max_password_bytes});
    const bool wants_token = !form && fields->boolean("token").value_or(false);
    if (auto problem = fields->problem()) {
        return *problem;
    }

    const std::string name = fold_user_name(*user_name);
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auth::Claims claims{name, auth::random_session_id(), now, now + session_lifetime};
    db::Session session{
        .id = claims.session,
        .created_at = {},
        .last_seen_at = {},
        .expires_at = claims.expires_at,
        .user_agent = kept_user_agent(call.request.user_agent),
        .ip = call.request.remote_addr,
    };
    const auto user = begin_session(call.app, name, *password, session);
    if (!user) {
        return wrong_credentials();
    }
    call.caller = db::Caller{user->id, false};

    const std::string token = call.app.signer.sign(claims);
    Json::Value body(Json::objectValue);
    body["user"] = to_json_object(*user);
    body["session"] = to_json_object(session, true);
    if (wants_token) {
        body["token"] = token;
    }
    Response response = form ? see_other("/plain") : json_response(201, body);
    response.headers.emplace_back("Set-Cookie", auth::session_cookie_header(token, session_lifetime));
    return response;
}

Result<Response> list_sessions(Call& call) {
    const auto list = db::list_sessions(call.app.connection, call.claims->session);
    if (!list) {
        return unauthenticated();
    }
    call.caller = list->caller;
    Json::Value body(Json::objectValue);
    Json::Value& array = body["sessions"] = Json::arrayValue;
    for (const db::Session& session : list->sessions) {
        array.append(to_json_object(session, session.id == call.claims->session));
    }
    return json_response(200, body);
}

Result<Response> end_session(Call& call) {
    const auto list = db::list_sessions(call.app.connection, call.claims->session);
    if (!list) {
        return unauthenticated();
    }
    call.caller = list->caller;
    const auto id = auth::session_id_from_hex(call.captures[0]);
    if (!id || std::ranges::find(list->sessions, *id, &db::Session::id) == list->sessions.end()) {
        return Problem{ProblemType::not_found, "You have no session with that id."};
    }
    // That nothing was there to delete is no failure: the statement is run again where its first answer was lost.
    db::end_session(call.app.connection, list->caller.user_id, *id);
    call.app.notifier.close_session(call.captures[0]);
    return no_content();
}

Result<Response> log_out(Call& call) {
    const auto caller = db::find_session(call.app.connection, call.claims->session);
    if (!caller) {
        return unauthenticated();
    }
    db::end_session(call.app.connection, caller->user_id, call.claims->session);
    call.app.notifier.close_session(auth::to_hex(call.claims->session));
    call.caller = db::Caller{caller->user_id, false};
    const bool form = call.request.method == "POST" && is_form(call.request);
    Response response = form ? see_other("/#logged-out") : no_content();
    response.headers.emplace_back("Set-Cookie", auth::session_cookie_header("", std::chrono::seconds{0}));
    return response;
}

} // namespace sotto

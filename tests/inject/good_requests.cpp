#include "tests/inject/good_requests.hpp"

#include <array>

#include "tests/fixtures/database.hpp"

namespace sotto::test {

namespace {

constexpr std::array requests{
    Good{"POST", "/api/v1/users", 201, R"({"user_name":"{new}","password":"a long enough passphrase"})", 409},
    Good{"GET", "/api/v1/users/me", 200},
    Good{"PATCH", "/api/v1/users/me", 200, R"({"display_name":"Another"})"},
    Good{"DELETE", "/api/v1/users/me", 204, R"({"password":"a long enough passphrase"})", 401},
    Good{"PUT", "/api/v1/users/me/password", 204,
         R"({"current_password":"a long enough passphrase","new_password":"another long passphrase"})", 422},
    Good{"GET", "/api/v1/users/{user_name}", 200},
    Good{"POST", "/api/v1/sessions", 201, R"({"user_name":"{me}","password":"a long enough passphrase"})"},
    Good{"GET", "/api/v1/sessions", 200},
    Good{"DELETE", "/api/v1/sessions/current", 204, "", 401},
    Good{"POST", "/api/v1/sessions/current/delete", 204, "", 401},
    Good{"DELETE", "/api/v1/sessions/{id}", 204, "", 404},
    Good{"POST", "/api/v1/messages", 201, R"({"recipient":"{peer}","type":"text","text":"x"})"},
    Good{"GET", "/api/v1/messages", 200},
    Good{"PATCH", "/api/v1/messages/{id}", 200, R"({"text":"changed"})"},
    Good{"DELETE", "/api/v1/messages/{id}", 204},
    Good{"GET", "/api/v1/conversations", 200},
    Good{"PUT", "/api/v1/conversations/{user_name}/read", 204, R"({"seq":1})"},
    Good{"POST", "/api/v1/conversations/{user_name}/read", 204, R"({"seq":1})"},
    Good{"POST", "/api/v1/conversations/{user_name}/typing", 204},
    Good{"GET", "/api/v1/blocks", 200},
    Good{"PUT", "/api/v1/blocks/{user_name}", 204},
    Good{"DELETE", "/api/v1/blocks/{user_name}", 204},
    Good{"GET", "/api/v1/live", 200},
    Good{"GET", "/api/v1/export", 200},
    Good{"GET", "/plain", 200},
    Good{"GET", "/plain/{user_name}", 200},
    Good{"GET", "/livez", 200},
    Good{"GET", "/readyz", 200},
    Good{"GET", "/metrics", 200},
};

void replace(std::string& text, std::string_view what, std::string_view with) {
    if (const std::size_t at = text.find(what); at != std::string::npos) {
        text.replace(at, what.size(), with);
    }
}

} // namespace

std::span<const Good> good_requests() {
    return requests;
}

World::World()
    : message(call("POST", "/api/v1/messages", R"({"recipient":")" + peer.name + R"(","type":"text","text":"hello"})",
                   me.token)
                  .json()["id"]
                  .asString()) {}

Request World::request(const Good& good) const {
    std::string target(good.path);
    std::string body(good.body);
    replace(target, "{user_name}", peer.name);
    replace(target, "{id}", target.starts_with("/api/v1/sessions/") ? other_session : message);
    replace(body, "{peer}", peer.name);
    replace(body, "{me}", me.name);
    replace(body, "{new}", unique_name("new"));
    if (good.method == "GET" && target == "/api/v1/messages") {
        target += "?with=" + peer.name;
    }
    sotto::Request request = make_request(good.method, target, body, me.token);
    if (target.ends_with("/live")) {
        request.accept = "text/event-stream";
    }
    return request;
}

std::string broken_rows() {
    db::Connection admin(Database::shared().as_admin());
    return admin
        .query_value("SELECT (SELECT COUNT(*) FROM conversations c WHERE c.last_seq <> "
                     "(SELECT COUNT(*) FROM messages m WHERE m.conversation_id = c.id) OR c.last_seq <> "
                     "(SELECT COALESCE(MAX(m.seq), 0) FROM messages m WHERE m.conversation_id = c.id)) + "
                     "(SELECT COUNT(*) FROM sessions s JOIN users u ON u.id = s.user_id "
                     "WHERE u.deleted_at IS NOT NULL)")
        .value_or("no answer");
}

} // namespace sotto::test

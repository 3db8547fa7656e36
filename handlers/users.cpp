#include "handlers/users.hpp"

#include "handlers/answer.hpp"
#include "handlers/user_fields.hpp"
#include "worker/form.hpp"

namespace sotto {

Json::Value to_json_object(const db::User& user) {
    Json::Value object(Json::objectValue);
    object["user_name"] = user.user_name;
    object["display_name"] = user.display_name;
    if (user.email) {
        object["email"] = *user.email;
    }
    object["created_at"] = to_rfc3339(user.created_at);
    return object;
}

Result<Response> create_user(Call& call) {
    auto fields = Fields::from_body(call.request, true);
    if (!fields) {
        return fields.problem();
    }
    const auto user_name = read_user_name(*fields, "user_name");
    const auto password = read_new_password(*fields, "password", user_name.value_or(""));
    const auto display_name = read_display_name(*fields);
    const auto email = read_email(*fields);
    if (auto problem = fields->problem()) {
        return *problem;
    }

    const auto user = db::create_user(call.app.connection, {
                                                               .user_name = *user_name,
                                                               .display_name = display_name.value_or(*user_name),
                                                               .email = email,
                                                               .password_hash = call.app.hasher.hash(*password),
                                                           });
    if (!user) {
        return Problem{ProblemType::user_name_taken, "Somebody has that name already."};
    }
    if (is_form(call.request)) {
        return see_other("/#signed-up");
    }
    Response response = json_response(201, to_json_object(*user));
    response.headers.emplace_back("Location", "/api/v1/users/" + user->user_name);
    return response;
}

Result<Response> get_own_user(Call& call) {
    const auto own = db::find_own_user(call.app.connection, call.claims->session);
    if (!own) {
        return unauthenticated();
    }
    call.caller = own->caller;
    return json_response(200, to_json_object(own->user));
}

Result<Response> get_user(Call& call) {
    const auto view = db::find_profile(call.app.connection, call.claims->session, fold_user_name(call.captures[0]));
    if (!view) {
        return unauthenticated();
    }
    call.caller = view->caller;
    if (!view->profile) {
        return user_not_found();
    }
    Json::Value object(Json::objectValue);
    object["user_name"] = view->profile->user_name;
    object["display_name"] = view->profile->display_name;
    object["created_at"] = to_rfc3339(view->profile->created_at);
    return json_response(200, object);
}

Result<Response> change_password(Call& call) {
    auto fields = Fields::from_body(call.request, false);
    if (!fields) {
        return fields.problem();
    }
    fields->require("current_password");
    const auto current = fields->bytes("current_password", {1, auth::max_password_bytes});
    const auto renewed = read_new_password(*fields, "new_password", call.claims->user_name);
    if (auto problem = fields->problem()) {
        return *problem;
    }

    const auto own = db::find_own_user(call.app.connection, call.claims->session);
    if (!own) {
        return unauthenticated();
    }
    call.caller = own->caller;
    const bool changed =
        call.app.hasher.verify(own->user.password_hash, *current) &&
        db::change_password(call.app.connection, own->user.id,
                            {.verified = own->user.password_hash, .renewed = call.app.hasher.hash(*renewed)},
                            call.claims->session);
    if (!changed) { // it may have been changed by another session while this one was checked
        fields->fail("current_password", "invalid", "Is not the user's password.");
        return *fields->problem();
    }
    call.app.notifier.close_user(own->user.id, auth::to_hex(call.claims->session));
    return no_content();
}

Result<Response> update_own_user(Call& call) {
    auto fields = Fields::from_body(call.request, false);
    if (!fields) {
        return fields.problem();
    }
    const auto display_name = read_display_name(*fields);
    const auto email = read_email(*fields);
    if (auto problem = fields->problem()) {
        return *problem;
    }
    auto own = db::find_own_user(call.app.connection, call.claims->session);
    if (!own) {
        return unauthenticated();
    }
    call.caller = own->caller;
    own->user.display_name = display_name.value_or(own->user.display_name);
    if (email || fields->is_null("email")) {
        own->user.email = email;
    }
    db::update_profile(call.app.connection, own->user.id, own->user.display_name, own->user.email);
    return json_response(200, to_json_object(own->user));
}

Result<Response> erase_own_user(Call& call) {
    auto fields = Fields::from_body(call.request, false);
    if (!fields) {
        return fields.problem();
    }
    fields->require("password");
    const auto password = fields->bytes("password", {1, auth::max_password_bytes});
    if (auto problem = fields->problem()) {
        return *problem;
    }
    const auto own = db::find_own_user(call.app.connection, call.claims->session);
    if (!own) {
        return unauthenticated();
    }
    call.caller = db::Caller{own->caller.user_id, false};
    if (!call.app.hasher.verify(own->user.password_hash, *password)) {
        fields->fail("password", "invalid", "Is not the user's password.");
        return *fields->problem();
    }
    db::erase_user(call.app.connection, own->user.id);
    call.app.notifier.close_user(own->user.id);
    Response response = no_content();
    response.headers.emplace_back("Set-Cookie", auth::session_cookie_header("", std::chrono::seconds{0}));
    return response;
}

} // namespace sotto

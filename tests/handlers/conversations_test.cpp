#include <boost/test/unit_test.hpp>

#include <sstream>

#include "tests/fixtures/api.hpp"
#include "tests/fixtures/database.hpp"
#include "worker/json.hpp"

using namespace sotto;

namespace {

struct Fixture {
    test::LoggedIn alice = test::log_in_new_user("alice");
    test::LoggedIn bob = test::log_in_new_user("bob");

    test::Answer send(const test::LoggedIn& from, const test::LoggedIn& to, const std::string& text = "x") {
        const auto answer =
            test::call("POST", "/api/v1/messages",
                       R"({"recipient":")" + to.name + R"(","type":"text","text":)" + to_json(text) + "}", from.token);
        return answer;
    }

    std::string id_of(const test::Answer& answer) { return answer.json()["id"].asString(); }

    Json::Value inbox(const test::LoggedIn& user) {
        return test::call("GET", "/api/v1/conversations", {}, user.token).json()["conversations"];
    }

    test::Answer read_up_to(const test::LoggedIn& reader, const test::LoggedIn& other, const std::string& seq) {
        return test::call("PUT", "/api/v1/conversations/" + other.name + "/read", R"({"seq":)" + seq + "}",
                          reader.token);
    }

    test::Answer page(const test::LoggedIn& reader, const test::LoggedIn& other) {
        return test::call("GET", "/api/v1/messages?page=1&with=" + other.name, {}, reader.token);
    }

    test::Answer edit(const test::LoggedIn& user, const std::string& id, const std::string& members) {
        return test::call("PATCH", "/api/v1/messages/" + id, "{" + members + "}", user.token);
    }

    test::Answer remove(const test::LoggedIn& user, const std::string& id) {
        return test::call("DELETE", "/api/v1/messages/" + id, {}, user.token);
    }

    test::Answer block(const test::LoggedIn& user, const std::string& name, std::string_view method = "PUT") {
        return test::call(method, "/api/v1/blocks/" + name, {}, user.token);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(conversations, Fixture)

BOOST_AUTO_TEST_CASE(the_inbox_shows_the_newest_first_with_what_is_unread) {
    const auto carol = test::log_in_new_user("carol");
    BOOST_TEST(inbox(alice).empty());
    send(bob, alice, "one");
    send(bob, alice, "two");
    const auto last = send(carol, alice, "three");
    const Json::Value seen = inbox(alice);
    BOOST_REQUIRE(seen.size() == 2U);
    BOOST_TEST(seen[0]["with"]["user_name"].asString() == carol.name);
    BOOST_TEST(seen[0]["last_message"] == last.json());
    BOOST_TEST(seen[1]["with"]["user_name"].asString() == bob.name);
    BOOST_TEST(seen[1]["unread"].asInt() == 2);
    BOOST_TEST(seen[1]["last_seq"].asInt() == 2);
    BOOST_TEST(seen[1]["my_read_seq"].asInt() == 0);
    BOOST_TEST(seen[1]["their_read_seq"].asInt() == 2);
    // All of this may happen within one of the milliseconds that the inbox is ordered by.
    db::Connection(test::Database::shared().as_admin())
        .run_script("UPDATE conversations SET last_at = last_at - INTERVAL 1 SECOND");
    send(alice, bob, "my answer"); // which says that I have read the rest
    BOOST_TEST(inbox(alice)[0]["unread"].asInt() == 0);
    BOOST_TEST(inbox(bob)[0]["unread"].asInt() == 1);
    BOOST_TEST(inbox(bob)[0]["their_read_seq"].asInt() == 3);
    const Json::Value carols = inbox(carol);
    BOOST_TEST(carols.size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_inbox_is_paged_by_cursor) {
    std::vector<test::LoggedIn> others;
    for (int i = 0; i < 5; ++i) {
        others.push_back(test::log_in_new_user("other"));
        send(i % 2 ? alice : others.back(), i % 2 ? others.back() : alice);
    }
    std::vector<std::string> seen;
    std::string next;
    do {
        const Json::Value answer =
            test::call("GET", "/api/v1/conversations?per_page=2" + (next.empty() ? "" : "&before=" + next), {},
                       alice.token)
                .json();
        for (const Json::Value& entry : answer["conversations"]) {
            seen.push_back(entry["with"]["user_name"].asString());
        }
        next = answer.get("next", "").asString();
    } while (!next.empty());
    BOOST_REQUIRE(seen.size() == 5U);
    for (std::size_t i = 0; i < 5; ++i) {
        BOOST_TEST(seen[i] == others[4 - i].name);
    }
    for (const auto& [query, errors] :
         std::vector<std::pair<std::string, std::string>>{{"per_page=0", "per_page:out_of_range"},
                                                          {"per_page=201", "per_page:out_of_range"},
                                                          {"before=1", "before:invalid"},
                                                          {"before=1-2-3", "before:invalid"},
                                                          {"page=1", "page:unknown"}}) {
        BOOST_TEST(test::call("GET", "/api/v1/conversations?" + query, {}, alice.token).errors() == errors);
    }
    BOOST_TEST(test::call("GET", "/api/v1/conversations?before=%zz", {}, alice.token).problem() == "malformed-request");
    BOOST_TEST(test::call("GET", "/api/v1/conversations?per_page=200&before=0-0", {}, alice.token).status == 200);
}

BOOST_AUTO_TEST_CASE(an_unchanged_inbox_is_a_304) {
    send(bob, alice);
    Request request = test::make_request("GET", "/api/v1/conversations", {}, alice.token);
    const std::string etag = test::call(request).header("ETag");
    request.if_none_match = "W/" + etag;
    BOOST_TEST(test::call(request).status == 304);
    BOOST_TEST(test::call(request).body.empty());
    read_up_to(alice, bob, "1");
    BOOST_TEST(test::call(request).status == 200);
}

BOOST_AUTO_TEST_CASE(a_read_mark_never_moves_back) {
    for (int i = 0; i < 5; ++i) {
        send(bob, alice);
    }
    for (const auto& [seq, mark] :
         std::vector<std::pair<std::string, int>>{{"3", 3}, {"2", 3}, {"4", 4}, {"99", 5}, {"1", 5}}) {
        BOOST_TEST(read_up_to(alice, bob, seq).status == 204);
        BOOST_TEST(inbox(alice)[0]["my_read_seq"].asInt() == mark);
        BOOST_TEST(inbox(bob)[0]["their_read_seq"].asInt() == mark);
    }
    BOOST_TEST(read_up_to(alice, bob, "0").errors() == "seq:out_of_range");
    BOOST_TEST(read_up_to(alice, bob, "\"1\"").errors() == "seq:wrong_type");
    BOOST_TEST(test::call("PUT", "/api/v1/conversations/" + bob.name + "/read", "{}", alice.token).errors() ==
               "seq:required");
    const auto carol = test::log_in_new_user("carol");
    BOOST_TEST(read_up_to(carol, bob, "1").problem() == "not-found");
    BOOST_TEST(test::call("PUT", "/api/v1/conversations/nobody-at-all/read", R"({"seq":1})", carol.token).problem() ==
               "user-not-found");
}

BOOST_AUTO_TEST_CASE(a_message_is_edited_by_its_sender_alone) {
    const std::string id = id_of(send(alice, bob, "frist"));
    const std::string etag = page(bob, alice).header("ETag");
    const auto edited = edit(alice, id, R"("text":"first")");
    BOOST_TEST(edited.status == 200);
    BOOST_TEST(edited.json()["text"].asString() == "first");
    BOOST_TEST(edited.json().isMember("edited_at"));
    BOOST_TEST(page(bob, alice).json()["messages"][0] == edited.json());
    BOOST_TEST(page(bob, alice).header("ETag") != etag);

    BOOST_TEST(edit(bob, id, R"("text":"mine")").problem() == "not-the-sender");
    BOOST_TEST(remove(bob, id).problem() == "not-the-sender");
    const auto carol = test::log_in_new_user("carol");
    const std::string unknown = id.substr(0, id.find('-')) + "-99";
    for (const auto& user : {carol, alice}) {
        const std::string hidden = user.name == carol.name ? id : unknown;
        BOOST_TEST(edit(user, hidden, R"("text":"x")").problem() == "not-found");
        BOOST_TEST(remove(user, hidden).problem() == "not-found");
    }
    BOOST_TEST(edit(carol, id, R"("text":"x")").body == edit(carol, unknown, R"("text":"x")").body);
    for (const std::string nonsense : {"1", "1-", "-1-1", "x", "1-1-1", "1-99999999999999999999"}) {
        BOOST_TEST(remove(alice, nonsense).problem() == "not-found");
    }
    BOOST_TEST(page(bob, alice).json()["messages"][0]["text"].asString() == "first");
}

BOOST_AUTO_TEST_CASE(limits_of_an_edit) {
    const std::string text = id_of(send(alice, bob));
    const std::string image =
        id_of(test::call("POST", "/api/v1/messages",
                         R"({"recipient":")" + bob.name +
                             R"(","type":"image","url":"https://h/i","width":1,"height":1,"text":"caption"})",
                         alice.token));
    BOOST_TEST(edit(alice, text, "").errors() == "text:required");
    BOOST_TEST(edit(alice, text, R"("text":"")").errors() == "text:too_short");
    BOOST_TEST(edit(alice, text, R"("text":null)").errors() == "text:required");
    BOOST_TEST(edit(alice, text, R"("text":")" + std::string(4000, 'x') + '"').status == 200);
    BOOST_TEST(edit(alice, text, R"("text":")" + std::string(4001, 'x') + '"').errors() == "text:too_long");
    BOOST_TEST(edit(alice, text, R"("text":"x","url":"https://h/")").errors() == "url:unknown");
    BOOST_TEST(edit(alice, image, R"("text":"another")").json()["text"].asString() == "another");
    BOOST_TEST(!edit(alice, image, R"("text":null)").json().isMember("text"));
}

BOOST_AUTO_TEST_CASE(a_deleted_message_leaves_its_number_and_nothing_else) {
    const std::string secret = test::unique_name("very secret ");
    const std::string id = id_of(send(alice, bob, secret));
    send(alice, bob, "second");
    BOOST_TEST(remove(alice, id).status == 204);
    BOOST_TEST(remove(alice, id).status == 204);
    const Json::Value messages = page(bob, alice).json()["messages"];
    BOOST_TEST(messages.size() == 2U);
    BOOST_TEST(messages[1].getMemberNames() ==
                   (std::vector<std::string>{"deleted_at", "id", "recipient", "sender", "seq"}),
               boost::test_tools::per_element());
    BOOST_TEST(edit(alice, id, R"("text":"back")").problem() == "not-found");
    db::Connection admin(test::Database::shared().as_admin());
    BOOST_TEST(admin.query_value("SELECT COUNT(*) FROM messages WHERE text LIKE '%" + secret + "%'").value() == "0");
    BOOST_TEST(remove(alice, id_of(send(alice, bob, "third"))).status == 204);
    BOOST_TEST(inbox(bob)[0]["last_message"].isMember("deleted_at"));
    BOOST_TEST(inbox(bob)[0]["last_seq"].asInt() == 3);
}

BOOST_AUTO_TEST_CASE(a_block_stops_both_and_tells_neither) {
    send(alice, bob, "before");
    BOOST_TEST(block(alice, bob.name).status == 204);
    BOOST_TEST(block(alice, bob.name).status == 204);
    BOOST_TEST(test::call("GET", "/api/v1/blocks", {}, alice.token).json()["blocks"][0]["user_name"].asString() ==
               bob.name);
    BOOST_TEST(test::call("GET", "/api/v1/blocks", {}, bob.token).json()["blocks"].empty());
    const auto one = send(alice, bob);
    const auto other = send(bob, alice);
    BOOST_TEST(one.problem() == "blocked");
    BOOST_TEST(one.status == 403);
    BOOST_TEST(one.body == other.body);
    BOOST_TEST(page(bob, alice).json()["total"].asInt() == 1);
    BOOST_TEST(test::call("POST", "/api/v1/conversations/" + alice.name + "/typing", {}, bob.token).status == 204);
    BOOST_TEST(block(alice, bob.name, "DELETE").status == 204);
    BOOST_TEST(block(alice, bob.name, "DELETE").status == 204);
    BOOST_TEST(send(bob, alice).status == 201);
    BOOST_TEST(block(alice, alice.name).errors() == "user_name:invalid");
    BOOST_TEST(block(alice, "nobody-at-all").problem() == "user-not-found");
    BOOST_TEST(block(alice, "nobody-at-all", "DELETE").problem() == "user-not-found");
}

BOOST_AUTO_TEST_CASE(a_profile_is_changed_member_by_member) {
    const auto change = [&](const std::string& members) {
        return test::call("PATCH", "/api/v1/users/me", "{" + members + "}", alice.token);
    };
    BOOST_TEST(change(R"("display_name":"Ada","email":"ada@example.org")").json()["email"].asString() ==
               "ada@example.org");
    BOOST_TEST(change(R"("display_name":"Ada L.")").json()["email"].asString() == "ada@example.org");
    BOOST_TEST(!change(R"("email":null)").json().isMember("email"));
    BOOST_TEST(change("").json()["display_name"].asString() == "Ada L.");
    BOOST_TEST(change(R"("display_name":"")").errors() == "display_name:too_short");
    BOOST_TEST(change(R"("email":"x")").errors() == "email:too_short");
    BOOST_TEST(change(R"("user_name":"other")").errors() == "user_name:unknown");
    send(alice, bob);
    BOOST_TEST(inbox(bob)[0]["with"]["display_name"].asString() == "Ada L.");
}

BOOST_AUTO_TEST_CASE(an_erased_account_leaves_its_messages_and_its_name) {
    test::call("PATCH", "/api/v1/users/me", R"({"display_name":"Ada","email":"ada@example.org"})", alice.token);
    send(alice, bob, "remember me");
    block(alice, test::log_in_new_user("blocked").name);
    const auto erase = [&](const std::string& password) {
        return test::call("DELETE", "/api/v1/users/me", R"({"password":")" + password + "\"}", alice.token);
    };
    BOOST_TEST(erase("wrong password").errors() == "password:invalid");
    const auto erased = erase(test::password);
    BOOST_TEST(erased.status == 204);
    BOOST_TEST(erased.header("Set-Cookie").find("Max-Age=0") != std::string::npos);

    BOOST_TEST(test::call("GET", "/api/v1/users/me", {}, alice.token).status == 401);
    BOOST_CHECK_THROW(test::log_in(alice.name), std::runtime_error);
    BOOST_TEST(test::call("POST", "/api/v1/users",
                          R"({"user_name":")" + alice.name + R"(","password":"a long enough passphrase"})")
                   .problem() == "user-name-taken");
    BOOST_TEST(test::call("GET", "/api/v1/users/" + alice.name, {}, bob.token).problem() == "user-not-found");
    BOOST_TEST(send(bob, alice).problem() == "user-not-found");
    BOOST_TEST(page(bob, alice).json()["messages"][0]["text"].asString() == "remember me");
    const Json::Value with = inbox(bob)[0]["with"];
    BOOST_TEST(with["erased"].asBool());
    BOOST_TEST(with["display_name"].asString() == alice.name);
    db::Connection admin(test::Database::shared().as_admin());
    BOOST_TEST(
        admin
            .query_value(
                "SELECT CONCAT(IFNULL(email, '-'), password_hash, (SELECT COUNT(*) FROM sessions WHERE user_id = u.id),"
                " (SELECT COUNT(*) FROM blocks WHERE user_id = u.id)) FROM users u WHERE user_name = '" +
                alice.name + "'")
            .value() == "-00");
}

BOOST_AUTO_TEST_CASE(an_export_has_all_that_is_mine_and_nothing_else) {
    const auto carol = test::log_in_new_user("carol");
    send(alice, bob, "to bob");
    send(bob, alice, "from bob");
    send(bob, carol, "not for alice");
    block(alice, carol.name);
    Request request = test::make_request("GET", "/api/v1/export", {}, alice.token);
    request.accept = "application/x-ndjson";
    const auto answer = test::call(request);
    BOOST_TEST(answer.header("Content-Type") == "application/x-ndjson");
    BOOST_TEST(answer.body.find("not for alice") == std::string::npos);
    BOOST_TEST(answer.body.find("argon2") == std::string::npos);
    std::string kinds;
    std::istringstream lines(answer.body);
    for (std::string line; std::getline(lines, line);) {
        const auto object = parse_json(line);
        BOOST_REQUIRE(object);
        kinds += (kinds.empty() ? "" : " ") + (*object)["kind"].asString();
    }
    BOOST_TEST(kinds == "user session block message message end");
}

BOOST_AUTO_TEST_CASE(joining_live_hands_the_connection_to_the_hub) {
    Request request = test::make_request("GET", "/api/v1/live");
    request.accept = "text/event-stream";
    request.cookie = "__Host-session=" + alice.token;
    request.origin = "https://sotto.test";
    const auto joined = test::call(request);
    BOOST_TEST(joined.status == 200);
    const std::string target = joined.header("X-Accel-Redirect");
    BOOST_TEST(target.starts_with("/internal/live?user="));
    BOOST_TEST(target.ends_with("&session=" + alice.session));
    request.origin = "https://evil.test";
    BOOST_TEST(test::call(request).problem() == "cross-origin");
    request.cookie = "";
    request.authorization = "Bearer " + alice.token;
    BOOST_TEST(test::call(request).header("X-Accel-Redirect") == target);
    test::call("DELETE", "/api/v1/sessions/current", {}, alice.token);
    BOOST_TEST(test::call(request).status == 401);
}

BOOST_AUTO_TEST_SUITE_END()

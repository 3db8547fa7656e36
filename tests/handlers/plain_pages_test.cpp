// The pages for a browser without JavaScript.

#include <boost/test/unit_test.hpp>

#include "handlers/html.hpp"
#include "tests/fixtures/api.hpp"
#include "tests/fixtures/database.hpp"
#include "worker/json.hpp"

using namespace sotto;

namespace {

struct Fixture {
    test::LoggedIn alice = test::log_in_new_user("alice");
    test::LoggedIn bob = test::log_in_new_user("bob");

    void send(const test::LoggedIn& from, const test::LoggedIn& to, const std::string& members) {
        const auto answer =
            test::call("POST", "/api/v1/messages", R"({"recipient":")" + to.name + "\"," + members + "}", from.token);
        BOOST_REQUIRE_EQUAL(answer.status, 201);
    }

    void send_text(const test::LoggedIn& from, const test::LoggedIn& to, const std::string& text) {
        send(from, to, R"("type":"text","text":)" + to_json(text));
    }

    test::Answer page(const test::LoggedIn& reader, const std::string& path) {
        return test::call("GET", "/plain" + path, {}, reader.token);
    }
};

bool contains(const test::Answer& answer, std::string_view text) {
    return answer.body.find(text) != std::string::npos;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(plain_pages, Fixture)

BOOST_AUTO_TEST_CASE(html_escapes_what_would_be_markup) {
    Html html;
    html.markup("<p>").text("<img onerror=\"x\"> & 'q' é").markup("</p>");
    BOOST_TEST(html.take() == "<p>&lt;img onerror=&quot;x&quot;&gt; &amp; &#39;q&#39; é</p>");
}

BOOST_AUTO_TEST_CASE(the_inbox_lists_conversations) {
    BOOST_TEST(contains(page(bob, ""), "Nobody has written yet."));
    send_text(alice, bob, "one");
    send_text(alice, bob, "<b>two</b>");
    const auto inbox = page(bob, "");
    BOOST_TEST(inbox.status == 200);
    BOOST_TEST(inbox.header("Content-Type") == "text/html; charset=utf-8");
    BOOST_TEST(inbox.header("Cache-Control") == "no-store");
    BOOST_TEST(contains(inbox, "<a href=\"/plain/" + alice.name + "\"><bdi>" + alice.name +
                                   "</bdi></a> <strong>2 unread</strong>"));
    BOOST_TEST(contains(inbox, "<bdi>&lt;b&gt;two&lt;/b&gt;</bdi>"));
    BOOST_TEST(contains(page(alice, ""), "You: <bdi>"));
}

BOOST_AUTO_TEST_CASE(a_conversation_reads_downwards_with_everything_escaped) {
    const std::string hostile = "\"><script>alert(1)</script>\u202Eevil";
    BOOST_REQUIRE_EQUAL(test::call("PATCH", "/api/v1/users/me", R"({"display_name":"<i>Al</i>"})", alice.token).status,
                        200);
    send_text(alice, bob, hostile);
    send(bob, alice,
         R"("type":"image","url":"https://h.example/?a=\"&b=<c>","width":640,"height":480,"text":"a caption")");
    send(bob, alice, R"("type":"video","url":"https://youtu.be/x","duration_s":212)");
    const auto answer = page(bob, "/" + alice.name);
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(!contains(answer, "<script>alert"));
    BOOST_TEST(!contains(answer, "<i>Al"));
    BOOST_TEST(contains(answer, "<h1><bdi>&lt;i&gt;Al&lt;/i&gt;</bdi></h1>"));
    BOOST_TEST(contains(answer, "<p class=\"text\" dir=\"auto\">&quot;&gt;&lt;script&gt;"));
    BOOST_TEST(contains(answer, "Image, 640 × 480 pixels: <a rel=\"noopener noreferrer\" "
                                "href=\"https://h.example/?a=&quot;&amp;b=&lt;c&gt;\">"));
    BOOST_TEST(contains(answer, "Video, 212 seconds, from <bdi>youtube</bdi>"));
    BOOST_TEST(answer.body.find("script") < answer.body.find("Image, 640"));
    BOOST_TEST(!contains(answer, "<img"));
}

BOOST_AUTO_TEST_CASE(a_link_that_is_no_web_address_is_text) {
    send(alice, bob, R"("type":"image","url":"https://h.example/","width":1,"height":1)");
    db::Connection admin(test::Database::shared().as_admin());
    admin.run_script("UPDATE messages SET url = 'javascript:alert(1)' WHERE conversation_id = "
                     "(SELECT MAX(id) FROM conversations)");
    const auto answer = page(bob, "/" + alice.name);
    BOOST_TEST(contains(answer, "<bdi>javascript:alert(1)</bdi>"));
    BOOST_TEST(!contains(answer, "href=\"javascript:"));
}

BOOST_AUTO_TEST_CASE(deleted_edited_and_erased_show) {
    send_text(alice, bob, "first");
    send_text(alice, bob, "second");
    const auto list = test::call("GET", "/api/v1/messages?page=1&with=" + bob.name, {}, alice.token).json()["messages"];
    BOOST_REQUIRE_EQUAL(
        test::call("PATCH", "/api/v1/messages/" + list[0]["id"].asString(), R"({"text":"changed"})", alice.token)
            .status,
        200);
    BOOST_REQUIRE_EQUAL(test::call("DELETE", "/api/v1/messages/" + list[1]["id"].asString(), {}, alice.token).status,
                        204);
    const auto answer = page(bob, "/" + alice.name);
    BOOST_TEST(contains(answer, "<em>Message deleted</em>"));
    BOOST_TEST(!contains(answer, "first"));
    BOOST_TEST(contains(answer, ", edited</p>"));
    const auto erase =
        test::call("DELETE", "/api/v1/users/me", R"({"password":")" + test::password + "\"}", alice.token);
    BOOST_REQUIRE_EQUAL(erase.status, 204);
    BOOST_TEST(contains(page(bob, "/" + alice.name), "This account has been erased."));
    BOOST_TEST(!contains(page(bob, "/" + alice.name), "name=\"text\""));
    BOOST_TEST(contains(page(bob, ""), "(erased)"));
}

BOOST_AUTO_TEST_CASE(a_block_takes_the_forms_away) {
    send_text(alice, bob, "x");
    BOOST_TEST(contains(page(alice, "/" + bob.name), "name=\"idempotency_key\""));
    BOOST_REQUIRE_EQUAL(test::call("PUT", "/api/v1/blocks/" + alice.name, {}, bob.token).status, 204);
    for (const auto& [reader, other] : {std::pair(alice, bob), std::pair(bob, alice)}) {
        BOOST_TEST(contains(page(reader, "/" + other.name), "can't write to each other at present.</p>\n</main>"));
        BOOST_TEST(!contains(page(reader, "/" + other.name), "name=\"idempotency_key\""));
    }
}

BOOST_AUTO_TEST_CASE(pages_are_linked) {
    for (int i = 1; i <= 50; ++i) {
        send_text(alice, bob, "number " + std::to_string(i) + ".");
    }
    BOOST_TEST(!contains(page(bob, "/" + alice.name), "<nav"));
    send_text(alice, bob, "number 51.");
    const auto newest = page(bob, "/" + alice.name);
    BOOST_TEST(!contains(newest, "number 1."));
    BOOST_TEST(contains(newest, "number 2."));
    BOOST_TEST(contains(newest, "<a href=\"/plain/" + alice.name + "?page=2&amp;upto=51\">Older messages</a>"));
    const auto older = page(bob, "/" + alice.name + "?page=2&upto=51");
    BOOST_TEST(contains(older, "number 1."));
    BOOST_TEST(!contains(older, "number 2."));
    BOOST_TEST(!contains(older, "Older messages"));
    BOOST_TEST(contains(older, "?page=1&amp;upto=51\">Newer messages</a>"));
}

BOOST_AUTO_TEST_CASE(reading_changes_nothing_and_the_button_marks) {
    send_text(alice, bob, "x");
    BOOST_TEST(contains(page(bob, "/" + alice.name), "name=\"seq\" value=\"1\""));
    BOOST_TEST(contains(page(bob, ""), "1 unread"));
    Request request = test::make_request("POST", "/api/v1/conversations/" + alice.name + "/read", {}, bob.token);
    request.content_type = "application/x-www-form-urlencoded";
    request.body = "seq=1";
    const auto answer = test::call(request);
    BOOST_TEST(answer.status == 303);
    BOOST_TEST(answer.header("Location") == "/plain/" + alice.name);
    BOOST_TEST(!contains(page(bob, ""), "unread"));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_a_page_too) {
    BOOST_TEST(page(bob, "?with=" + alice.name).header("Location") == "/plain/" + alice.name);
    BOOST_TEST(contains(page(bob, "?with=no%20name"), "Conversations"));
    const auto nobody = page(bob, "/" + test::unique_name("nobody"));
    BOOST_TEST(nobody.status == 404);
    BOOST_TEST(nobody.header("Content-Type") == "text/html; charset=utf-8");
    BOOST_TEST(page(bob, "/" + bob.name).status == 404);
    for (const std::string_view query : {"?page=0", "?page=2147483648", "?upto=-1", "?other=1"}) {
        BOOST_TEST(page(bob, "/" + alice.name + std::string(query)).status == 422);
    }
    BOOST_TEST(page(bob, "/" + alice.name + "?page=2147483647&upto=0").status == 200);
    BOOST_TEST(test::call("GET", "/plain").header("Location") == "/#unauthenticated");
    BOOST_TEST(test::call("GET", "/plain/" + bob.name).header("Location") == "/#unauthenticated");
    BOOST_TEST(test::call("POST", "/plain", {}, bob.token).status == 405);
}

BOOST_AUTO_TEST_CASE(a_third_user_sees_nothing) {
    send_text(alice, bob, "between us");
    const auto carol = test::log_in_new_user("carol");
    for (const std::string& path : {std::string(), "/" + alice.name, "/" + bob.name}) {
        BOOST_TEST(!contains(page(carol, path), "between us"));
    }
}

BOOST_AUTO_TEST_SUITE_END()

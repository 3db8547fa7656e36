#include <boost/test/unit_test.hpp>

#include <stdexcept>

#include "handlers/dispatch.hpp"
#include "tests/fixtures/api.hpp"
#include "tests/fixtures/database.hpp"
#include "worker/json.hpp"

using namespace sotto;

namespace {

struct Fixture {
    test::LoggedIn alice = test::log_in_new_user("alice");
    test::LoggedIn bob = test::log_in_new_user("bob");

    test::Answer send(const test::LoggedIn& from, const std::string& members, const std::string& key = {}) {
        Request request = test::make_request("POST", "/api/v1/messages", "{" + members + "}", from.token);
        request.idempotency_key = key;
        return test::call(request);
    }

    std::string to(const test::LoggedIn& user) { return R"("recipient":")" + user.name + '"'; }

    test::Answer send_text(const test::LoggedIn& from, const test::LoggedIn& recipient, const std::string& text) {
        return send(from, to(recipient) + R"(,"type":"text","text":)" + to_json(text));
    }

    test::Answer read(const test::LoggedIn& reader, const std::string& query) {
        return test::call("GET", "/api/v1/messages?" + query, {}, reader.token);
    }

    /// The numbers of the messages in an answer: "3 2 1".
    static std::string numbers(const test::Answer& answer) {
        std::string text;
        const Json::Value body = answer.json();
        for (const Json::Value& message : body["messages"]) {
            text += (text.empty() ? "" : " ") + std::to_string(message["seq"].asInt64());
        }
        return text;
    }
};

/// The connection to a client that goes once it has the head.
class Leaving : public Reply {
  public:
    explicit Leaving(int& writes) : writes_(writes) {}
    bool send(const Response& /*response*/) override { return true; }
    bool write(std::string_view /*piece*/) override {
        ++writes_;
        return false;
    }
    void finish() override { BOOST_ERROR("to nobody"); }

  private:
    int& writes_;
};

/// One whose session ends once it has the head.
class LoggingOut : public test::Recorder {
  public:
    LoggingOut(test::Answer& answer, const std::string& token) : Recorder(answer), token_(token) {}
    bool send(const Response& response) override {
        test::call("DELETE", "/api/v1/sessions/current", {}, token_);
        return Recorder::send(response);
    }

  private:
    std::string token_;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(messages, Fixture)

BOOST_AUTO_TEST_CASE(text_image_and_video_come_back_as_sent) {
    const auto text = send_text(alice, bob, "hello");
    BOOST_TEST(text.status == 201);
    const auto image = send(
        bob,
        to(alice) + R"(,"type":"image","url":"https://example.org/a.png","width":640,"height":480,"text":"a caption")");
    BOOST_TEST(image.status == 201);
    const auto video = send(
        alice, to(bob) + R"(,"type":"video","url":"https://www.youtube.com/watch?v=x","duration_s":212,"sender":")" +
                   alice.name + '"');
    BOOST_TEST(video.status == 201);
    const Json::Value sent = video.json();
    BOOST_TEST(sent["source"].asString() == "youtube");
    BOOST_TEST(sent["duration_s"].asInt() == 212);
    BOOST_TEST(video.header("Location") == "/api/v1/messages/" + sent["id"].asString());
    for (const auto* reader : {&alice, &bob}) {
        const Json::Value page = read(*reader, "between=" + alice.name + "," + bob.name + "&per_page=10").json();
        BOOST_TEST(page["messages"][0] == sent);
        BOOST_TEST(page["messages"][1] == image.json());
        BOOST_TEST(page["messages"][2] == text.json());
        BOOST_TEST(page["total"].asInt() == 3);
    }
}

BOOST_AUTO_TEST_CASE(limits_of_a_message) {
    struct Case {
        std::string members;
        std::string expected; // "201", or the failures
    };
    const std::string stem = test::unique_name("x");
    const auto wide = [](std::size_t count) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i) {
            text += "\U0001F600";
        }
        return text;
    };
    const std::string text = R"("type":"text","text":"x")";
    const std::string image = R"("type":"image","url":"http://h/i","width":1,"height":1)";
    const std::string video = R"("type":"video","url":"http://h/v","duration_s":1)";
    const auto url = [](std::size_t length) { return "https://h/" + std::string(length - 10, 'u'); };
    const auto with_url = [](const std::string& address) {
        return R"("type":"image","width":1,"height":1,"url":")" + address + '"';
    };
    for (const auto& [members, expected] : std::vector<Case>{
             {text, "201"},
             {image, "201"},
             {video, "201"},
             {R"("type":"text")", "text:required"},
             {R"("text":"x")", "type:required"},
             {R"("type":"audio","text":"x")", "type:invalid"},
             {R"("type":"text","text":"")", "text:too_short"},
             {R"("type":"text","text":")" + wide(4000) + '"', "201"},
             {R"("type":"text","text":")" + wide(4001) + '"', "text:too_long"},
             {R"("type":"text","text":7)", "text:wrong_type"},
             {text + R"(,"url":"http://h/")", "url:invalid"},
             {text + R"(,"width":1)", "width:invalid"},
             {text + R"(,"duration_s":1)", "duration_s:invalid"},
             {text + R"(,"colour":"red")", "colour:unknown"},
             {image + R"(,"text":"caption")", "201"},
             {image + R"(,"text":"")", "text:too_short"},
             {image + R"(,"source":"youtube")", "source:invalid"},
             {R"("type":"image","width":1,"height":1)", "url:required"},
             {R"("type":"image","url":"http://h/i","height":1)", "width:required"},
             {R"("type":"image","url":"http://h/i","width":0,"height":65535)", "width:out_of_range"},
             {R"("type":"image","url":"http://h/i","width":65535,"height":65536)", "height:out_of_range"},
             {R"("type":"image","url":"http://h/i","width":65535,"height":65535)", "201"},
             {R"("type":"image","url":"http://h/i","width":"1","height":1)", "width:wrong_type"},
             {R"("type":"image","url":"http://h/i","width":1.5,"height":1)", "width:wrong_type"},
             {with_url(url(2048)), "201"},
             {with_url(url(2049)), "url:too_long"},
             {with_url("ftp://h/i"), "url:invalid"},
             {with_url("javascript:alert(1)"), "url:invalid"},
             {with_url("https://"), "url:invalid"},
             {with_url("//h/i"), "url:invalid"},
             {with_url("https://youtube.com@evil.test/"), "url:invalid"},
             {with_url("https://h/a b"), "url:invalid"},
             {R"("type":"video","url":"ftp://h/v","duration_s":1)", "url:invalid"},
             {R"("type":"video","url":"http://h/v")", "duration_s:required"},
             {R"("type":"video","url":"http://h/v","duration_s":0)", "duration_s:out_of_range"},
             {R"("type":"video","url":"http://h/v","duration_s":604800)", "201"},
             {R"("type":"video","url":"http://h/v","duration_s":604801)", "duration_s:out_of_range"},
             {video + R"(,"source":"vevo")", "201"},
             {video + R"(,"source":"Vevo")", "201"},
             {video + R"(,"source":"Ve vo")", "source:invalid"},
             {video + R"(,"source":"VÉVO")", "source:invalid"},
             {video + R"(,"source":")" + std::string(32, 's') + '"', "201"},
             {video + R"(,"source":")" + std::string(33, 's') + '"', "source:too_long"},
         }) {
        BOOST_TEST_CONTEXT(members.substr(0, 200)) {
            const auto answer = send(alice, to(bob) + "," + members);
            BOOST_TEST((answer.status == 201 ? "201" : answer.errors()) == expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(wrong_recipients_and_senders) {
    const std::string rest = R"(,"type":"text","text":"x")";
    BOOST_TEST(send(alice, to(alice) + rest).errors() == "recipient:invalid");
    BOOST_TEST(send(alice, R"("recipient":"nobody.)" + alice.name + '"' + rest).problem() == "user-not-found");
    BOOST_TEST(send(alice, R"("recipient":"no body")" + rest).errors() == "recipient:invalid");
    BOOST_TEST(send(alice, R"("type":"text","text":"x")").errors() == "recipient:required");
    BOOST_TEST(send(alice, to(bob) + rest + R"(,"sender":")" + bob.name + '"').problem() == "sender-not-caller");
    BOOST_TEST(read(bob, "with=" + alice.name + "&page=1").json()["total"].asInt() == 0);
}

BOOST_AUTO_TEST_CASE(text_comes_back_byte_for_byte) {
    for (const std::string text : {"\U0001F9D1\u200D\U0001F680\U0001F600", "שלום עולם", "مرحبا", "e\u0301 \u0335",
                                   "a\u202Eb", "line\nbreak\r\n\ttab", "\u2028\u2029", "\"quotes\\", "<b>&amp;</b>",
                                   "\x7f\x01", "  blanks  ", "\uFFFF\U0010FFFF", "nul\\u0000"}) {
        BOOST_REQUIRE(send_text(alice, bob, text).status == 201);
        BOOST_TEST(read(bob, "with=" + alice.name + "&per_page=1").json()["messages"][0]["text"].asString() == text);
    }
}

BOOST_AUTO_TEST_CASE(a_repeated_key_gives_the_first_answer_again) {
    const std::string members = to(bob) + R"(,"type":"text","text":"x")";
    const auto first = send(alice, members, "key-1");
    BOOST_TEST(first.status == 201);
    BOOST_TEST(first.header("Idempotency-Replayed") == "");
    const auto again = send(alice, members, "key-1");
    BOOST_TEST(again.status == 200);
    BOOST_TEST(again.header("Idempotency-Replayed") == "true");
    BOOST_TEST(again.json() == first.json());
    BOOST_TEST(send(alice, to(bob) + R"(,"type":"text","text":"y")", "key-1").problem() == "idempotency-key-reuse");
    BOOST_TEST(send(alice, members, std::string(64, 'k')).status == 201);
    BOOST_TEST(send(alice, members, std::string(65, 'k')).errors() == "idempotency_key:invalid");
    BOOST_TEST(send(alice, members, "two words").errors() == "idempotency_key:invalid");
    BOOST_TEST(send(alice, members).json()["seq"].asInt() == 3);
}

BOOST_AUTO_TEST_CASE(pages_and_their_links) {
    for (int i = 0; i < 7; ++i) {
        send_text(i % 2 ? bob : alice, i % 2 ? alice : bob, "x");
    }
    const std::string with = "with=" + bob.name;
    struct Case {
        std::string query;
        std::string numbers;
        int page;
        int pages;
        int upto;
    };
    for (const auto& [query, expected, page, pages, upto] : std::vector<Case>{
             {"&page=1", "7 6 5 4 3 2 1", 1, 1, 7},
             {"&per_page=3", "7 6 5", 1, 3, 7},
             {"&per_page=3&page=2", "4 3 2", 2, 3, 7},
             {"&per_page=3&page=3", "1", 3, 3, 7},
             {"&per_page=3&page=4", "", 4, 3, 7},
             {"&per_page=200&page=2147483647", "", 2147483647, 1, 7},
             {"&per_page=7", "7 6 5 4 3 2 1", 1, 1, 7},
             {"&per_page=3&upto=5", "5 4 3", 1, 2, 5},
             {"&per_page=3&page=2&upto=5", "2 1", 2, 2, 5},
             {"&upto=100", "7 6 5 4 3 2 1", 1, 1, 7},
             {"&per_page=3&order=asc", "1 2 3", 1, 3, 7},
             {"&per_page=3&page=3&order=asc", "7", 3, 3, 7},
             {"&per_page=3&page=2&upto=5&order=asc", "4 5", 2, 2, 5},
             {"&per_page=3&page=2&order=desc", "4 3 2", 2, 3, 7},
         }) {
        BOOST_TEST_CONTEXT(query) {
            const auto answer = read(alice, with + query);
            BOOST_TEST(numbers(answer) == expected);
            BOOST_TEST(answer.json()["page"].asInt() == page);
            BOOST_TEST(answer.json()["pages"].asInt() == pages);
            BOOST_TEST(answer.json()["upto"].asInt() == upto);
            BOOST_TEST(answer.json()["total"].asInt() == 7);
        }
    }
    const std::string base = "</api/v1/messages?with=" + bob.name + "&per_page=3&page=";
    BOOST_TEST(read(alice, with + "&per_page=3&page=2").header("Link") ==
               base + "3&upto=7>; rel=\"next\", " + base + "1&upto=7>; rel=\"prev\", " + base +
                   "1&upto=7>; rel=\"first\", " + base + "3&upto=7>; rel=\"last\"");
}

BOOST_AUTO_TEST_CASE(a_page_keeps_its_rows_while_messages_arrive) {
    for (int i = 0; i < 5; ++i) {
        send_text(alice, bob, "x");
    }
    const std::string page = "with=" + bob.name + "&per_page=2&page=2&upto=5";
    const std::string before = numbers(read(alice, page));
    send_text(bob, alice, "x");
    BOOST_TEST(numbers(read(alice, page)) == before);
}

BOOST_AUTO_TEST_CASE(reading_by_cursor) {
    for (int i = 0; i < 7; ++i) {
        send_text(alice, bob, "x");
    }
    const std::string with = "with=" + bob.name;
    for (const auto& [query, expected] : std::vector<std::pair<std::string, std::string>>{
             {"&before=5&per_page=2", "4 3"},
             {"&before=5&per_page=2&order=asc", "3 4"},
             {"&before=1", ""},
             {"&before=100&per_page=1", "7"},
             {"&after=5", "6 7"},
             {"&after=5&order=desc", "7 6"},
             {"&after=0&per_page=3", "1 2 3"},
             {"&after=7", ""},
             {"&after=100", ""},
         }) {
        BOOST_TEST_CONTEXT(query) {
            const auto answer = read(alice, with + query);
            BOOST_TEST(numbers(answer) == expected);
            BOOST_TEST(answer.json()["total"].asInt() == 7);
            BOOST_TEST(!answer.json().isMember("page"));
        }
    }
}

BOOST_AUTO_TEST_CASE(the_whole_conversation_is_streamed) {
    const auto sent = send_text(alice, bob, "x").json()["id"].asString();
    const std::string conversation = sent.substr(0, sent.find('-'));
    db::Connection admin(test::Database::shared().as_admin());
    admin.run_script(
        "INSERT INTO messages (conversation_id, seq, sender_id, recipient_id, type, text, created_at)"
        " SELECT conversation_id, n.seq, sender_id, recipient_id, type, text, created_at FROM messages, seq_2_to_1234 n"
        " WHERE conversation_id = " +
        conversation +
        " AND messages.seq = 1;"
        "UPDATE conversations SET last_seq = 1234 WHERE id = " +
        conversation);
    const auto newest_first = read(bob, "with=" + alice.name).json();
    BOOST_TEST(newest_first["total"].asInt() == 1234);
    BOOST_REQUIRE(newest_first["messages"].size() == 1234U);
    const auto oldest_first = read(bob, "order=asc&with=" + alice.name).json();
    BOOST_REQUIRE(oldest_first["messages"].size() == 1234U);
    for (Json::ArrayIndex i = 0; i < 1234; ++i) {
        BOOST_REQUIRE(newest_first["messages"][i]["seq"].asUInt() == 1234 - i);
        BOOST_REQUIRE(oldest_first["messages"][i]["seq"].asUInt() == i + 1);
    }
    const auto empty = read(bob, "with=" + test::log_in_new_user("silent").name).json();
    BOOST_TEST(empty["messages"].isArray());
    BOOST_TEST(empty["total"].asInt() == 0);
}

BOOST_AUTO_TEST_CASE(a_stream_ends_with_its_reader_and_with_its_session) {
    send_text(alice, bob, "x");
    Request request = test::make_request("GET", "/api/v1/messages?with=" + bob.name, {}, alice.token);
    App app = test::make_app(test::Database::shared().as_worker());
    int writes = 0;
    test::dispatch(app, request, std::make_unique<Leaving>(writes));
    BOOST_TEST(writes == 1);

    test::Answer answer;
    test::dispatch(app, request, std::make_unique<LoggingOut>(answer, alice.token));
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(answer.cut);
    BOOST_TEST(answer.body == "");
}

BOOST_AUTO_TEST_CASE(who_has_been_logged_out_reads_nothing) {
    send_text(alice, bob, "x");
    BOOST_TEST(test::call("DELETE", "/api/v1/sessions/current", {}, alice.token).status == 204);
    for (const std::string& query : {"with=" + bob.name, "page=1&with=" + bob.name, "after=0&with=" + bob.name,
                                     std::string("box=sent"), std::string("box=received")}) {
        Request request = test::make_request("GET", "/api/v1/messages?" + query, {}, alice.token);
        BOOST_TEST_CONTEXT(query) {
            BOOST_TEST(test::call(request).problem() == "unauthenticated");
            request.if_none_match = "*"; // which any page would match
            BOOST_TEST(test::call(request).problem() == "unauthenticated");
        }
    }
}

BOOST_AUTO_TEST_CASE(a_conversation_without_messages_is_an_empty_list) {
    Request request = test::make_request("GET", "/api/v1/messages?page=1&with=" + bob.name, {}, alice.token);
    request.if_none_match = "\"1-1-1\"";
    BOOST_TEST(test::call(request).status == 200);
    BOOST_TEST(read(alice, "after=0&with=" + bob.name).body == R"({"messages":[],"total":0})");
}

BOOST_AUTO_TEST_CASE(boxes) {
    const auto carol = test::log_in_new_user("carol");
    for (int i = 0; i < 3; ++i) {
        send_text(alice, bob, "to bob");
        send_text(alice, carol, "to carol");
        send_text(carol, alice, "from carol");
    }
    std::string next;
    std::size_t seen = 0;
    do {
        const Json::Value box = read(alice, "box=sent&per_page=2" + (next.empty() ? "" : "&before=" + next)).json();
        seen += box["messages"].size();
        for (const Json::Value& message : box["messages"]) {
            BOOST_TEST(message["sender"].asString() == alice.name);
            BOOST_TEST(message["text"].asString() ==
                       (message["recipient"].asString() == bob.name ? "to bob" : "to carol"));
        }
        next = box.get("next", "").asString();
    } while (!next.empty());
    BOOST_TEST(seen == 6U);
    BOOST_TEST(read(alice, "box=received").json()["messages"].size() == 3U);
    BOOST_TEST(read(bob, "box=sent").json()["messages"].empty());
    BOOST_TEST(!read(alice, "box=sent&per_page=6").json().isMember("next"));
}

BOOST_AUTO_TEST_CASE(an_unchanged_page_is_a_304) {
    send_text(alice, bob, "x");
    Request request = test::make_request("GET", "/api/v1/messages?page=1&with=" + bob.name, {}, alice.token);
    const std::string etag = test::call(request).header("ETag");
    BOOST_TEST(etag.starts_with('"'));
    for (const auto& [if_none_match, status] : std::vector<std::pair<std::string, int>>{{etag, 304},
                                                                                        {"W/" + etag, 304},
                                                                                        {etag + ", \"x\"", 304},
                                                                                        {"\"x\"", 200},
                                                                                        {"\"1-1\"", 200},
                                                                                        {"*", 304},
                                                                                        {"\"other\", " + etag, 304},
                                                                                        {"\"", 200},
                                                                                        {"", 200}}) {
        request.if_none_match = if_none_match;
        const auto answer = test::call(request);
        BOOST_TEST(answer.status == status, if_none_match);
        BOOST_TEST(answer.header("ETag") == etag);
        BOOST_TEST(answer.body.empty() == (status == 304));
    }
    send_text(bob, alice, "y");
    request.if_none_match = etag;
    BOOST_TEST(test::call(request).status == 200);
}

BOOST_AUTO_TEST_CASE(a_third_user_learns_nothing) {
    send_text(alice, bob, "secret");
    const auto carol = test::log_in_new_user("carol");
    const auto both = "between=" + alice.name + "," + bob.name;
    const auto refused = read(carol, both);
    BOOST_TEST(refused.status == 403);
    BOOST_TEST(refused.body == read(carol, "between=nobody-1,nobody-2").body); // whoever they are, and whether they are
    BOOST_TEST(read(carol, both + "&page=1").status == 403);
    BOOST_TEST(read(carol, "with=" + alice.name + "&page=1").json()["total"].asInt() == 0);
    BOOST_TEST(read(carol, "box=received").json()["messages"].empty());
}

BOOST_AUTO_TEST_CASE(limits_of_reading) {
    for (const auto& [query, errors] : std::vector<std::pair<std::string, std::string>>{
             {"", "between:required"},
             {"with=a&box=sent", "box:invalid"},
             {"between=a,b&with=a", "with:invalid"},
             {"between=a", "between:too_short"},
             {"between=abc", "between:invalid"},
             {"between=a,b,c", "between:invalid"},
             {"between=" + alice.name + "," + alice.name, "between:invalid"},
             {"between=" + alice.name + ",", "between:invalid"},
             {"between=" + alice.name + "," + std::string(33, 'b'), "between:invalid"},
             {"with=" + alice.name, "with:invalid"},
             {"with=no%20body", "with:invalid"},
             {"with=b&page=0", "page:out_of_range"},
             {"with=b&page=2147483648", "page:out_of_range"},
             {"with=b&page=x", "page:wrong_type"},
             {"with=b&per_page=0", "per_page:out_of_range"},
             {"with=b&per_page=201", "per_page:out_of_range"},
             {"with=b&upto=0", "upto:out_of_range"},
             {"with=b&before=0", "before:out_of_range"},
             {"with=b&after=-1", "after:out_of_range"},
             {"with=b&before=1&after=1", "after:invalid"},
             {"with=b&before=1&page=1", "page:invalid"},
             {"with=b&after=1&upto=1", "upto:invalid"},
             {"with=b&order=random", "order:invalid"},
             {"with=b&offset=1", "offset:unknown"},
             {"box=trash", "box:invalid"},
             {"box=sent&page=1", "page:unknown"},
             {"box=sent&before=nonsense", "before:invalid"},
             {"box=sent&before=1-2", "before:invalid"},
             {"box=sent&before=1-2-3-4", "before:invalid"},
             {"box=sent&before=1-2_3", "before:invalid"},
             {"box=sent&before=-1-2-3", "before:invalid"},
             {"box=sent&before=99999999999999999-2-3", "before:invalid"},
             {"box=sent&per_page=201", "per_page:out_of_range"},
         }) {
        BOOST_TEST_CONTEXT(query) {
            const auto answer = read(alice, query);
            BOOST_TEST(answer.status == 422);
            BOOST_TEST(answer.errors() == errors);
        }
    }
    BOOST_TEST(read(alice, "with=nobody-at-all").problem() == "user-not-found");
    BOOST_TEST(read(alice, "with=nobody-at-all&page=1").problem() == "user-not-found");
    BOOST_TEST(read(alice, "page=1&page=2&with=b").problem() == "malformed-request");
    BOOST_TEST(read(alice, "with=%zz").problem() == "malformed-request");
    BOOST_TEST(read(alice, "with=" + bob.name + "&per_page=200&page=2147483647").status == 200);
}

BOOST_AUTO_TEST_CASE(forms_are_answered_with_redirects) {
    const auto post = [&](const std::string& path, const std::string& body, const std::string& cookie = {}) {
        Request request = test::make_request("POST", path);
        request.content_type = "application/x-www-form-urlencoded";
        request.accept = "text/html";
        request.origin = "https://sotto.test";
        request.body = body;
        request.cookie = cookie;
        const auto answer = test::call(request);
        BOOST_TEST(answer.status == 303);
        return answer;
    };
    const std::string name = test::unique_name("form");
    const std::string password = "&password=a+long+enough+passphrase";
    BOOST_TEST(post("/api/v1/users", "user_name=" + name + password + "&email=").header("Location") == "/#signed-up");
    BOOST_TEST(post("/api/v1/users", "user_name=" + name + password).header("Location") == "/#user-name-taken");
    BOOST_TEST(post("/api/v1/users", "user_name=" + name + "&password=short").header("Location") ==
               "/#password-too_short");
    BOOST_TEST(post("/api/v1/sessions", "user_name=" + name + "&password=wrong").header("Location") ==
               "/#invalid-credentials");
    const auto logged_in = post("/api/v1/sessions", "user_name=" + name + password);
    BOOST_TEST(logged_in.header("Location") == "/plain");
    const std::string cookie = logged_in.header("Set-Cookie").substr(0, logged_in.header("Set-Cookie").find(';'));
    const std::string message = "recipient=" + bob.name + "&type=text&text=100%25+%C3%A9&idempotency_key=form-1";
    BOOST_TEST(post("/api/v1/messages", message, cookie).header("Location") == "/plain/" + bob.name + "#sent");
    BOOST_TEST(post("/api/v1/messages", message, cookie).header("Location") ==
               "/plain/" + bob.name + "#sent"); // the button pressed twice
    BOOST_TEST(post("/api/v1/messages", message).header("Location") == "/#unauthenticated");
    const Json::Value page = read(bob, "per_page=9&with=" + name).json();
    BOOST_TEST(page["total"].asInt() == 1);
    BOOST_TEST(page["messages"][0]["text"].asString() == "100% é");
    BOOST_TEST(post("/api/v1/messages",
                    "recipient=" + bob.name + "&type=image&url=https%3A%2F%2Fh%2Fi&width=640&height=480", cookie)
                   .header("Location") == "/plain/" + bob.name + "#sent");
    const auto out = post("/api/v1/sessions/current/delete", "", cookie);
    BOOST_TEST(out.header("Location") == "/#logged-out");
    BOOST_TEST(out.header("Set-Cookie").find("Max-Age=0") != std::string::npos);
    BOOST_TEST(post("/api/v1/messages", message, cookie).header("Location") == "/#unauthenticated");
}

BOOST_AUTO_TEST_SUITE_END()

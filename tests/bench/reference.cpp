// What the database alone does with the same work: no HTTP, no JSON, a thread a connection.
//
//   bench_reference steps|one|batch page|send|hot SOCKET CONNECTIONS SECONDS
//
// `steps` asks for each thing with a plain statement of its own: session, peer, conversation, page; or begin, session,
// peer, bump, insert, commit. `one` runs exactly the worker's statements, in one round trip; `batch` those for eight
// requests at once. All prepare their statements once. The data is that of tests/bench/data.mjs. Prints requests a
// second.

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <mysql.h>

#include "db/messages.hpp"

namespace {

using namespace sotto;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t users = 2000;    // user 2k-1 and user 2k share a conversation
constexpr std::int64_t hot_user = 2001; // who shares one with the next
constexpr std::int64_t page_size = 50;
constexpr std::string_view text = "A message of the length that most messages have: a sentence, or two short ones.";

/// The session of user `number`: data.mjs makes its id from the number.
db::SessionId session_of(std::int64_t number) {
    db::SessionId id{};
    for (std::size_t i = 0; i < 8; ++i) {
        id.at(15 - i) = static_cast<unsigned char>(number >> (8 * i));
    }
    return id;
}

std::string name_of(std::int64_t number) {
    return "bench" + std::to_string(number);
}

std::int64_t peer_of(std::int64_t number) {
    return number % 2 == 0 ? number - 1 : number + 1;
}

/// Who asks next: anybody, or one of the two of the hot conversation.
class Callers {
  public:
    explicit Callers(bool hot) : numbers_(hot ? hot_user : 1, hot ? hot_user + 1 : users) {}
    std::int64_t next() { return numbers_(generator_); }

  private:
    std::mt19937_64 generator_{std::random_device{}()};
    std::uniform_int_distribution<std::int64_t> numbers_;
};

/// One request after the other, over a connection of its own.
class Client {
  public:
    Client() = default;
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    virtual ~Client() = default;
    virtual void page(std::int64_t caller) = 0;
    virtual void send(std::int64_t caller) = 0;
    /// How many callers it takes before it does something.
    virtual std::int64_t at_once() const { return 1; }
};

void expect(bool holds, const char* otherwise) {
    if (!holds) {
        throw std::runtime_error(otherwise);
    }
}

class OneTripClient : public Client {
  public:
    explicit OneTripClient(const std::string& socket) : connection_({socket, "sotto", "sotto"}) {}

    void page(std::int64_t caller) override {
        std::int64_t count = 0;
        const auto view = db::read_conversation(connection_, session_of(caller), name_of(peer_of(caller)),
                                                {.count = page_size}, db::Order::newest_first,
                                                [&](const db::ConversationView&, const db::Message&) { ++count; });
        expect(view && count == page_size, "a page is not as data.mjs made it");
    }

    void send(std::int64_t caller) override {
        const std::string recipient = name_of(peer_of(caller));
        const auto sent = db::send_message(connection_, session_of(caller),
                                           {.recipient = recipient, .content = {.type = "text", .text = text}});
        expect(sent.outcome == db::SendOutcome::sent, "a message was not sent");
    }

  private:
    db::Connection connection_;
};

class BatchClient : public Client {
  public:
    explicit BatchClient(const std::string& socket) : connection_({socket, "sotto", "sotto"}) {}

    void page(std::int64_t caller) override {
        if (!take(caller)) {
            return;
        }
        std::int64_t count = 0;
        std::vector<db::WindowRead> reads;
        for (std::size_t i = 0; i < callers_.size(); ++i) {
            reads.push_back({.session = session_of(callers_[i]),
                             .peer = peers_[i],
                             .window = {.count = page_size},
                             .visit = [&](const db::ConversationView&, const db::Message&) { ++count; }});
        }
        db::read_conversations(connection_, reads);
        expect(count == at_once() * page_size, "a page is not as data.mjs made it");
        callers_.clear();
    }

    void send(std::int64_t caller) override {
        if (!take(caller)) {
            return;
        }
        std::vector<db::Submission> submissions;
        for (std::size_t i = 0; i < callers_.size(); ++i) {
            submissions.push_back(
                {session_of(callers_[i]), {.recipient = peers_[i], .content = {.type = "text", .text = text}}});
        }
        for (const auto& sent : db::send_messages(connection_, submissions)) {
            expect(sent.has_value(), "a message was not sent");
        }
        callers_.clear();
    }

    std::int64_t at_once() const override { return db::max_batch; }

  private:
    /// Whether there are enough of them now.
    bool take(std::int64_t caller) {
        if (callers_.empty()) {
            peers_.clear();
        }
        callers_.push_back(caller);
        peers_.push_back(name_of(peer_of(caller)));
        return callers_.size() == db::max_batch;
    }

    db::Connection connection_;
    std::vector<std::int64_t> callers_;
    std::vector<std::string> peers_;
};

class StepsClient : public Client {
  public:
    explicit StepsClient(const std::string& socket) : handle_(connect(socket)) {}

    void page(std::int64_t caller) override {
        const auto [user, peer] = find_both(caller);
        conversation_.execute(std::vector<db::Parameter>{std::min(user, peer), std::max(user, peer)});
        expect_row(conversation_);
        const std::int64_t id = conversation_.integer(0);
        const std::int64_t last = conversation_.integer(1);
        conversation_.finish();
        messages_.execute(std::vector<db::Parameter>{id, last - page_size + 1, last});
        std::int64_t count = 0;
        while (messages_.fetch()) {
            ++count;
        }
        expect(count == page_size, "a page is not as data.mjs made it");
    }

    void send(std::int64_t caller) override {
        for (bool sent = false; !sent;) {
            try {
                try_to_send(caller);
                sent = true;
            } catch (const db::Error& error) {
                if (!db::is_retryable(error.number())) {
                    throw;
                }
            }
        }
    }

  private:
    void try_to_send(std::int64_t caller) {
        begin_.execute({});
        const auto [user, peer] = find_both(caller);
        bump_.execute(std::vector<db::Parameter>{user, user, std::min(user, peer), std::max(user, peer)});
        insert_.execute(std::vector<db::Parameter>{user, peer, text, std::min(user, peer), std::max(user, peer)});
        commit_.execute({});
    }

    using Handle = std::unique_ptr<MYSQL, decltype(&mysql_close)>;

    static Handle connect(const std::string& socket) {
        Handle handle(mysql_init(nullptr), &mysql_close);
        mysql_options(handle.get(), MYSQL_INIT_COMMAND, "SET tx_isolation = 'READ-COMMITTED'"); // as the worker has it
        if (mysql_real_connect(handle.get(), "localhost", "sotto", nullptr, "sotto", 0, socket.c_str(), 0) == nullptr) {
            throw std::runtime_error(mysql_error(handle.get()));
        }
        return handle;
    }

    static void expect_row(db::Statement& statement) {
        expect(statement.fetch(), "a row is missing that data.mjs made");
    }

    std::pair<std::int64_t, std::int64_t> find_both(std::int64_t caller) {
        const db::SessionId id = session_of(caller);
        session_.execute(std::vector<db::Parameter>{db::as_bytes(id)});
        expect_row(session_);
        const std::int64_t user = session_.integer(0);
        session_.finish();
        const std::string name = name_of(peer_of(caller));
        peer_.execute(std::vector<db::Parameter>{std::string_view(name)});
        expect_row(peer_);
        const std::int64_t peer = peer_.integer(0);
        peer_.finish();
        return {user, peer};
    }

    db::Statement prepare(std::string_view sql) { return {handle_.get(), sql}; }

    Handle handle_;
    db::Statement begin_ = prepare("START TRANSACTION");
    db::Statement session_ = prepare("SELECT user_id FROM sessions WHERE id = ? AND expires_at > UTC_TIMESTAMP(3)");
    db::Statement peer_ = prepare("SELECT id FROM users WHERE user_name = ? AND deleted_at IS NULL");
    db::Statement conversation_ =
        prepare("SELECT id, last_seq, change_count FROM conversations WHERE user_lo = ? AND user_hi = ?");
    db::Statement messages_ = prepare(
        "SELECT seq, sender_id, type, text, url, width, height, duration_s, source, created_at, edited_at, deleted_at"
        " FROM messages WHERE conversation_id = ? AND seq BETWEEN ? AND ? ORDER BY seq DESC");
    // By the index of the pair: MariaDB would take one that has `last_at` in it, and miss a row that another
    // transaction moves in it.
    db::Statement bump_ =
        prepare("UPDATE conversations FORCE INDEX (pair) SET last_seq = last_seq + 1, last_at = UTC_TIMESTAMP(3),"
                " read_lo = IF(user_lo = ?, last_seq, read_lo), read_hi = IF(user_hi = ?, last_seq, read_hi)"
                " WHERE user_lo = ? AND user_hi = ?");
    db::Statement insert_ =
        prepare("INSERT INTO messages (conversation_id, seq, sender_id, recipient_id, type, text, created_at)"
                " SELECT id, last_seq, ?, ?, 'text', ?, last_at FROM conversations WHERE user_lo = ? AND user_hi = ?");
    db::Statement commit_ = prepare("COMMIT");
};

std::unique_ptr<Client> make_client(std::string_view how, const std::string& socket) {
    if (how == "one") {
        return std::make_unique<OneTripClient>(socket);
    }
    if (how == "batch") {
        return std::make_unique<BatchClient>(socket);
    }
    return std::make_unique<StepsClient>(socket);
}

/// Runs until `stop`, from when `go` is set; adds what was done to `done`.
void work(Client& client, std::string_view what, const std::atomic<bool>& go, const std::atomic<bool>& stop,
          std::atomic<std::int64_t>& done) {
    Callers callers(what == "hot");
    go.wait(false);
    std::int64_t count = 0;
    for (; !stop; ++count) {
        if (what == "page") {
            client.page(callers.next());
        } else {
            client.send(callers.next());
        }
    }
    done += count - count % client.at_once();
}

int number(const char* argument) {
    int value = 0;
    std::from_chars(argument, argument + std::string_view(argument).size(), value);
    return value;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 6) {
        std::fputs("Usage: bench_reference steps|one|batch page|send|hot SOCKET CONNECTIONS SECONDS\n", stderr);
        return 2;
    }
    const std::string_view how = argv[1];
    const std::string_view what = argv[2];
    std::vector<std::unique_ptr<Client>> clients;
    std::atomic<bool> go = false;
    std::atomic<bool> stop = false;
    std::atomic<std::int64_t> done = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < number(argv[4]); ++i) {
        clients.push_back(make_client(how, argv[3]));
        threads.emplace_back([&, &client = *clients.back()] {
            try {
                work(client, what, go, stop, done);
            } catch (const std::exception& error) {
                std::fprintf(stderr, "bench_reference: %s\n", error.what());
                std::_Exit(1);
            }
        });
    }
    const auto start = Clock::now();
    go = true;
    go.notify_all();
    std::this_thread::sleep_for(std::chrono::seconds(number(argv[5])));
    stop = true;
    threads.clear();
    std::printf("%.1f\n", static_cast<double>(done) / std::chrono::duration<double>(Clock::now() - start).count());
    return 0;
}

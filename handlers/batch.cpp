#include "handlers/batch.hpp"

#include <algorithm>
#include <utility>

namespace sotto {

Batch::Sending Batch::send(Call& call, const db::NewMessage& message) {
    return {call, message};
}

Batch::Reading Batch::read(Call& call, db::WindowRead read) {
    return {call, std::move(read)};
}

void Batch::Sending::await_suspend(std::coroutine_handle<> waiting) {
    handler = waiting;
    call.batch.sendings_.push_back(this);
}

void Batch::Reading::await_suspend(std::coroutine_handle<> waiting) {
    handler = waiting;
    call.batch.readings_.push_back(this);
}

db::Sent Batch::Sending::await_resume() const {
    rethrow_failure();
    return *sent_;
}

db::WindowSeen Batch::Reading::await_resume() const {
    rethrow_failure();
    return *seen_;
}

void Batch::Sending::do_alone(db::Connection& connection) {
    sent_ = db::send_message(connection, call.claims->session, message_);
}

void Batch::Reading::do_alone(db::Connection& connection) {
    seen_ = db::read_conversation(connection, read_);
}

void Batch::do_all(std::span<Sending*> sendings) {
    std::vector<db::Submission> submissions;
    submissions.reserve(sendings.size());
    for (const Sending* sending : sendings) {
        submissions.push_back({sending->call.claims->session, sending->message_});
    }
    const auto sent = db::send_messages(connection_, submissions);
    for (std::size_t i = 0; i < sent.size(); ++i) {
        sendings[i]->sent_ = sent[i];
    }
}

void Batch::do_all(std::span<Reading*> readings) {
    std::vector<db::WindowRead> reads;
    reads.reserve(readings.size());
    for (const Reading* reading : readings) {
        reads.push_back(reading->read_);
    }
    const auto seen = db::read_conversations(connection_, reads);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        readings[i]->seen_ = seen[i];
    }
}

/// What is not done then, and has not failed, must go alone.
template<class What>
void Batch::do_together(std::span<What*> waiting) {
    try {
        do_all(waiting);
    } catch (...) {
        for (What* each : waiting) {
            each->failure = std::current_exception();
        }
    }
    const auto spent = connection_.take_time_spent();
    for (What* each : waiting) {
        each->call.time_in_database += spent; // all of them waited for all of it
    }
}

template<class What>
void Batch::run(std::vector<What*>& waiting) {
    std::vector<What*> all = std::exchange(waiting, {});
    const auto others = std::partition(all.begin(), all.end(), [](const What* each) { return each->can_share(); });
    if (others - all.begin() > 1) {
        do_together(std::span(all.begin(), others));
    }
    // Who is served already does not wait for those who must go alone. Those don't wait for a database that is away
    // one after the other.
    std::partition(all.begin(), all.end(), [](const What* each) { return each->done() || each->failure; });
    std::exception_ptr unavailable;
    for (What* each : all) {
        if (!each->done() && !each->failure) {
            each->failure = unavailable;
        }
        if (!each->done() && !each->failure) {
            try {
                each->do_alone(connection_);
            } catch (const db::Unavailable&) {
                each->failure = unavailable = std::current_exception();
            } catch (...) {
                each->failure = std::current_exception();
            }
        }
        each->handler.resume(); // which ends the waiting, and what waits
    }
}

void Batch::run() {
    run(sendings_);
    run(readings_);
}

} // namespace sotto

#include "handlers/batch.hpp"

#include <utility>

namespace sotto {

void Batch::Sending::await_suspend(std::coroutine_handle<> handler) {
    handler_ = handler;
    batch_.sendings_.push_back(this);
}

db::Sent Batch::Sending::await_resume() const {
    if (failure_) {
        std::rethrow_exception(failure_);
    }
    return *sent_;
}

void Batch::Sending::send_alone() {
    try {
        sent_ = db::send_message(batch_.connection_, call_.claims->session, message_);
    } catch (...) {
        failure_ = std::current_exception();
    }
}

void Batch::send_together() {
    try {
        std::vector<db::Submission> submissions;
        for (const Sending* sending : sendings_) {
            submissions.push_back({sending->call_.claims->session, sending->message_});
        }
        const auto sent = db::send_messages(connection_, submissions);
        for (std::size_t i = 0; i < sent.size(); ++i) {
            sendings_[i]->sent_ = sent[i];
        }
    } catch (...) {
        for (Sending* sending : sendings_) {
            sending->failure_ = std::current_exception();
        }
    }
    const auto spent = connection_.take_time_spent();
    for (Sending* sending : sendings_) {
        sending->call_.time_in_database += spent; // all of them waited for all of it
    }
}

void Batch::run() {
    if (sendings_.size() > 1) {
        send_together();
    }
    for (Sending* sending : std::exchange(sendings_, {})) {
        if (!sending->sent_ && !sending->failure_) {
            sending->send_alone();
        }
        sending->handler_.resume(); // which ends the Sending
    }
}

} // namespace sotto

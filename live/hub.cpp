#include "live/hub.hpp"

#include <memory>

#include <unistd.h>

#include "live/handshake.hpp"
#include "live/record.hpp"
#include "live/record_reader.hpp"
#include "worker/log.hpp"

namespace sotto::live {

Hub::Hub(const Settings& settings, const Listeners& listeners)
    : settings_(settings),
      record_buffer_(max_record_bytes),
      registry_(settings_, counters_),
      context_(1),
      clients_(context_, listeners.clients, [this](int socket) { take_client(socket); }),
      workers_(context_, listeners.workers, [this](int socket) { take_worker(socket); }) {}

Hub::~Hub() {
    registry_.clear();
}

void Hub::run() {
    context_.run();
    // The loop was stopped by shut_down; it goes on until the last client has gone, and a little longer at most than
    // that takes.
    context_.restart();
    const auto deadline = std::chrono::steady_clock::now() + 2 * settings_.closing_grace;
    while (counters_.clients > 0 && context_.run_one_until(deadline) > 0) {
    }
}

void Hub::shut_down() {
    LogLine("info", "stopping").add("connections", static_cast<std::int64_t>(registry_.size()));
    clients_.stop();
    workers_.stop();
    registry_.close_all();
    context_.stop();
}

void Hub::take_client(int socket) {
    ErrorCode error;
    Socket client(context_);
    client.assign(asio::local::stream_protocol(), socket, error);
    if (error) {
        ::close(socket);
        return;
    }
    if (counters_.clients >= settings_.max_clients) {
        ++counters_.refused;
        return;
    }
    std::make_shared<Handshake>(registry_, std::move(client))->start();
}

void Hub::take_worker(int socket) {
    std::make_shared<RecordReader>(context_, socket, registry_, record_buffer_)->start();
}

} // namespace sotto::live

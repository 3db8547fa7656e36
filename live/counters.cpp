#include "live/counters.hpp"

#include <string_view>

namespace sotto::live {

namespace {

void append_head(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
    out.append("# HELP ").append(name).append(" ").append(help).append("\n");
    out.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void append_value(std::string& out, std::string_view series, std::uint64_t value) {
    out.append(series).append(" ").append(std::to_string(value)).append("\n");
}

void append_total(std::string& out, std::string_view name, std::string_view help, std::uint64_t value) {
    append_head(out, name, "counter", help);
    append_value(out, name, value);
}

} // namespace

std::string to_prometheus(const Counters& counters) {
    std::string out;
    append_head(out, "sotto_hub_up", "gauge", "Whether the hub answers."); // where it does not, nginx says 0
    append_value(out, "sotto_hub_up", 1);
    append_head(out, "sotto_hub_connections", "gauge", "Open live connections.");
    append_value(out, R"(sotto_hub_connections{kind="websocket"})", counters.web_sockets);
    append_value(out, R"(sotto_hub_connections{kind="event_stream"})", counters.event_streams);
    append_head(out, "sotto_hub_workers", "gauge", "Workers connected to the hub.");
    append_value(out, "sotto_hub_workers", counters.workers);
    append_total(out, "sotto_hub_events_received_total", "Events told by workers.", counters.events_in);
    append_total(out, "sotto_hub_events_delivered_total", "Events handed to connections, one for each device.",
                 counters.events_out);
    append_total(out, "sotto_hub_resyncs_total", "Times that a worker had dropped events and asked for a resync.",
                 counters.resyncs);
    append_total(out, "sotto_hub_records_malformed_total", "Records from workers that were malformed and dropped.",
                 counters.malformed_records);
    append_total(out, "sotto_hub_slow_readers_total", "Connections closed because their reader stalled.",
                 counters.slow_readers);
    append_total(out, "sotto_hub_refused_total", "Connections and requests that were refused.", counters.refused);
    return out;
}

} // namespace sotto::live

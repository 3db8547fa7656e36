// A FastCGI connection, as the worker reads it through libfcgi. Input: either the records as they come, the first byte
// of which is 1, or the request to be put into records: the most that a record holds in a line, then a parameter a
// line, "NAME=value", an empty line, and the body.

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include <sys/socket.h>

#include "tests/fixtures/fastcgi_records.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/socket.hpp"
#include "worker/fastcgi.hpp"

namespace sotto::fuzz {

namespace {

/// Each parameter that the worker reads, and where it goes.
constexpr std::array<std::pair<std::string_view, std::string Request::*>, 16> members{{
    {"REQUEST_METHOD", &Request::method},
    {"DOCUMENT_URI", &Request::path},
    {"QUERY_STRING", &Request::query},
    {"CONTENT_TYPE", &Request::content_type},
    {"HTTP_ACCEPT", &Request::accept},
    {"HTTP_AUTHORIZATION", &Request::authorization},
    {"HTTP_COOKIE", &Request::cookie},
    {"HTTP_HOST", &Request::host},
    {"HTTP_ORIGIN", &Request::origin},
    {"HTTP_SEC_FETCH_SITE", &Request::sec_fetch_site},
    {"HTTP_USER_AGENT", &Request::user_agent},
    {"HTTP_IF_NONE_MATCH", &Request::if_none_match},
    {"HTTP_CONTENT_ENCODING", &Request::content_encoding},
    {"HTTP_IDEMPOTENCY_KEY", &Request::idempotency_key},
    {"REMOTE_ADDR", &Request::remote_addr},
    {"REQUEST_ID", &Request::request_id},
}};

/// What became of a connection.
struct Outcome {
    bool accepted = false;
    Result<Request> request = Request{};
    std::string received; ///< by the client, to the end
};

/// The worker's answer to every request here.
const Response& answer() {
    static const Response response{
        .status = 200, .headers = {{"Content-Type", "text/plain"}}, .body = "yes", .stream = {}};
    return response;
}

/// Sends `records` to a worker and reads its answer.
Outcome exchange(std::string_view records) {
    static const ListeningSocket listener(SOCK_STREAM);
    const FileDescriptor client = listener.connect();
    send_to(client, records);
    shutdown(client.get(), SHUT_WR); // so that no read waits for more
    Outcome outcome;
    if (const auto fastcgi = FastCgi::accept(listener.get())) {
        outcome.accepted = true;
        outcome.request = fastcgi->read();
        fastcgi->send(answer());
    }
    require(!receive_from(client, outcome.received), "a connection is closed when it has been answered");
    return outcome;
}

/// Whether CONTENT_LENGTH announces a body of `size` bytes.
bool announces(std::string_view content_length, std::size_t size) {
    std::size_t length = 0;
    const char* const end = content_length.data() + content_length.size();
    const auto parsed = std::from_chars(content_length.data(), end, length);
    return content_length.empty() ? size == 0 : parsed.ec == std::errc() && parsed.ptr == end && length == size;
}

/// The value of CONTENT_LENGTH, or of another parameter: of several the last one, up to a NUL, where a C string ends.
std::string value_of(const test::FastCgiParameters& parameters, std::string_view name) {
    std::string result;
    for (const auto& [other, value] : parameters) {
        result = other == name ? value.substr(0, value.find('\0')) : result;
    }
    return result;
}

void try_request(std::string_view input) {
    std::size_t most = 0;
    const std::string_view line = take_until(input, '\n');
    std::from_chars(line.data(), line.data() + line.size(), most);
    test::FastCgiParameters parameters;
    while (!input.empty()) {
        std::string_view value = take_until(input, '\n');
        if (value.empty()) {
            break;
        }
        const std::string_view name = take_until(value, '=');
        if (name.find('\0') != std::string_view::npos) {
            return; // no name of nginx's, and another one in a C string
        }
        parameters.emplace_back(name, value);
    }
    const std::string records =
        test::to_fastcgi_records(parameters, input, std::clamp<std::size_t>(most, 1, test::max_record_content));
    if (records.size() > 100'000) {
        return; // more than the socket takes before anybody reads
    }
    const Outcome outcome = exchange(records);
    require(outcome.accepted, "a request is accepted");
    const bool readable =
        announces(value_of(parameters, "CONTENT_LENGTH"), input.size()) && input.size() <= max_body_bytes;
    require(static_cast<bool>(outcome.request) == readable, "a body is read where it is as long as announced");
    if (outcome.request) {
        for (const auto& [name, member] : members) {
            require((*outcome.request).*member == value_of(parameters, name), "a parameter arrives as it was sent");
        }
        require(outcome.request->body == input, "and so does the body");
    }
    require(test::from_fastcgi_records(outcome.received) == "Status: 200\r\nContent-Type: text/plain\r\n"
                                                            "Content-Length: 3\r\n\r\nyes",
            "and is answered");
}

struct Record {
    int type;
    int request;
    std::string_view content;
    std::size_t padding;
};

constexpr int type_begin = 1;
constexpr int type_parameters = 4;
constexpr int type_stdin = 5;

/// The records in `bytes`, the last of which may be cut.
std::vector<Record> records_in(std::string_view bytes) {
    std::vector<Record> records;
    while (bytes.size() >= 8) {
        const auto byte = [&](std::size_t offset) { return static_cast<unsigned char>(bytes[offset]); };
        const std::size_t size = byte(4) * 256U + byte(5);
        const std::size_t padding = byte(6);
        records.push_back({byte(1), byte(2) * 256 + byte(3), bytes.substr(8, size), padding});
        bytes.remove_prefix(std::min(8 + size + padding, bytes.size()));
    }
    return records;
}

/// The longest name or value that a stream of parameters announces.
std::size_t longest_in(std::string_view parameters) {
    std::size_t longest = 0;
    const auto take_length = [&] {
        const auto byte = [&](std::size_t i) {
            return i < parameters.size() ? static_cast<unsigned char>(parameters[i]) : 0U;
        };
        const bool four = (byte(0) & 0x80U) != 0;
        const std::size_t length =
            four ? (byte(0) & 0x7fU) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3) : std::size_t{byte(0)};
        parameters.remove_prefix(std::min<std::size_t>(four ? 4 : 1, parameters.size()));
        longest = std::max(longest, length);
        return length;
    };
    while (!parameters.empty()) {
        const std::size_t name = take_length();
        const std::size_t value = take_length();
        parameters.remove_prefix(std::min(name + value, parameters.size()));
    }
    return longest;
}

/// Whether libfcgi can be trusted with the records: it leaks memory for most that are about the connection and not
/// about a request, writes beyond its stack for a long one of the others, allocates whatever length is announced, and
/// takes the padding of a first or an empty record for the next one. nginx, which alone reaches the socket, sends
/// nothing like it (docs/reliability.md).
bool can_be_read(const std::vector<Record>& records) {
    const auto begin = std::ranges::find(records, type_begin, &Record::type);
    const int request = begin == records.end() ? 0 : begin->request; // what is of another one is skipped
    std::string parameters;
    for (const Record& record : records) {
        const bool management = record.request == 0 && record.type != type_begin;
        if (management || (record.padding > 0 && (record.type == type_begin || record.content.empty()))) {
            return false;
        }
        parameters += record.type == type_parameters && record.request == request ? record.content : "";
    }
    return longest_in(parameters) <= 1'000'000;
}

/// Whether the parameters end, and then the body does.
bool is_whole(const std::vector<Record>& records) {
    const auto end_of = [](int type) {
        return [type](const Record& record) { return record.type == type && record.content.empty(); };
    };
    const auto parameters_end = std::ranges::find_if(records, end_of(type_parameters));
    return std::any_of(parameters_end, records.end(), end_of(type_stdin));
}

void try_records(std::string_view bytes) {
    const std::vector<Record> records = records_in(bytes);
    if (bytes.size() > 100'000 || !can_be_read(records)) {
        return;
    }
    const Outcome outcome = exchange(bytes);
    if (outcome.accepted) {
        require(!outcome.request || is_whole(records), "a request that breaks off is not taken");
        require(!outcome.request || outcome.request->body.size() <= max_body_bytes, "no body is too large");
        require(test::from_fastcgi_records(outcome.received).has_value(), "what was accepted is answered");
    }
}

} // namespace

void try_input(std::string_view input) {
    if (input.starts_with('\x01')) {
        try_records(input);
    } else {
        try_request(input);
    }
}

} // namespace sotto::fuzz

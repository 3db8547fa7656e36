#include "worker/record_writer.hpp"

#include <array>
#include <string>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <sys/socket.h>
#include <unistd.h>

using sotto::RecordWriter;

namespace {

/// A connected pair of sockets, one for each side.
struct Pair {
    Pair() { BOOST_REQUIRE_EQUAL(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0); }
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;
    ~Pair() {
        close(0);
        close(1);
    }
    void close(std::size_t end) {
        if (ends.at(end) >= 0) {
            ::close(ends.at(end));
            ends.at(end) = -1;
        }
    }

    std::array<int, 2> ends{-1, -1};
};

std::string read_all(int socket) {
    std::string all;
    std::array<char, 4096> buffer{};
    for (ssize_t count = 0; (count = ::read(socket, buffer.data(), buffer.size())) > 0;) {
        all.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return all;
}

struct Answer {
    std::string output;
    int ends_of_output = 0;
    int ends_of_request = 0;
};

/// What a reader of the records makes of them; fails where one is not well-formed.
Answer parse(std::string_view bytes, int request_id) {
    Answer answer;
    while (!bytes.empty()) {
        BOOST_REQUIRE_GE(bytes.size(), 8U);
        const auto octet = [&](std::size_t i) {
            return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i]));
        };
        const std::size_t content = octet(4) << 8 | octet(5);
        const std::size_t padding = octet(6);
        BOOST_TEST(octet(0) == 1U);
        BOOST_TEST(static_cast<int>(octet(2) << 8 | octet(3)) == request_id);
        BOOST_TEST((content + padding) % 8 == 0U);
        BOOST_REQUIRE_GE(bytes.size(), 8 + content + padding);
        if (octet(1) == 3) {
            BOOST_TEST((bytes.substr(8, content) == std::string_view("\0\0\0\0\0\0\0\0", 8)));
            ++answer.ends_of_request;
        } else {
            BOOST_TEST(octet(1) == 6U);
            answer.ends_of_output += content == 0 ? 1 : 0;
            answer.output += bytes.substr(8, content);
        }
        bytes.remove_prefix(8 + content + padding);
    }
    return answer;
}

std::string text_of(std::size_t size) {
    std::string text(size, '.');
    for (std::size_t i = 0; i < size; ++i) {
        text[i] = static_cast<char>('a' + i % 23);
    }
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(record_writer)

BOOST_AUTO_TEST_CASE(an_answer_arrives_whole) {
    for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 65'527U, 65'528U, 65'529U, 131'056U, 3'000'000U}) {
        BOOST_TEST_CONTEXT(size << " bytes") {
            Pair pair;
            const std::string head = "Status: 200\r\n\r\n";
            const std::string body = text_of(size);
            bool whole = false;
            std::jthread writer([&] {
                whole = RecordWriter(pair.ends[0], 300).finish(head, body);
                pair.close(0);
            });
            const Answer answer = parse(read_all(pair.ends[1]), 300);
            writer.join();
            BOOST_TEST(whole);
            BOOST_TEST((answer.output == head + body));
            BOOST_TEST(answer.ends_of_output == 1);
            BOOST_TEST(answer.ends_of_request == 1);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_part_does_not_end_the_answer) {
    Pair pair;
    RecordWriter writer(pair.ends[0], 1);
    BOOST_TEST(writer.write("one"));
    BOOST_TEST(writer.write("", "two"));
    pair.close(0);
    const Answer answer = parse(read_all(pair.ends[1]), 1);
    BOOST_TEST(answer.output == "onetwo");
    BOOST_TEST(answer.ends_of_output == 0);
    BOOST_TEST(answer.ends_of_request == 0);
}

BOOST_AUTO_TEST_CASE(a_reader_that_has_gone_is_told_and_no_signal) {
    Pair pair;
    RecordWriter writer(pair.ends[0], 1);
    pair.close(1);
    BOOST_TEST(!writer.write("nobody hears this"));
    BOOST_TEST(!writer.finish("nor this"));
}

BOOST_AUTO_TEST_SUITE_END()

#include "worker/json.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>

#include <json/reader.h>
#include <json/writer.h>

#include "worker/utf8.hpp"

namespace sotto {

namespace {

constexpr int max_depth = 16;

/// What follows the backslash where a byte must be escaped (RFC 8259, 7), 0 where it stands for itself.
constexpr std::array<char, 256> escapes = [] {
    std::array<char, 256> table{};
    for (std::size_t byte = 0; byte < 0x20; ++byte) {
        table[byte] = 'u';
    }
    table['\b'] = 'b';
    table['\f'] = 'f';
    table['\n'] = 'n';
    table['\r'] = 'r';
    table['\t'] = 't';
    table['"'] = '"';
    table['\\'] = '\\';
    return table;
}();

char escape_of(char byte) {
    return escapes[static_cast<unsigned char>(byte)];
}

/// Whether one of eight bytes needs an escape: is below 0x20, a quote or a backslash. A byte's highest bit tells, in
/// all eight at once; a borrow can mislead only behind a byte that needs one.
bool needs_escape(std::uint64_t eight) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t high_bits = 0x80 * ones;
    const auto has_zero = [](std::uint64_t bytes) { return (bytes - ones) & ~bytes & high_bits; };
    const std::uint64_t control = (eight - 0x20 * ones) & ~eight & high_bits;
    return (control | has_zero(eight ^ ('"' * ones)) | has_zero(eight ^ ('\\' * ones))) != 0;
}

/// The number of leading bytes that a JSON string holds as they are. Looked at eight at a time: a page is mostly that.
std::size_t plain_run(std::string_view text) {
    std::size_t length = 0;
    std::uint64_t eight = 0;
    while (text.size() - length >= sizeof eight) {
        std::memcpy(&eight, text.data() + length, sizeof eight);
        if (needs_escape(eight)) {
            break;
        }
        length += sizeof eight;
    }
    while (length < text.size() && escape_of(text[length]) == 0) {
        ++length;
    }
    return length;
}

void append_code_point(std::string& out, unsigned code_point) {
    const auto append = [&out](unsigned byte) { out.push_back(static_cast<char>(byte)); };
    if (code_point < 0x80) {
        append(code_point);
        return;
    }
    if (code_point < 0x800) {
        append(0xC0 | (code_point >> 6));
    } else {
        if (code_point < 0x10000) {
            append(0xE0 | (code_point >> 12));
        } else {
            append(0xF0 | (code_point >> 18));
            append(0x80 | ((code_point >> 12) & 0x3F));
        }
        append(0x80 | ((code_point >> 6) & 0x3F));
    }
    append(0x80 | (code_point & 0x3F));
}

/// Checks a text, known to be valid UTF-8, against the grammar of RFC 8259 and our limits, and builds nothing.
/// Every member function that returns bool says whether all is well so far.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool scan() {
        if (!value()) {
            return false;
        }
        skip_white();
        return pos_ == text_.size() || fail("nothing more expected");
    }

    /// Where and why it failed.
    std::size_t position() const { return pos_; }
    std::string_view reason() const { return reason_; }

  private:
    bool fail(std::string_view reason) {
        reason_ = reason;
        return false;
    }

    bool fail_at(std::size_t position, std::string_view reason) {
        pos_ = position;
        return fail(reason);
    }

    /// The next byte, U+0000 at the end: no rule of the grammar takes either.
    char peek() const { return pos_ < text_.size() ? text_[pos_] : '\0'; }

    bool take(char wanted) {
        if (pos_ == text_.size() || text_[pos_] != wanted) {
            return false;
        }
        ++pos_;
        return true;
    }

    void skip_white() {
        while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') {
            ++pos_;
        }
    }

    bool value() {
        skip_white();
        switch (peek()) {
        case '{':
        case '[':
            return nested();
        case '"':
            return string(nullptr);
        case 't':
            return literal("true");
        case 'f':
            return literal("false");
        case 'n':
            return literal("null");
        default:
            return number();
        }
    }

    bool nested() {
        if (depth_ == max_depth) {
            return fail("nested deeper than 16 levels");
        }
        ++depth_;
        const bool well = take('{') ? object() : array();
        --depth_;
        return well;
    }

    bool object() {
        skip_white();
        if (take('}')) {
            return true;
        }
        std::set<std::string> names;
        do {
            skip_white();
            const std::size_t start = pos_;
            std::string name;
            if (peek() != '"') {
                return fail("a member's name expected");
            }
            if (!string(&name)) {
                return false;
            }
            if (!names.insert(std::move(name)).second) {
                return fail_at(start, "the same name twice in one object");
            }
            skip_white();
            if (!take(':')) {
                return fail("':' expected");
            }
            if (!value()) {
                return false;
            }
            skip_white();
        } while (take(','));
        return take('}') || fail("',' or '}' expected");
    }

    bool array() {
        ++pos_;
        skip_white();
        if (take(']')) {
            return true;
        }
        do {
            if (!value()) {
                return false;
            }
            skip_white();
        } while (take(','));
        return take(']') || fail("',' or ']' expected");
    }

    /// A string from its opening quote on; its meaning is appended to `decoded`, where given.
    bool string(std::string* decoded) {
        ++pos_;
        for (;;) {
            const std::string_view run = text_.substr(pos_, plain_run(text_.substr(pos_)));
            if (decoded != nullptr) {
                decoded->append(run);
            }
            pos_ += run.size();
            if (take('"')) {
                return true;
            }
            if (pos_ == text_.size()) {
                return fail("a string without an end");
            }
            if (text_[pos_] != '\\') {
                return fail("a control character in a string");
            }
            if (!escape(decoded)) {
                return false;
            }
        }
    }

    bool escape(std::string* decoded) {
        static constexpr std::string_view letters = "\"\\/bfnrt";
        static constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        const std::size_t start = pos_;
        ++pos_;
        unsigned code_point = 0;
        if (const std::size_t letter = letters.find(peek()); letter != std::string_view::npos) {
            ++pos_;
            code_point = static_cast<unsigned char>(meanings[letter]);
        } else {
            const std::optional<unsigned> unit = code_unit();
            if (!unit) {
                return fail_at(start, "a broken escape");
            }
            if (*unit == 0) {
                return fail_at(start, "U+0000 is not taken");
            }
            code_point = *unit;
            if (code_point >= 0xD800 && code_point <= 0xDFFF) {
                const std::optional<unsigned> low = take('\\') ? code_unit() : std::nullopt;
                if (code_point >= 0xDC00 || !low || *low < 0xDC00 || *low > 0xDFFF) {
                    return fail_at(start, "half of a surrogate pair");
                }
                code_point = 0x10000 + ((code_point - 0xD800) << 10) + (*low - 0xDC00);
            }
        }
        if (decoded != nullptr) {
            append_code_point(*decoded, code_point);
        }
        return true;
    }

    /// The UTF-16 code unit of an escape, from its 'u' on.
    std::optional<unsigned> code_unit() {
        if (!take('u') || text_.size() - pos_ < 4) {
            return std::nullopt;
        }
        unsigned unit = 0;
        const char* const start = text_.data() + pos_;
        const auto [end, error] = std::from_chars(start, start + 4, unit, 16);
        if (error != std::errc{} || end != start + 4) {
            return std::nullopt;
        }
        pos_ += 4;
        return unit;
    }

    bool number() {
        const std::size_t start = pos_;
        const bool minus = take('-');
        if (!take('0') && !digits()) {
            return minus ? fail("a digit expected") : fail("a value expected");
        }
        if (take('.') && !digits()) {
            return fail("a digit expected");
        }
        if (take('e') || take('E')) {
            if (!take('+')) {
                take('-');
            }
            if (!digits()) {
                return fail("a digit expected");
            }
        }
        double ignored = 0;
        const auto [end, error] = std::from_chars(text_.data() + start, text_.data() + pos_, ignored);
        return error == std::errc{} || fail_at(start, "a number that a double can't hold");
    }

    bool digits() {
        const std::size_t start = pos_;
        while (peek() >= '0' && peek() <= '9') {
            ++pos_;
        }
        return pos_ > start;
    }

    bool literal(std::string_view word) {
        if (!text_.substr(pos_).starts_with(word)) {
            return fail("a value expected");
        }
        pos_ += word.size();
        return true;
    }

    std::string_view text_;
    std::size_t pos_ = 0;
    int depth_ = 0;
    std::string_view reason_;
};

Problem not_json(std::size_t position, std::string_view reason) {
    std::string detail = "Not JSON as we take it, at byte " + std::to_string(position) + ": ";
    return {ProblemType::malformed_request, detail.append(reason).append(".")};
}

std::unique_ptr<Json::CharReader> make_reader() {
    Json::CharReaderBuilder builder;
    Json::CharReaderBuilder::strictMode(&builder.settings_);
    builder["strictRoot"] = false; // RFC 8259 takes any value at the root, RFC 4627 didn't
    builder["collectComments"] = false;
    return std::unique_ptr<Json::CharReader>(builder.newCharReader());
}

std::unique_ptr<Json::StreamWriter> make_writer() {
    Json::StreamWriterBuilder builder;
    builder["indentation"] = "";
    builder["emitUTF8"] = true;
    return std::unique_ptr<Json::StreamWriter>(builder.newStreamWriter());
}

} // namespace

Result<Json::Value> parse_json(std::string_view text) {
    if (const std::size_t valid = valid_utf8_prefix(text); valid != text.size()) {
        return not_json(valid, "not valid UTF-8");
    }
    Scanner scanner(text);
    if (!scanner.scan()) {
        return not_json(scanner.position(), scanner.reason());
    }
    thread_local const std::unique_ptr<Json::CharReader> reader = make_reader();
    Json::Value value;
    std::string errors;
    if (!reader->parse(text.data(), text.data() + text.size(), &value, &errors)) {
        return not_json(0, "not understood");
    }
    return value;
}

std::string to_json(const Json::Value& value) {
    thread_local const std::unique_ptr<Json::StreamWriter> writer = make_writer();
    std::ostringstream out;
    writer->write(value, &out);
    return std::move(out).str();
}

void append_json_string(std::string& out, std::string_view text) {
    static constexpr std::string_view hex = "0123456789abcdef";
    out.push_back('"');
    while (!text.empty()) {
        const std::size_t run = plain_run(text);
        out.append(text.substr(0, run));
        text.remove_prefix(run);
        if (text.empty()) {
            break;
        }
        const char escape = escape_of(text.front());
        out.push_back('\\');
        out.push_back(escape);
        if (escape == 'u') {
            const auto byte = static_cast<unsigned char>(text.front());
            out.append("00").append(1, hex[byte >> 4]).append(1, hex[byte & 0xF]);
        }
        text.remove_prefix(1);
    }
    out.push_back('"');
}

} // namespace sotto

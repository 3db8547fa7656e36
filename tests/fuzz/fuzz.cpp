#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "worker/query.hpp"
#include "worker/utf8.hpp"

namespace sotto::fuzz {

void require(bool holds, std::string_view what) {
    if (!holds) {
        std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(what.size()), what.data());
        std::abort();
    }
}

bool is_text(std::string_view text) {
    return count_code_points(text) && text.find('\0') == std::string_view::npos;
}

bool is_object_of_texts(const Json::Value& object) {
    const auto names = object.getMemberNames();
    return object.isObject() && names.size() <= max_pairs && std::ranges::all_of(names, [&](const std::string& name) {
               return is_text(name) && object[name].isString() && is_text(object[name].asString());
           });
}

std::string_view take_until(std::string_view& rest, char separator) {
    const std::string_view taken = rest.substr(0, rest.find(separator));
    rest.remove_prefix(std::min(taken.size() + 1, rest.size()));
    return taken;
}

std::string percent_encode(std::string_view text) {
    static constexpr std::string_view hex = "0123456789abcdef";
    static constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    std::string encoded;
    for (const char c : text) {
        if (plain.find(c) != std::string_view::npos) {
            encoded += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            encoded.append("%").append(1, hex[byte >> 4]).append(1, hex[byte & 0xF]);
        }
    }
    return encoded;
}

std::string urlencode(const Json::Value& object) {
    std::string encoded;
    for (const std::string& name : object.getMemberNames()) {
        encoded.append(encoded.empty() ? "" : "&").append(percent_encode(name));
        encoded.append("=").append(percent_encode(object[name].asString()));
    }
    return encoded;
}

} // namespace sotto::fuzz

/// libFuzzer's entry point.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { // NOLINT: the name is libFuzzer's
    sotto::fuzz::try_input({reinterpret_cast<const char*>(data), size});
    return 0;
}

#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace sotto::auth {

/// Bytes that nobody else may see: can't be copied or printed, and are wiped when they go.
class Secret {
  public:
    explicit Secret(std::string_view bytes);
    Secret(Secret&&) noexcept = default;
    Secret& operator=(Secret&&) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    std::span<const unsigned char> bytes() const { return bytes_; }

  private:
    std::vector<unsigned char> bytes_;
};

} // namespace sotto::auth

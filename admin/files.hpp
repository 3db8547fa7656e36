#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace sotto::admin {

/// A file's text, or nothing where there is no such file. Throws std::system_error where it can't be read.
std::optional<std::string> read_file(const std::filesystem::path& file);

/// Gives `file` this text and mode, in one step (written aside, synced, renamed), with the folders that it is in.
/// Returns whether that changed anything. Throws std::system_error.
bool write_file(const std::filesystem::path& file, std::string_view text, mode_t mode);

/// `text` with each `from` replaced.
std::string replaced(std::string text, std::string_view from, std::string_view to);

} // namespace sotto::admin

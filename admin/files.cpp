#include "admin/files.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>

#include "admin/descriptor.hpp"

namespace sotto::admin {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void throw_errno(const fs::path& file) {
    throw std::system_error(errno, std::generic_category(), file.string());
}

} // namespace

std::optional<std::string> read_file(const fs::path& file) {
    const Descriptor from(open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!from && errno == ENOENT) {
        return std::nullopt;
    }
    std::string text;
    std::array<char, 65536> buffer{};
    ssize_t count = from ? 1 : -1;
    while (count > 0) {
        count = read(from.get(), buffer.data(), buffer.size());
        text.append(buffer.data(), static_cast<std::size_t>(count > 0 ? count : 0));
    }
    if (count < 0) {
        throw_errno(file);
    }
    return text;
}

bool write_file(const fs::path& file, std::string_view text, mode_t mode) {
    struct stat status {};
    if (stat(file.c_str(), &status) == 0 && (status.st_mode & ALLPERMS) == mode && read_file(file) == text) {
        return false;
    }
    fs::create_directories(file.parent_path());
    const fs::path aside = file.string() + ".new";
    fs::remove(aside);
    const Descriptor to(open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
    bool good = static_cast<bool>(to);
    while (good && !text.empty()) {
        const ssize_t count = write(to.get(), text.data(), text.size());
        good = count >= 0 || errno == EINTR;
        text.remove_prefix(static_cast<std::size_t>(count > 0 ? count : 0));
    }
    if (!good || fchmod(to.get(), mode) != 0 || fsync(to.get()) != 0 || rename(aside.c_str(), file.c_str()) != 0) {
        const int error = errno;
        fs::remove(aside);
        errno = error;
        throw_errno(file);
    }
    return true;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

} // namespace sotto::admin

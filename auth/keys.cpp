#include "auth/keys.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/base64url.hpp"

namespace sotto::auth {

namespace {

namespace fs = std::filesystem;

bool is_key_id(std::string_view id) {
    const auto is_id_character = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    return !id.empty() && id.size() <= max_key_id_size && std::ranges::all_of(id, is_id_character);
}

bool has_id(const std::vector<Key>& keys, std::string_view id) {
    return std::ranges::find(keys, id, &Key::id) != keys.end();
}

/// Bytes or text with a secret in it, wiped when it goes.
template<class T>
struct Wiped {
    T value{};

    Wiped() = default;
    Wiped(const Wiped&) = delete;
    Wiped& operator=(const Wiped&) = delete;
    ~Wiped() { sodium_memzero(value.data(), value.size()); }
};

using WipedKey = Wiped<std::array<unsigned char, key_bytes>>;
using WipedText = Wiped<std::string>;

/// One line "id secret"; nothing where it is malformed.
std::optional<Key> parse_key(std::string_view line) {
    const std::size_t space = line.find(' ');
    WipedKey secret;
    if (space == std::string_view::npos || !is_key_id(line.substr(0, space)) ||
        from_base64url(line.substr(space + 1), secret.value) != key_bytes) {
        return std::nullopt;
    }
    return Key{std::string(line.substr(0, space)),
               Secret({reinterpret_cast<const char*>(secret.value.data()), secret.value.size()})};
}

/// The keys in a file's text, perhaps none. Throws std::runtime_error.
std::vector<Key> parse_keys(std::string_view text, const fs::path& file) {
    std::vector<Key> keys;
    for (int number = 1; !text.empty(); ++number) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.empty() || line.front() == '#') {
            continue;
        }
        const auto fail = [&](std::string_view what) {
            throw std::runtime_error(file.string() + ':' + std::to_string(number) + ": " + std::string(what));
        };
        auto key = parse_key(line);
        if (!key) {
            fail("expected an id of 1 to 32 letters, digits, '_' or '-', one space, 43 base64url characters");
        } else if (has_id(keys, key->id)) {
            fail("key id " + key->id + " is there twice");
        } else {
            keys.push_back(std::move(*key));
        }
    }
    return keys;
}

[[noreturn]] void throw_errno(const fs::path& file, std::string_view what) {
    throw std::system_error(errno, std::generic_category(), file.string() + ": " + std::string(what));
}

class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) {
            close(fd_);
        }
    }

    explicit operator bool() const { return fd_ >= 0; }
    int get() const { return fd_; }

  private:
    int fd_;
};

/// Reads the whole of a key file after a look at its rights, which are left in `status`.
void read_key_file(const Descriptor& from, const fs::path& file, struct stat& status, std::string& text) {
    if (fstat(from.get(), &status) != 0) {
        throw_errno(file, "can't be examined");
    }
    if (!S_ISREG(status.st_mode)) {
        throw std::runtime_error(file.string() + ": not a regular file");
    }
    if ((status.st_mode & S_IRWXO) != 0) {
        throw std::runtime_error(file.string() + ": open to every user of this machine; use chmod o= on it");
    }
    // At its full size from the start: a string that grows leaves copies behind.
    text.resize(static_cast<std::size_t>(status.st_size));
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t n = read(from.get(), text.data() + size, text.size() - size);
        if (n < 0 && errno != EINTR) {
            throw_errno(file, "can't be read");
        }
        if (n == 0) {
            throw std::runtime_error(file.string() + ": cut short while it was read");
        }
        size += static_cast<std::size_t>(std::max<ssize_t>(n, 0));
    }
}

void write_all(const Descriptor& to, std::string_view text, const fs::path& file) {
    while (!text.empty()) {
        const ssize_t n = write(to.get(), text.data(), text.size());
        if (n < 0 && errno != EINTR) {
            throw_errno(file, "can't be written");
        }
        text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    }
}

/// A file beside the one that it is to replace; removed again where it doesn't come to that.
class Replacement {
  public:
    explicit Replacement(const fs::path& target)
        : target_(target),
          path_(target.string() + ".new"),
          descriptor_(create(path_)) {
        if (!descriptor_) {
            throw_errno(path_, "can't be created");
        }
    }
    Replacement(const Replacement&) = delete;
    Replacement& operator=(const Replacement&) = delete;
    ~Replacement() {
        if (!in_place_) {
            unlink(path_.c_str());
        }
    }

    /// Gives it the owner first, so that nobody else can read it in between.
    void take_rights(uid_t owner, gid_t group, mode_t mode) {
        if (fchown(descriptor_.get(), owner, group) != 0 || fchmod(descriptor_.get(), mode) != 0) {
            throw_errno(path_, "can't be given the owner and mode of the file that it replaces");
        }
    }

    void commit(std::string_view text) {
        write_all(descriptor_, text, path_);
        if (fsync(descriptor_.get()) != 0) {
            throw_errno(path_, "can't be written");
        }
        if (rename(path_.c_str(), target_.c_str()) != 0) {
            throw_errno(target_, "can't be replaced");
        }
        in_place_ = true;
    }

  private:
    /// Anew, since what a crash has left behind may have any rights.
    static int create(const fs::path& path) {
        unlink(path.c_str());
        return open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    }

    fs::path target_;
    fs::path path_;
    Descriptor descriptor_;
    bool in_place_ = false;
};

/// Today in UTC and 32 random bits, so that an administrator sees a key's age.
std::string new_key_id() {
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
    std::array<char, max_key_id_size + 1> id{};
    std::snprintf(id.data(), id.size(), "%04d%02u%02u-%08x", static_cast<int>(today.year()),
                  static_cast<unsigned>(today.month()), static_cast<unsigned>(today.day()), randombytes_random());
    return id.data();
}

} // namespace

KeyRing::KeyRing(std::vector<Key> keys) : keys_(std::move(keys)) {
    if (keys_.empty()) {
        throw std::invalid_argument("a key ring needs a key");
    }
    for (auto key = keys_.begin(); key != keys_.end(); ++key) {
        if (!is_key_id(key->id) || key->secret.bytes().size() != key_bytes) {
            throw std::invalid_argument("a key needs an id of 1 to 32 characters and 256 bits");
        }
        if (std::find_if(keys_.begin(), key, [&](const Key& other) { return other.id == key->id; }) != key) {
            throw std::invalid_argument("two keys have the id " + key->id);
        }
    }
}

KeyRing KeyRing::load(const fs::path& file) {
    const Descriptor from(open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!from) {
        throw_errno(file, "can't be opened");
    }
    struct stat status {};
    WipedText content;
    read_key_file(from, file, status, content.value);
    auto keys = parse_keys(content.value, file);
    if (keys.empty()) {
        throw std::runtime_error(file.string() + ": no key in it");
    }
    return KeyRing(std::move(keys));
}

namespace {

/// Changes a key file in one step, holding others off meanwhile: `change` makes the new text of the old one, which is
/// empty where there is no file.
template<class Change>
void edit_keys(const fs::path& file, const Change& change) {
    const fs::path target = fs::weakly_canonical(fs::absolute(file)); // a symbolic link stays one
    const fs::path folder = target.parent_path();
    // The folder is what is locked, since the file itself is replaced while others may be waiting for it.
    const Descriptor folder_descriptor(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder_descriptor || flock(folder_descriptor.get(), LOCK_EX) != 0) {
        throw_errno(folder, "can't be locked");
    }

    Replacement replacement(target);
    WipedText old;
    const Descriptor from(open(target.c_str(), O_RDONLY | O_CLOEXEC));
    if (from) {
        struct stat status {};
        read_key_file(from, target, status, old.value);
        replacement.take_rights(status.st_uid, status.st_gid, status.st_mode & ALLPERMS);
    } else if (errno != ENOENT) {
        throw_errno(target, "can't be opened");
    }
    WipedText content;
    change(target, old.value, content.value);
    parse_keys(content.value, target); // what can't be read must not be put in place
    replacement.commit(content.value);
    if (fsync(folder_descriptor.get()) != 0) {
        throw_errno(folder, "can't be written");
    }
}

} // namespace

std::string add_key(const fs::path& file) {
    std::string id = new_key_id();
    edit_keys(file, [&](const fs::path&, const std::string& old, std::string& content) {
        WipedKey secret;
        randombytes_buf(secret.value.data(), secret.value.size());
        WipedText secret_text;
        secret_text.value = to_base64url(secret.value);
        content.reserve(old.size() + id.size() + secret_text.value.size() + 3);
        content = old;
        if (!content.empty() && content.back() != '\n') {
            content += '\n';
        }
        content += id;
        content += ' ';
        content += secret_text.value;
        content += '\n';
    });
    return id;
}

void remove_key(const fs::path& file, std::string_view id) {
    edit_keys(file, [&](const fs::path& target, std::string_view old, std::string& content) {
        content.reserve(old.size());
        const auto keys = parse_keys(old, target);
        if (!has_id(keys, id) || keys.back().id == id) {
            throw std::runtime_error(target.string() + ": " + std::string(id) + " is not one of the older keys");
        }
        while (!old.empty()) {
            const std::string_view line = old.substr(0, std::min(old.find('\n'), old.size() - 1) + 1);
            const auto key = line.front() == '#' ? std::nullopt : parse_key(line.substr(0, line.find('\n')));
            if (!key || key->id != id) {
                content += line;
            }
            old.remove_prefix(line.size());
        }
    });
}

} // namespace sotto::auth

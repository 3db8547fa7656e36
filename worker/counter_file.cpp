#include "worker/counter_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sotto {

namespace {

constexpr std::string_view suffix = ".counters";
constexpr std::uint64_t layout_version = 1;

/// Whatever is mapped starts at a page, and no page is shared by two places.
constexpr std::size_t page = 4096;
constexpr std::size_t slot_bytes = (sizeof(WorkerCounters) + page - 1) / page * page;
constexpr std::size_t file_bytes = page + max_counter_slots * slot_bytes;

/// The file's first page.
struct Header {
    Counter fingerprint; ///< of the layout; 0 until the file is complete
    Counter used;        ///< places that were ever taken: the first so many
};

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

int checked(int result, const std::string& what) {
    if (result < 0) {
        fail(what);
    }
    return result;
}

/// FNV-1a over everything that gives the file's bytes their meaning.
std::uint64_t fingerprint_of(std::string_view layout) {
    std::string text = std::to_string(layout_version) + ' ' + std::to_string(sizeof(WorkerCounters));
    for (const int status : counted_statuses) {
        text += ' ' + std::to_string(status);
    }
    for (const auto bound : histogram_bounds) {
        text += ' ' + std::to_string(bound.count());
    }
    text += '\n';
    text += layout;
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
    return hash == 0 ? 1 : hash;
}

off_t offset_of(std::size_t slot) {
    return static_cast<off_t>(page + slot * slot_bytes);
}

/// Maps part of a file for as long as the result lives.
template<class T>
std::unique_ptr<T, std::function<void(T*)>> map(int file, off_t offset, std::size_t bytes, int protection) {
    void* memory = mmap(nullptr, bytes, protection, MAP_SHARED, file, offset);
    if (memory == MAP_FAILED) {
        fail("mmap");
    }
    return {static_cast<T*>(memory), [bytes](T* mapped) { munmap(mapped, bytes); }};
}

struct flock lock_of(std::size_t slot) {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = offset_of(slot);
    lock.l_len = 1;
    return lock;
}

bool try_lock(int file, std::size_t slot) {
    struct flock lock = lock_of(slot);
    if (fcntl(file, F_OFD_SETLK, &lock) == 0) {
        return true;
    }
    if (errno != EAGAIN && errno != EACCES) {
        fail("the lock of a place for counters");
    }
    return false;
}

/// Whether somebody has the place; asked on a description of the file that holds no lock itself.
bool is_locked(int file, std::size_t slot) {
    struct flock lock = lock_of(slot);
    checked(fcntl(file, F_OFD_GETLK, &lock), "F_OFD_GETLK");
    return lock.l_type != F_UNLCK;
}

bool is_of_layout(int file, std::uint64_t fingerprint) {
    struct stat status {};
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size != static_cast<off_t>(file_bytes)) {
        return false;
    }
    return map<Header>(file, 0, page, PROT_READ)->fingerprint.value() == fingerprint;
}

/// Makes an empty file and puts it in place of whatever has that name. Workers that still use the old one count on in
/// it, for nobody.
FileDescriptor make_file(int folder, const std::string& name, std::uint64_t fingerprint) {
    const std::string unfinished = name + ".new";
    unlinkat(folder, unfinished.c_str(), 0); // of somebody who was killed here
    FileDescriptor file(
        checked(openat(folder, unfinished.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0660), unfinished));
    checked(ftruncate(file.get(), static_cast<off_t>(file_bytes)), unfinished);
    if (const int error = posix_fallocate(file.get(), 0, static_cast<off_t>(page)); error != 0) {
        throw std::system_error(error, std::generic_category(), unfinished);
    }
    map<Header>(file.get(), 0, page, PROT_READ | PROT_WRITE)->fingerprint.set(fingerprint);
    checked(renameat(folder, unfinished.c_str(), folder, name.c_str()), name);
    return file;
}

FileDescriptor open_or_make_file(int folder, const std::string& name, std::uint64_t fingerprint) {
    const int found = openat(folder, name.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (found >= 0) {
        FileDescriptor file(found);
        if (is_of_layout(file.get(), fingerprint)) {
            return file;
        }
    } else if (errno != ENOENT && errno != ELOOP) {
        fail(name);
    }
    return make_file(folder, name, fingerprint);
}

PoolTotals read_pool(int file, std::string pool) {
    PoolTotals totals{.pool = std::move(pool)};
    const auto used = std::min<std::uint64_t>(map<Header>(file, 0, page, PROT_READ)->used.value(), max_counter_slots);
    for (std::size_t slot = 0; slot < used; ++slot) {
        const auto counters = map<WorkerCounters>(file, offset_of(slot), slot_bytes, PROT_READ);
        totals.counters->add(*counters);
        if (is_locked(file, slot)) {
            ++totals.workers;
            totals.busy += counters->busy.value();
        }
    }
    return totals;
}

} // namespace

CounterSlot::CounterSlot(CounterPlace place, std::optional<FileDescriptor> lock, Counters counters)
    : place_(std::move(place)),
      lock_(std::move(lock)),
      counters_(std::move(counters)) {
    counters_->busy.set(0); // its last owner may have died over a request
    counters_->starts.add();
}

CounterSlot::~CounterSlot() {
    if (counters_) { // else it was moved from
        counters_->clean_stops.add();
    }
}

CounterSlot CounterSlot::claim(CounterPlace place) {
    // Whoever makes the file or takes a place holds the folder's lock, for microseconds.
    const FileDescriptor folder(
        checked(open(place.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), place.folder.string()));
    checked(::flock(folder.get(), LOCK_EX), place.folder.string());
    const std::string name = place.pool + std::string(suffix);
    FileDescriptor file = open_or_make_file(folder.get(), name, fingerprint_of(place.layout));
    for (std::size_t slot = 0; slot < max_counter_slots; ++slot) {
        if (!try_lock(file.get(), slot)) {
            continue;
        }
        // Have the bytes now, or writing to them would be a SIGBUS once the file system is full.
        if (const int error = posix_fallocate(file.get(), offset_of(slot), static_cast<off_t>(slot_bytes));
            error != 0) {
            throw std::system_error(error, std::generic_category(), name);
        }
        auto counters = map<WorkerCounters>(file.get(), offset_of(slot), slot_bytes, PROT_READ | PROT_WRITE);
        const auto header = map<Header>(file.get(), 0, page, PROT_READ | PROT_WRITE);
        header->used.set(std::max<std::uint64_t>(header->used.value(), slot + 1));
        return {std::move(place), std::move(file), std::move(counters)};
    }
    throw std::runtime_error("all " + std::to_string(max_counter_slots) + " places of " + name + " are taken");
}

CounterSlot CounterSlot::alone(CounterPlace place) {
    return {std::move(place), std::nullopt,
            Counters(std::make_unique<WorkerCounters>().release(), std::default_delete<WorkerCounters>())};
}

std::vector<PoolTotals> CounterSlot::read_all() const {
    std::vector<PoolTotals> pools;
    if (!lock_) {
        pools.push_back({.pool = place_.pool, .workers = 1, .busy = counters_->busy.value()});
        pools.back().counters->add(*counters_);
        return pools;
    }
    for (const auto& entry : std::filesystem::directory_iterator(place_.folder)) {
        if (entry.path().extension() != suffix) {
            continue;
        }
        const FileDescriptor file(open(entry.path().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
        if (file.get() >= 0 && is_of_layout(file.get(), fingerprint_of(place_.layout))) {
            pools.push_back(read_pool(file.get(), entry.path().stem().string()));
        }
    }
    std::ranges::sort(pools, {}, &PoolTotals::pool);
    return pools;
}

} // namespace sotto

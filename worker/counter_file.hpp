#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "worker/counters.hpp"
#include "worker/file_descriptor.hpp"

namespace sotto {

/// How many workers a pool's file has room for.
inline constexpr std::size_t max_counter_slots = 512;

/// Where workers count together: a folder of theirs alone, with a file for each pool.
struct CounterPlace {
    std::filesystem::path folder;
    std::string pool;   ///< [A-Za-z0-9_]{1,64}; the file is <pool>.counters
    std::string layout; ///< what the counters' numbers mean, e.g. the routes; a file of another layout is replaced
};

/// One pool as all of its workers, dead ones included, have counted it.
struct PoolTotals {
    std::string pool;
    std::uint64_t workers = 0; ///< alive now
    std::uint64_t busy = 0;    ///< of these, answering a request now
    std::unique_ptr<WorkerCounters> counters = std::make_unique<WorkerCounters>(); ///< `busy` in it means nothing
};

/// A worker's place among the counters that its pool shares, in a file that is mapped into every worker's memory.
///
/// Each place has one owner at a time, who holds a lock on it (F_OFD_SETLK, fcntl(2)). The kernel drops the lock when
/// the owner ends, however it ends; the next worker takes the place and counts on from what is there, so a sum over all
/// places never gets smaller until the folder is emptied, at a reboot say.
class CounterSlot {
  public:
    /// Takes a free place in the pool's file, making the file where there is none or where it is of another layout.
    /// Throws std::system_error where the file can't be used, std::runtime_error where every place is taken.
    static CounterSlot claim(CounterPlace place);

    /// Counters of this process alone: what a worker has that can't share any.
    static CounterSlot alone(CounterPlace place);

    CounterSlot(CounterSlot&&) noexcept = default;
    CounterSlot& operator=(CounterSlot&&) noexcept = delete;
    CounterSlot(const CounterSlot&) = delete;
    CounterSlot& operator=(const CounterSlot&) = delete;
    ~CounterSlot(); ///< leaves the place in good order

    WorkerCounters* operator->() const { return counters_.get(); }

    /// All pools that count in the same folder, by name; where this one counts alone, itself. Skips files of another
    /// layout. Throws std::system_error where the folder can't be read.
    std::vector<PoolTotals> read_all() const;

  private:
    using Counters = std::unique_ptr<WorkerCounters, std::function<void(WorkerCounters*)>>;

    CounterSlot(CounterPlace place, std::optional<FileDescriptor> lock, Counters counters);

    CounterPlace place_;
    std::optional<FileDescriptor> lock_; ///< of the place; nothing where this process counts alone
    Counters counters_;
};

} // namespace sotto

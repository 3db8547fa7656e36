#include "admin/sizing.hpp"

#include <algorithm>
#include <sstream>
#include <thread>

#include "admin/files.hpp"
#include "admin/site.hpp"

namespace sotto::admin {

namespace {

constexpr unsigned api_worker_mib = 6;   // 4 for the process, the rest for its thread in MariaDB
constexpr unsigned auth_worker_mib = 72; // 64 of them for as long as it hashes a password
constexpr unsigned nginx_connection_kib = 64;

/// The number after `name` in /proc/meminfo, in KiB, or 0.
std::uint64_t memory_info(const std::string& name) {
    std::istringstream info(read_file("/proc/meminfo").value_or(""));
    for (std::string line; std::getline(info, line);) {
        if (line.starts_with(name + ":")) {
            return std::stoull(line.substr(name.size() + 1));
        }
    }
    return 0;
}

/// The memory limit of the control group that we are in, in bytes; nothing like a limit is a very large number.
std::uint64_t control_group_limit() {
    std::uint64_t limit = UINT64_MAX;
    std::istringstream(read_file("/sys/fs/cgroup/memory.max").value_or("")) >> limit;
    return limit == 0 ? UINT64_MAX : limit; // "max" reads as 0
}

} // namespace

Machine this_machine() {
    const std::uint64_t mib = std::min(memory_info("MemTotal") / 1024, control_group_limit() / 1024 / 1024);
    return {std::max(1U, std::thread::hardware_concurrency()),
            static_cast<unsigned>(std::max<std::uint64_t>(mib, 256))};
}

Sizing choose_sizing(const Machine& machine) {
    const unsigned memory = machine.memory_mib;
    Sizing sizing{};
    sizing.machine = machine;
    sizing.api_workers = std::clamp(std::min(machine.cores + 1, memory / 8 / api_worker_mib), 3U, 64U);
    sizing.auth_workers = std::clamp(std::min(machine.cores, memory / 4 / auth_worker_mib), 1U, 64U);
    const unsigned taken = 256 + sizing.api_workers * api_worker_mib + sizing.auth_workers * auth_worker_mib;
    const unsigned left = memory > taken ? memory - taken : 0;
    sizing.buffer_pool_mib = std::max(64U, left / 2 / 16 * 16);
    sizing.log_file_mib = std::clamp(sizing.buffer_pool_mib / 4, 96U, 1024U);
    sizing.max_connections = std::max(151U, sizing.api_workers + sizing.auth_workers + 32);
    sizing.nginx_connections = std::clamp(memory / 16 * 1024 / nginx_connection_kib, 1024U, 16384U);
    return sizing;
}

std::string worker_units(const Sizing& sizing) {
    std::ostringstream text;
    text << ours << "#\n# This machine has " << sizing.machine.cores << " cores and " << sizing.machine.memory_mib
         << " MiB.\n"
         << "# api: 1 a core and 1 more, since a busy worker takes several messages at once; at most an eighth of the\n"
         << "#      memory at " << api_worker_mib << " MiB each, 3 to 64.\n"
         << "# auth: 1 a core, since a password hash keeps a core busy; at most a quarter of the memory at "
         << auth_worker_mib << " MiB each.\n"
         << "[Unit]\nWants=";
    for (unsigned i = 1; i <= sizing.api_workers; ++i) {
        text << "sotto-api@" << i << ".service ";
    }
    for (unsigned i = 1; i <= sizing.auth_workers; ++i) {
        text << "sotto-auth@" << i << ".service" << (i < sizing.auth_workers ? " " : "\n");
    }
    return text.str();
}

std::string database_settings(const Sizing& sizing) {
    std::ostringstream text;
    text << ours << "#\n# For MariaDB on a machine with " << sizing.machine.cores << " cores and "
         << sizing.machine.memory_mib << " MiB, which Sotto's workers share.\n[mariadbd]\n\n"
         << "# Half of what the system (256 MiB) and the workers leave: with the messages of the last weeks in memory, "
            "a page\n"
         << "# is read without the disk.\n"
         << "innodb_buffer_pool_size = " << sizing.buffer_pool_mib << "M\n\n"
         << "# A quarter of that: fewer checkpoints while messages are stored, and still a short recovery after a "
            "crash.\n"
         << "innodb_log_file_size = " << sizing.log_file_mib << "M\n\n"
         << "# One for each of " << sizing.api_workers << " + " << sizing.auth_workers
         << " workers, and 32 for sottoctl, backups and people; MariaDB's own 151 where that is more.\n"
         << "max_connections = " << sizing.max_connections << "\n\n"
         << "# A message that was acknowledged is on the disk, also when the power fails.\n"
         << "innodb_flush_log_at_trx_commit = 1\n\n"
         << "# A value that does not fit is an error and never cut. The workers ask for it by themselves; this is for "
            "people.\n"
         << "sql_mode = STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION\n";
    return text.str();
}

std::string nginx_hints(const Sizing& sizing) {
    std::ostringstream text;
    text << "#\n# For many live connections at once (each open page holds one, and nginx needs two descriptors for "
            "it), set in\n"
         << "# nginx.conf:\n"
         << "#     worker_processes auto;\n"
         << "#     worker_rlimit_nofile " << sizing.nginx_connections * 2 << ";  # two descriptors a connection\n"
         << "#     events { worker_connections " << sizing.nginx_connections << "; }  # a sixteenth of the memory at "
         << nginx_connection_kib << " KiB each; Debian's 768 serve some 380\n"
         << "#                                                     # open pages a process\n"
         << "#\n# So that no process of before a reload lives as long as its last open page, set there too:\n"
         << "#     worker_shutdown_timeout 10m;  # what is still being read then is cut; pages come back by "
            "themselves\n";
    return text.str();
}

} // namespace sotto::admin

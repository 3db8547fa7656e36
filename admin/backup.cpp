#include "admin/backup.hpp"

#include <array>
#include <chrono>
#include <filesystem>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>

#include "admin/backup_file.hpp"
#include "admin/configuration.hpp"
#include "admin/files.hpp"
#include "admin/output.hpp"
#include "db/administration.hpp"
#include "db/migrate.hpp"
#include "handlers/answer.hpp"

namespace sotto::admin {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

constexpr std::array options{
    Option{"--with-keys", "", "put the session-signing keys into the file as well"},
};

/// What mariadb-dump writes once its transaction has begun, and not before.
constexpr std::string_view dump_has_begun = "-- Table structure for table";
constexpr auto begin_deadline = 10s;

/// A file that gets its name when it is complete, and is gone otherwise.
class PendingFile {
  public:
    explicit PendingFile(const fs::path& target)
        : target_(target),
          path_(target.string() + ".part"),
          descriptor_(open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR)) {
        if (!descriptor_) {
            throw std::system_error(errno, std::generic_category(), path_.string());
        }
    }
    PendingFile(const PendingFile&) = delete;
    PendingFile& operator=(const PendingFile&) = delete;
    ~PendingFile() {
        std::error_code nothing_to_remove;
        fs::remove(path_, nothing_to_remove);
    }

    const Descriptor& descriptor() const { return descriptor_; }

    void commit() {
        if (fsync(descriptor_.get()) != 0 || rename(path_.c_str(), target_.c_str()) != 0) {
            throw std::system_error(errno, std::generic_category(), target_.string());
        }
    }

  private:
    fs::path target_;
    fs::path path_;
    Descriptor descriptor_;
};

/// Reads some of a pipe; empty at its end. Throws where nothing comes before the deadline.
std::string read_some(const Descriptor& from, std::chrono::milliseconds deadline) {
    std::string bytes(65536, '\0');
    pollfd file{from.get(), POLLIN, 0};
    const ssize_t count =
        poll(&file, 1, static_cast<int>(deadline.count())) == 1 ? read(from.get(), bytes.data(), bytes.size()) : -1;
    throw_if_interrupted();
    if (count < 0) {
        throw std::runtime_error("mariadb-dump says nothing any more");
    }
    bytes.resize(static_cast<std::size_t>(count));
    return bytes;
}

void write_all(const Descriptor& to, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = write(to.get(), bytes.data(), bytes.size());
        if (count <= 0) {
            throw std::runtime_error("gzip takes nothing any more: is the disk full?");
        }
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

/// Two views of the same moment: mariadb-dump's, and a connection's that counts what the dump has to hold.
class Snapshot {
  public:
    Snapshot(const Config& config, const DatabaseTools& tools)
        : connection_(admin_database(config, config.db_name)),
          database_(config.db_name) {
        db::Connection gate(admin_database(config, ""));
        gate.run_script("SET lock_wait_timeout = 10; BACKUP STAGE START; BACKUP STAGE FLUSH; BACKUP STAGE BLOCK_DDL;"
                        "BACKUP STAGE BLOCK_COMMIT");
        // Nobody commits now, so that both begin with the same.
        connection_.run_script("SET max_statement_time = 0, idle_transaction_timeout = 0; SET SESSION TRANSACTION "
                               "ISOLATION LEVEL REPEATABLE READ;"
                               "START TRANSACTION WITH CONSISTENT SNAPSHOT");
        dump_.emplace(tools.dump(database_), Child::Streams{.in = -1, .out = pipe_.write.get(), .err = STDERR_FILENO});
        pipe_.write.close();
        while (head_.find(dump_has_begun) == std::string::npos) {
            const std::string bytes = read_some(pipe_.read, begin_deadline);
            if (bytes.empty()) {
                throw std::runtime_error("mariadb-dump failed");
            }
            head_ += bytes;
        }
        gate.run_script("BACKUP STAGE END");
    }

    /// Hands the dump to gzip, which writes to `file`.
    void compress_into(const Descriptor& file) {
        Pipe pipe;
        Child gzip({"gzip", "-c"}, {.in = pipe.read.get(), .out = file.get(), .err = STDERR_FILENO});
        pipe.read.close();
        Progress progress("dumping");
        std::uint64_t total = 0;
        for (std::string bytes = head_; !bytes.empty(); bytes = read_some(pipe_.read, 24h)) {
            write_all(pipe.write, bytes);
            total += bytes.size();
            progress.show(readable_size(total));
        }
        pipe.write.close();
        const bool whole = dump_->wait() == 0 && gzip.wait() == 0;
        throw_if_interrupted();
        if (!whole) {
            throw std::runtime_error("the database could not be dumped");
        }
    }

    BackupHeader header() {
        const Progress progress("counting");
        return {
            .schema_version = db::schema_version(connection_),
            .created_at = to_rfc3339(std::chrono::floor<std::chrono::milliseconds>(begun_)),
            .tables = read_table_states(connection_, database_),
            .keys = {},
        };
    }

  private:
    db::Connection connection_;
    std::string database_;
    Pipe pipe_;
    std::optional<Child> dump_;
    std::string head_;
    std::chrono::system_clock::time_point begun_ = std::chrono::system_clock::now();
};

} // namespace

Exit backup(const Arguments& arguments) {
    const fs::path target = *arguments.operand(0);
    if (fs::exists(fs::symlink_status(target))) {
        throw std::runtime_error(target.string() + " is there already");
    }
    const Config config = read_configuration();
    const CleanUpWhenInterrupted tidy;
    const DatabaseTools tools(config);
    PendingFile file(target);
    if (lseek(file.descriptor().get(), backup_header_bytes, SEEK_SET) < 0) {
        throw std::system_error(errno, std::generic_category(), target.string());
    }
    BackupHeader header;
    {
        Snapshot snapshot(config, tools);
        snapshot.compress_into(file.descriptor());
        header = snapshot.header();
    }
    if (arguments.has("--with-keys")) {
        header.keys = read_file(config.keys_file);
        if (!header.keys) {
            throw std::runtime_error(config.keys_file.string() + " is not there");
        }
    }
    const std::string text = to_text(header);
    if (pwrite(file.descriptor().get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
        throw std::system_error(errno, std::generic_category(), target.string());
    }
    db::Connection connection(admin_database(config, ""));
    db::allow_long_statements(connection);
    {
        const ScratchDatabase scratch(connection, config.db_name + "_verify");
        load_and_verify(file.descriptor(), read_header(file.descriptor(), target), tools, connection, scratch.name());
    }
    file.commit();
    print("wrote " + target.string() + ": " + readable_size(fs::file_size(target)) +
          ", loaded again and compared, schema version " + std::to_string(header.schema_version) +
          (header.keys ? ", with the keys" : ", without the keys"));
    return Exit::done;
}

std::span<const Option> backup_options() {
    return options;
}

} // namespace sotto::admin

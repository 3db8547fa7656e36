#include "admin/backup_file.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <json/value.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "admin/output.hpp"
#include "auth/random.hpp"
#include "worker/json.hpp"

namespace sotto::admin {

namespace {

constexpr std::string_view magic = "sotto backup 1\n";
constexpr std::string_view explanation =
    "\nFrom byte 16385 on this is SQL, compressed with gzip: tail -c +16385 FILE | zcat\n";

std::string quoted_name(const std::string& name) {
    return "`" + name + "`";
}

/// What a child writes to its standard error, to be read when it has ended.
class ErrorText {
  public:
    ErrorText() : file_(memfd_create("errors", MFD_CLOEXEC)) {}

    int get() const { return file_.get(); }

    std::string last_line() const {
        std::array<char, 4096> buffer{};
        const off_t size = lseek(file_.get(), 0, SEEK_END);
        const off_t from = std::max<off_t>(0, size - static_cast<off_t>(buffer.size()));
        const ssize_t count = pread(file_.get(), buffer.data(), buffer.size(), from);
        std::string text(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        return Outcome{.status = 1, .out = {}, .err = text}.last_words();
    }

  private:
    Descriptor file_;
};

/// Loads the compressed part of a backup into a database.
void load(const Descriptor& file, const DatabaseTools& tools, const std::string& database) {
    struct stat status {};
    if (fstat(file.get(), &status) != 0 || lseek(file.get(), backup_header_bytes, SEEK_SET) < 0) {
        throw std::system_error(errno, std::generic_category(), "the backup");
    }
    Pipe pipe;
    const ErrorText errors;
    Child gunzip({"gzip", "-dc"}, {.in = file.get(), .out = pipe.write.get(), .err = errors.get()});
    Child client(tools.client(database), {.in = pipe.read.get(), .out = -1, .err = errors.get()});
    pipe.read.close();
    pipe.write.close();
    Progress progress("loading");
    while (!client.poll()) {
        // gzip reads through the very file that we hold.
        throw_if_interrupted();
        progress.show(std::to_string(100 * lseek(file.get(), 0, SEEK_CUR) / std::max<off_t>(1, status.st_size)) + " %");
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    const bool whole = client.wait() == 0 && gunzip.wait() == 0;
    throw_if_interrupted();
    if (!whole) {
        throw std::runtime_error("the backup could not be loaded: " + errors.last_line());
    }
}

/// The first difference, in words.
std::string difference(const TableStates& expected, const TableStates& found) {
    for (const auto& [table, state] : expected) {
        const auto there = found.find(table);
        if (there == found.end()) {
            return "table " + table + " is missing";
        }
        if (there->second != state) {
            return "table " + table + " has " + std::to_string(there->second.rows) + " rows with checksum " +
                   there->second.checksum + " instead of " + std::to_string(state.rows) + " with " + state.checksum;
        }
    }
    return "there are more tables than there should be";
}

} // namespace

std::vector<std::string> read_table_names(db::Connection& connection, const std::string& database) {
    std::vector<std::string> names;
    const std::string tables = "SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND"
                               " table_schema = " +
                               connection.quote(database) + " ORDER BY table_name LIMIT 1 OFFSET ";
    while (auto name = connection.query_value(tables + std::to_string(names.size()))) {
        names.push_back(std::move(*name));
    }
    return names;
}

TableStates read_table_states(db::Connection& connection, const std::string& database) {
    TableStates states;
    for (const std::string& table : read_table_names(connection, database)) {
        throw_if_interrupted();
        const std::string name = quoted_name(database) + "." + quoted_name(table);
        states[table] = {std::stoll(connection.query_value("SELECT COUNT(*) FROM " + name).value_or("0")),
                         connection.query_value("CHECKSUM TABLE " + name + " EXTENDED", 1).value_or("none")};
    }
    return states;
}

std::string to_text(const BackupHeader& header) {
    Json::Value object(Json::objectValue);
    object["schema_version"] = header.schema_version;
    object["created_at"] = header.created_at;
    for (const auto& [table, state] : header.tables) {
        object["tables"][table]["rows"] = static_cast<Json::Int64>(state.rows);
        object["tables"][table]["checksum"] = state.checksum;
    }
    if (header.keys) {
        object["keys"] = *header.keys;
    }
    std::string text = std::string(magic) + to_json(object) + std::string(explanation);
    if (text.size() > backup_header_bytes) {
        throw std::length_error("the backup's header is too long");
    }
    text.resize(backup_header_bytes, '\n');
    return text;
}

BackupHeader read_header(const Descriptor& file, const std::filesystem::path& path) {
    std::string text(backup_header_bytes, '\0');
    const ssize_t count = pread(file.get(), text.data(), text.size(), 0);
    const std::size_t end = text.find('\n', magic.size());
    if (count != static_cast<ssize_t>(text.size()) || !text.starts_with(magic) || end == std::string::npos) {
        throw std::runtime_error(path.string() + " is no backup of this format");
    }
    const auto object = parse_json(text.substr(magic.size(), end - magic.size()));
    if (!object) {
        throw std::runtime_error(path.string() + ": the header is damaged");
    }
    BackupHeader header;
    header.schema_version = (*object)["schema_version"].asInt();
    header.created_at = (*object)["created_at"].asString();
    for (const std::string& table : (*object)["tables"].getMemberNames()) {
        const Json::Value& state = (*object)["tables"][table];
        header.tables[table] = {state["rows"].asInt64(), state["checksum"].asString()};
    }
    if (object->isMember("keys")) {
        header.keys = (*object)["keys"].asString();
    }
    return header;
}

Descriptor open_backup(const std::filesystem::path& path) {
    Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) {
        throw std::system_error(errno, std::generic_category(), path.string());
    }
    return file;
}

ScratchDatabase::ScratchDatabase(db::Connection& connection, const std::string& name)
    : connection_(connection),
      name_(name + "_" + auth::to_hex(auth::random_session_id()).substr(0, 8)) {
    connection_.run_script("CREATE DATABASE " + quoted_name(name_) +
                           " CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin");
}

ScratchDatabase::~ScratchDatabase() {
    try {
        connection_.run_script("DROP DATABASE IF EXISTS " + quoted_name(name_));
    } catch (const std::exception& error) {
        print_error("sottoctl: the database " + name_ + " could not be dropped: " + error.what());
    }
}

void load_and_verify(const Descriptor& file, const BackupHeader& header, const DatabaseTools& tools,
                     db::Connection& connection, const std::string& database) {
    load(file, tools, database);
    const Progress progress("comparing");
    const TableStates found = read_table_states(connection, database);
    if (found != header.tables) {
        throw std::runtime_error("what was loaded is not what was backed up: " + difference(header.tables, found));
    }
}

} // namespace sotto::admin

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "admin/database_tools.hpp"
#include "admin/descriptor.hpp"
#include "db/connection.hpp"

namespace sotto::admin {

/// What a table holds: as many rows, with such a checksum.
struct TableState {
    std::int64_t rows = 0;
    std::string checksum;

    bool operator==(const TableState&) const = default;
};

using TableStates = std::map<std::string, TableState>;

std::vector<std::string> read_table_names(db::Connection& connection, const std::string& database);

/// Reads every row of the tables of a database.
TableStates read_table_states(db::Connection& connection, const std::string& database);

/// What a backup says of itself.
struct BackupHeader {
    int schema_version = 0;
    std::string created_at;
    TableStates tables;
    std::optional<std::string> keys; ///< the text of the key file, where it was asked for
};

/// A backup begins with a header of this size in plain text, which `head -n 2` shows; what follows is SQL compressed
/// with gzip: `tail -c +16385 FILE | zcat`.
inline constexpr std::size_t backup_header_bytes = 16384;

/// Throws std::length_error where it does not fit.
std::string to_text(const BackupHeader& header);

/// Throws std::runtime_error where the file does not begin with one.
BackupHeader read_header(const Descriptor& file, const std::filesystem::path& path);

/// Opens a backup. Throws std::system_error.
Descriptor open_backup(const std::filesystem::path& path);

/// A database beside the real one, gone again at the end.
class ScratchDatabase {
  public:
    ScratchDatabase(db::Connection& connection, const std::string& name);
    ScratchDatabase(const ScratchDatabase&) = delete;
    ScratchDatabase& operator=(const ScratchDatabase&) = delete;
    ~ScratchDatabase();

    const std::string& name() const { return name_; }

  private:
    db::Connection& connection_;
    std::string name_;
};

/// Loads what a backup holds into an empty database, with progress on the terminal, and compares what is there then
/// with what the header says. Throws std::runtime_error where either goes wrong.
void load_and_verify(const Descriptor& file, const BackupHeader& header, const DatabaseTools& tools,
                     db::Connection& connection, const std::string& database);

} // namespace sotto::admin

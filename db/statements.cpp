#include "db/statements.hpp"

#include <stdexcept>

namespace sotto::db {

namespace {

// Every authenticated statement starts from the session's row, so that a session that has ended sees nothing, in the
// same round trip. MariaDB reads `sessions`, `users` and `conversations` as constants here (each by a unique key),
// which leaves one range of the clustered key to scan.
const std::string live_session = "s.id = ? AND s.expires_at > UTC_TIMESTAMP(3)";
const std::string caller = "s.user_id, s.last_seen_at"; // for read_caller

const std::string message_columns =
    "m.seq, m.sender_id, m.type, m.text, m.url, m.width, m.height, m.duration_s, m.source, m.created_at, m.edited_at, "
    "m.deleted_at";

/// The conversation between the session's user and a peer. Parameters: the peer's name, the session.
const std::string conversation_head = caller + ", c.id, c.last_seq, c.change_count";
const std::string pair = "c.user_lo = LEAST(s.user_id, p.id) AND c.user_hi = GREATEST(s.user_id, p.id)";
const std::string conversation_tables =
    " FROM sessions s LEFT JOIN users p ON p.user_name = ? LEFT JOIN conversations c ON " + pair;

/// Parameters: the peer's name; upto, offset, count, lowest; upto, offset; the session. The window is [low, high] with
///   high = min(upto or last_seq, last_seq) - offset,  low = max(high - count + 1, lowest).
/// An inner join: with an outer one MariaDB does not see the range, and reads and sorts the whole conversation.
std::string conversation_window(const std::string& direction) {
    return "SELECT " + conversation_head + ", " + message_columns +
           " FROM sessions s JOIN users p ON p.user_name = ? JOIN conversations c ON " + pair +
           " JOIN messages m ON m.conversation_id = c.id"
           " AND m.seq BETWEEN GREATEST(LEAST(COALESCE(?, c.last_seq), c.last_seq) - ? - ? + 1, ?)"
           " AND LEAST(COALESCE(?, c.last_seq), c.last_seq) - ? WHERE " +
           live_session + " ORDER BY m.seq " + direction;
}

/// Parameters: the cursor's created_at three times, its conversation twice, its seq; the session; the limit.
/// The index is forced: left to itself MariaDB looks the user up alone, and reads from the newest message to the
/// cursor.
std::string box(const std::string& index, const std::string& mine, const std::string& other) {
    return "SELECT " + caller + ", u.user_name, m.conversation_id, " + message_columns +
           " FROM sessions s JOIN messages m FORCE INDEX (" + index + ") ON m." + mine +
           " = s.user_id AND m.created_at <= ? AND (m.created_at < ? OR (m.created_at = ?"
           " AND (m.conversation_id < ? OR (m.conversation_id = ? AND m.seq < ?))))"
           " JOIN users u ON u.id = m." +
           other + " WHERE " + live_session + " ORDER BY m.created_at DESC, m.conversation_id DESC, m.seq DESC LIMIT ?";
}

/// One half of the inbox, by the index that has the user on that side. Parameters: the cursor's last_at twice, its
/// conversation; the session; the limit.
std::string inbox_side(const std::string& mine, const std::string& theirs) {
    return "SELECT s.user_id AS caller_id, s.last_seen_at, "
           "c.id, c.user_" +
           theirs + " AS other_id, c.last_seq, c.read_" + mine + " AS my_read, c.read_" + theirs +
           " AS their_read, c.last_at FROM sessions s JOIN conversations c FORCE INDEX (inbox_" + mine +
           ") ON c.user_" + mine + " = s.user_id AND c.last_at <= ? AND (c.last_at < ? OR c.id < ?) WHERE " +
           live_session + " ORDER BY c.last_at DESC, c.id DESC LIMIT ?";
}

/// A condition or value for each of a batch. Places that are left over get NULL, which fits no row.
std::string for_batch(std::string_view one, std::string_view separator) {
    std::string all(one);
    for (std::size_t i = 1; i < max_batch; ++i) {
        all.append(separator).append(one);
    }
    return all;
}

/// The value for the place whose number is `n.seq`.
const std::string value_of_place = "ELT(n.seq, " + for_batch("?", ", ") + ")";

/// An account, from `users u`.
const std::string account_columns =
    "u.id, u.user_name, u.display_name, u.email, u.created_at, u.locked_at,"
    " (SELECT COUNT(*) FROM sessions s WHERE s.user_id = u.id AND s.expires_at > UTC_TIMESTAMP(3))";

/// The conversation of a trial's two users. Parameters: their names, twice.
const std::string trial_conversation = "conversations c JOIN users lo ON lo.id = c.user_lo AND lo.user_name IN (?, ?)"
                                       " JOIN users hi ON hi.id = c.user_hi AND hi.user_name IN (?, ?)";

} // namespace

std::string text_of(Sql id) {
    switch (id) {
    case Sql::begin:
        return "START TRANSACTION";
    case Sql::commit:
        return "COMMIT";
    case Sql::rollback:
        return "ROLLBACK";
    case Sql::schema_version:
        return "SELECT COALESCE(MAX(version), 0) FROM schema_version WHERE applied_at IS NOT NULL";

    case Sql::user_insert:
        return "INSERT INTO users (user_name, display_name, email, password_hash, created_at)"
               " VALUES (?, ?, ?, ?, UTC_TIMESTAMP(3)) RETURNING id, created_at";
    case Sql::user_for_log_in:
        return "SELECT id, user_name, display_name, email, created_at, password_hash FROM users"
               " WHERE user_name = ? AND deleted_at IS NULL AND locked_at IS NULL";
    case Sql::user_for_session:
        return "SELECT " + caller +
               ", u.user_name, u.display_name, u.email, u.created_at, u.password_hash"
               " FROM sessions s JOIN users u ON u.id = s.user_id WHERE " +
               live_session;
    case Sql::user_profile:
        return "SELECT " + caller +
               ", p.user_name, p.display_name, p.created_at FROM sessions s"
               " LEFT JOIN users p ON p.user_name = ? AND p.deleted_at IS NULL WHERE " +
               live_session;
    case Sql::user_set_password_hash:
        return "UPDATE users SET password_hash = ? WHERE id = ? AND deleted_at IS NULL";
    case Sql::user_replace_password_hash:
        return "UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?";

    case Sql::user_update:
        return "UPDATE users SET display_name = ?, email = ? WHERE id = ? AND deleted_at IS NULL";
    case Sql::user_erase:
        return "UPDATE users SET display_name = user_name, email = NULL, password_hash = '', deleted_at = "
               "UTC_TIMESTAMP(3)"
               " WHERE id = ?";

    case Sql::session_insert:
        // The user's row is locked and read as it is now: a log-in that began before the user was erased or locked out,
        // or got another password, makes no session after the others were ended.
        return "INSERT INTO sessions (id, user_id, created_at, last_seen_at, expires_at, user_agent, ip)"
               " SELECT ?, id, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), ?, ?, ? FROM users"
               " WHERE id = ? AND deleted_at IS NULL AND (? IS NULL OR (locked_at IS NULL AND password_hash = ?))"
               " LOCK IN SHARE MODE"
               " RETURNING created_at";
    case Sql::session_find:
        return "SELECT " + caller + " FROM sessions s WHERE " + live_session;
    case Sql::session_list:
        return "SELECT " + caller +
               ", d.id, d.created_at, d.last_seen_at, d.expires_at, d.user_agent, d.ip FROM sessions s"
               " JOIN sessions d ON d.user_id = s.user_id AND d.expires_at > UTC_TIMESTAMP(3) WHERE " +
               live_session + " ORDER BY d.created_at DESC, d.id";
    case Sql::session_touch:
        return "UPDATE sessions SET last_seen_at = UTC_TIMESTAMP(3) WHERE id = ?";
    case Sql::session_delete:
        return "DELETE FROM sessions WHERE id = ? AND user_id = ?";
    case Sql::session_delete_others:
        return "DELETE FROM sessions WHERE user_id = ? AND id <> ?";
    case Sql::session_delete_expired:
        return "DELETE FROM sessions WHERE user_id = ? AND expires_at <= UTC_TIMESTAMP(3)";

    case Sql::session_delete_all:
        return "DELETE FROM sessions WHERE user_id = ?";

    case Sql::block_list:
        return "SELECT " + caller +
               ", u.user_name, u.display_name, b.created_at FROM sessions s"
               " LEFT JOIN blocks b ON b.user_id = s.user_id LEFT JOIN users u ON u.id = b.blocked_id WHERE " +
               live_session + " ORDER BY b.created_at DESC, b.blocked_id";
    case Sql::block_insert:
        return "INSERT IGNORE INTO blocks (user_id, blocked_id, created_at)"
               " SELECT id, ?, UTC_TIMESTAMP(3) FROM users WHERE id = ? AND deleted_at IS NULL LOCK IN SHARE MODE";
    case Sql::block_delete:
        return "DELETE FROM blocks WHERE user_id = ? AND blocked_id = ?";
    case Sql::block_delete_all:
        return "DELETE FROM blocks WHERE user_id = ?";

    case Sql::inbox:
        return "SELECT c.caller_id, c.last_seen_at, c.id, u.user_name, u.display_name, u.deleted_at, c.last_seq, "
               "c.my_read,"
               " c.their_read, c.last_at, " +
               message_columns + " FROM ((" + inbox_side("lo", "hi") + ") UNION ALL (" + inbox_side("hi", "lo") +
               ") ORDER BY last_at DESC, id DESC LIMIT ?) c"
               " JOIN users u ON u.id = c.other_id"
               " JOIN messages m ON m.conversation_id = c.id AND m.seq = c.last_seq"
               " ORDER BY c.last_at DESC, c.id DESC";
    case Sql::peer:
        return "SELECT " + conversation_head +
               ", p.id, p.deleted_at, EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = s.user_id AND b.blocked_id = "
               "p.id"
               " OR b.user_id = p.id AND b.blocked_id = s.user_id)" +
               conversation_tables + " WHERE " + live_session;
    case Sql::read_mark:
        return "UPDATE conversations SET read_lo = IF(user_lo = ?, GREATEST(read_lo, LEAST(?, last_seq)), read_lo),"
               " read_hi = IF(user_hi = ?, GREATEST(read_hi, LEAST(?, last_seq)), read_hi) WHERE id = ?";

    case Sql::message_send:
        return "CALL send_message(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    case Sql::batch_heads:
        // A row for each place whose session is there, from a table that MariaDB makes up (its SEQUENCE engine). A name
        // has ASCII letters only; it is looked up in its index where what is compared with it is ASCII, too.
        return "SELECT STRAIGHT_JOIN " + conversation_head + ", n.seq, p.id, p.deleted_at FROM seq_1_to_" +
               std::to_string(max_batch) + " n JOIN sessions s ON s.id = " + value_of_place +
               " LEFT JOIN users p ON p.user_name = CONVERT(" + value_of_place +
               " USING ascii) LEFT JOIN conversations c ON " + pair + " WHERE s.expires_at > UTC_TIMESTAMP(3)";
    case Sql::batch_lock:
        // Locked in the order of one index, so that no two batches wait for each other at once. The clock: sql/0002.
        return "SELECT c.id, c.user_lo, c.last_seq, GREATEST(c.last_at, SYSDATE(3)), c.read_lo, c.read_hi"
               " FROM conversations c FORCE INDEX (PRIMARY) WHERE c.id IN (" +
               for_batch("?", ", ") +
               ") AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = c.user_lo AND b.blocked_id = c.user_hi)"
               " AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = c.user_hi AND b.blocked_id = c.user_lo)"
               " ORDER BY c.id FOR UPDATE";
    case Sql::message_insert:
        return "INSERT INTO messages (conversation_id, seq, sender_id, recipient_id, type, text, url, width, height,"
               " duration_s, source, created_at, idempotency_key, fingerprint)"
               " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    case Sql::conversation_advance:
        return "UPDATE conversations SET last_seq = ?, last_at = ?, read_lo = ?, read_hi = ? WHERE id = ?";
    case Sql::message_by_number:
        return "SELECT " + message_columns + " FROM messages m WHERE m.conversation_id = ? AND m.seq = ?";
    case Sql::message_change:
        return "CALL change_message(?, ?, ?, ?, ?)";
    case Sql::conversation_head:
        return "SELECT " + conversation_head + ", p.id" + conversation_tables + " WHERE " + live_session;
    case Sql::messages_newest_first:
        return conversation_window("DESC");
    case Sql::messages_oldest_first:
        return conversation_window("ASC");
    case Sql::batch_messages:
        return "SELECT m.conversation_id, " + message_columns + " FROM messages m FORCE INDEX (PRIMARY) WHERE " +
               for_batch("(m.conversation_id = ? AND m.seq BETWEEN ? AND ?)", " OR ") +
               " ORDER BY m.conversation_id DESC, m.seq DESC";
    case Sql::messages_sent:
        return box("sent", "sender_id", "recipient_id");
    case Sql::messages_received:
        return box("received", "recipient_id", "sender_id");

    case Sql::account_find:
        return "SELECT " + account_columns + " FROM users u WHERE u.user_name = ? AND u.deleted_at IS NULL";
    case Sql::account_list:
        return "SELECT " + account_columns + " FROM users u WHERE u.deleted_at IS NULL ORDER BY u.user_name";
    case Sql::account_lock:
        return "UPDATE users SET locked_at = COALESCE(locked_at, UTC_TIMESTAMP(3)) WHERE id = ?";
    case Sql::account_unlock:
        return "UPDATE users SET locked_at = NULL WHERE id = ?";
    case Sql::session_list_all:
        return "SELECT u.user_name, s.id, s.created_at, s.last_seen_at, s.expires_at, s.user_agent, s.ip"
               " FROM sessions s JOIN users u ON u.id = s.user_id"
               " WHERE (? IS NULL OR s.user_id = ?) AND s.expires_at > UTC_TIMESTAMP(3)"
               " ORDER BY s.created_at DESC, s.id";
    case Sql::session_delete_any:
        return "DELETE FROM sessions WHERE id = ?";
    case Sql::statistics:
        return "SELECT (SELECT COUNT(*) FROM users WHERE deleted_at IS NULL),"
               " (SELECT COUNT(*) FROM users WHERE deleted_at IS NULL AND locked_at IS NOT NULL),"
               " (SELECT COUNT(*) FROM users WHERE deleted_at IS NOT NULL),"
               " (SELECT COUNT(DISTINCT user_id) FROM sessions WHERE last_seen_at > UTC_TIMESTAMP(3) - INTERVAL 1 DAY),"
               " (SELECT COUNT(*) FROM sessions WHERE expires_at > UTC_TIMESTAMP(3)),"
               " (SELECT COUNT(*) FROM conversations),"
               " (SELECT CAST(COALESCE(SUM(last_seq), 0) AS SIGNED) FROM conversations),"
               " (SELECT CAST(COALESCE(SUM(data_length + index_length), 0) AS SIGNED) FROM information_schema.tables"
               " WHERE table_schema = DATABASE())";
    case Sql::session_address:
        return "SELECT s.ip FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.user_name = ?"
               " ORDER BY s.created_at DESC LIMIT 1";
    case Sql::session_addresses:
        return "SELECT COUNT(*), COUNT(DISTINCT s.ip), MIN(s.ip) FROM sessions s JOIN users u ON u.id = s.user_id"
               " WHERE u.user_name NOT LIKE 'doctor-%'";
    case Sql::trial_delete_messages:
        return "DELETE m FROM messages m JOIN " + trial_conversation + " WHERE m.conversation_id = c.id";
    case Sql::trial_delete_conversation:
        return "DELETE c FROM " + trial_conversation;
    case Sql::trial_delete_sessions:
        return "DELETE s FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.user_name IN (?, ?)";
    case Sql::trial_delete_users:
        return "DELETE FROM users WHERE user_name IN (?, ?)";

    case Sql::count:
        break;
    }
    throw std::logic_error("no such statement");
}

} // namespace sotto::db

#pragma once

#include <cstddef>
#include <string>

namespace sotto::db {

/// Every statement that the server runs; the texts stand in `statements.cpp`.
enum class Sql : std::size_t {
    begin,
    commit,
    rollback,
    schema_version,

    user_insert,
    user_for_log_in,
    user_for_session,
    user_profile,
    user_set_password_hash,
    user_replace_password_hash,
    user_update,
    user_erase,

    session_insert,
    session_find,
    session_list,
    session_touch,
    session_delete,
    session_delete_others,
    session_delete_expired,
    session_delete_all,

    block_list,
    block_insert,
    block_delete,
    block_delete_all,

    inbox,
    peer,
    read_mark,

    message_send,
    batch_heads,
    batch_lock,
    message_insert,
    conversation_advance,
    message_by_number,
    message_change,
    conversation_head,
    messages_newest_first,
    messages_oldest_first,
    batch_messages,
    messages_sent,
    messages_received,

    account_find,
    account_list,
    account_lock,
    account_unlock,
    session_list_all,
    session_delete_any,
    statistics,
    session_address,
    session_addresses,
    trial_delete_messages,
    trial_delete_conversation,
    trial_delete_sessions,
    trial_delete_users,

    count
};

inline constexpr std::size_t sql_count = static_cast<std::size_t>(Sql::count);

/// How many requests a statement may serve at once; the statements `batch_…` have room for as many.
inline constexpr std::size_t max_batch = 8;

/// The statement's text, with a '?' for each parameter.
std::string text_of(Sql id);

} // namespace sotto::db

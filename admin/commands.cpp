#include <array>

#include "admin/backup.hpp"
#include "admin/command.hpp"
#include "admin/doctor.hpp"
#include "admin/keys.hpp"
#include "admin/migrate.hpp"
#include "admin/sessions.hpp"
#include "admin/setup.hpp"
#include "admin/stats.hpp"
#include "admin/users.hpp"

namespace sotto::admin {

std::span<const Command> commands() {
    static const std::array table{
        Command{"setup", "", "make this machine serve Sotto; can be run again", setup_options(), setup},
        Command{"doctor", "", "check an install and say how to mend it", doctor_options(), doctor},
        Command{"migrate", "", "bring the database to this version's schema, and grant the workers their rights",
                migrate_options(), migrate},
        Command{"backup", "FILE", "write the whole database to a file, and prove that it can be restored",
                backup_options(), backup},
        Command{"restore", "FILE", "put a backup in the database's place", restore_options(), restore},
        Command{"users list", "", "show the users", list_users_options(), list_users},
        Command{"users add", "USER_NAME", "create a user; the password comes from the terminal or standard input",
                add_user_options(), add_user},
        Command{"users passwd", "USER_NAME", "set a user's password and end their sessions", {}, set_user_password},
        Command{"users lock", "USER_NAME", "keep a user out and end their sessions", {}, lock_user},
        Command{"users unlock", "USER_NAME", "let a locked user in again", {}, unlock_user},
        Command{"users erase", "USER_NAME", "erase a user's account for good", erase_user_options(), erase_user},
        Command{"users export", "USER_NAME", "write all that is kept of a user, as NDJSON", {}, export_user},
        Command{"sessions list", "[USER_NAME]", "show the live sessions of everybody or of one user",
                list_sessions_options(), list_sessions},
        Command{"sessions revoke", "[SESSION_ID]", "end a session, or all of a user", revoke_sessions_options(),
                revoke_sessions},
        Command{"keys list", "", "show the ids of the session-signing keys", list_keys_options(), list_keys},
        Command{"keys rotate", "", "add a session-signing key; the older ones still verify", {}, rotate_keys},
        Command{"keys retire", "KEY_ID", "take an old session-signing key away", retire_key_options(), retire_key},
        Command{"stats", "", "show how much there is of everything", statistics_options(), show_statistics},
    };
    return table;
}

} // namespace sotto::admin

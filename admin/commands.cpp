#include <array>

#include "admin/command.hpp"
#include "admin/doctor.hpp"
#include "admin/keys.hpp"
#include "admin/migrate.hpp"
#include "admin/setup.hpp"

namespace sotto::admin {

std::span<const Command> commands() {
    static const std::array table{
        Command{"setup", "", "make this machine serve Sotto; can be run again", setup_options(), setup},
        Command{"doctor", "", "check an install and say how to mend it", doctor_options(), doctor},
        Command{"migrate", "", "bring the database to this version's schema, and grant the workers their rights",
                migrate_options(), migrate},
        Command{"keys list", "", "show the ids of the session-signing keys", list_keys_options(), list_keys},
        Command{"keys rotate", "", "add a session-signing key; the older ones still verify", {}, rotate_keys},
        Command{"keys retire", "KEY_ID", "take an old session-signing key away", retire_key_options(), retire_key},
    };
    return table;
}

} // namespace sotto::admin

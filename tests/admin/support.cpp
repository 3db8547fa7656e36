#include "tests/admin/support.hpp"

#include <cstdlib>
#include <system_error>

#include "auth/keys.hpp"
#include "auth/random.hpp"

namespace sotto::test {

Stand::Stand() {
    std::string folder = "/tmp/sotto-admin-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) {
        throw std::system_error(errno, std::generic_category(), "mkdtemp");
    }
    folder_ = folder;
    auth::initialise();
    auth::add_key(keys());
}

Stand::~Stand() {
    std::error_code nobody_cares;
    std::filesystem::remove_all(folder_, nobody_cares);
}

admin::Outcome Stand::ctl(const admin::Words& words, const std::string& input) const {
    return ctl_with({}, words, input);
}

admin::Outcome Stand::ctl_with(const admin::Words& environment, const admin::Words& words,
                               const std::string& input) const {
    return admin::run(command(environment, words), input, std::chrono::seconds{60});
}

admin::Words Stand::command(const admin::Words& environment, const admin::Words& words) const {
    const db::Settings settings = database_.as_admin();
    admin::Words all{"env",
                     "SOTTO_CONFIG=" + (folder_ / "sotto.conf").string(),
                     "SOTTO_DB_SOCKET=" + settings.socket,
                     "SOTTO_DB_NAME=" + settings.database,
                     "SOTTO_KEYS_FILE=" + keys().string(),
                     "SOTTO_NOTICE_SOCKET=" + notice_socket().string(),
                     "SOTTO_HUB_SOCKET=" + (folder_ / "hub.sock").string(),
                     "SOTTO_PASSWORD_MEMORY_MIB=8",
                     "SOTTO_PASSWORD_PASSES=1"};
    all.insert(all.end(), environment.begin(), environment.end());
    all.emplace_back(SOTTO_SOTTOCTL);
    all.insert(all.end(), words.begin(), words.end());
    return all;
}

std::string Stand::value(const std::string& sql) const {
    return db::Connection(database_.as_admin()).query_value(sql).value_or("NULL");
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace sotto::test

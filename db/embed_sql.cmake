# Writes OUTPUT, a C++ file that holds the texts of FILES (numbered migrations and grants.sql).
set(migrations "")
set(grants "")
foreach(file IN LISTS FILES)
    get_filename_component(name ${file} NAME_WE)
    file(READ ${file} text)
    if(name MATCHES "^([0-9][0-9][0-9][0-9])_")
        math(EXPR version "${CMAKE_MATCH_1}" OUTPUT_FORMAT DECIMAL)
        string(APPEND migrations "    {${version}, \"${name}\", R\"sql(${text})sql\"},\n")
    else()
        set(grants "${text}")
    endif()
endforeach()
file(WRITE ${OUTPUT} "// Generated from sql/ by db/embed_sql.cmake.
#include \"db/migrate.hpp\"

namespace sotto::db {

const std::vector<Migration>& embedded_migrations() {
    static const std::vector<Migration> migrations = {
${migrations}    };
    return migrations;
}

std::string_view embedded_grants() {
    return R\"sql(${grants})sql\";
}

} // namespace sotto::db
")

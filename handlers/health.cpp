#include "handlers/health.hpp"

#include "db/migrate.hpp"
#include "handlers/answer.hpp"

namespace sotto {

Result<Response> get_liveness(Call&) {
    Json::Value body(Json::objectValue);
    body["status"] = "ok";
    return json_response(200, body);
}

Result<Response> get_readiness(Call& call) {
    const int version = db::schema_version(call.app.connection);
    if (version < db::newest_version()) {
        return Problem{
            ProblemType::unavailable, "The database's schema is older than the server.", {}, {{"Retry-After", "1"}}};
    }
    Json::Value body(Json::objectValue);
    body["status"] = "ok";
    body["schema_version"] = version;
    return json_response(200, body);
}

} // namespace sotto

#include "handlers/export.hpp"

#include "handlers/user_export.hpp"

namespace sotto {

Result<Response> export_own_data(Call& call) {
    const auto user = begin_export(call.app.connection, call.claims->session, AskingSession::listed);
    if (!user) {
        return unauthenticated();
    }
    call.caller = user->caller;
    return Response{
        .status = 200,
        .headers = {{"Content-Type", "application/x-ndjson"},
                    {"Cache-Control", "no-store"},
                    {"Content-Disposition", "attachment; filename=\"sotto-" + user->user_name + ".ndjson\""}},
        .body = {},
        .stream = stream_export(call.app.connection, call.claims->session, *user),
    };
}

} // namespace sotto

#include "handlers/blocks.hpp"

#include <json/value.h>

#include "db/blocks.hpp"
#include "handlers/answer.hpp"
#include "handlers/peer.hpp"

namespace sotto {

Result<Response> list_blocks(Call& call) {
    const auto list = db::list_blocks(call.app.connection, call.claims->session);
    if (!list) {
        return unauthenticated();
    }
    call.caller = list->caller;
    Json::Value body(Json::objectValue);
    Json::Value& array = body["blocks"] = Json::arrayValue;
    for (const db::Block& block : list->blocks) {
        Json::Value& object = array.append(Json::objectValue);
        object["user_name"] = block.user_name;
        object["display_name"] = block.display_name;
        object["created_at"] = to_rfc3339(block.created_at);
    }
    return json_response(200, body);
}

Result<Response> add_block(Call& call) {
    const auto peer = find_peer(call);
    if (!peer) {
        return peer.problem();
    }
    if (peer->user_id == peer->caller.user_id) {
        return Problem{ProblemType::validation,
                       "Nobody can block themselves.",
                       {{"user_name", "invalid", "Must be another user."}}};
    }
    db::add_block(call.app.connection, peer->caller.user_id, *peer->user_id);
    return no_content();
}

Result<Response> remove_block(Call& call) {
    const auto peer = find_peer(call);
    if (!peer) {
        return peer.problem();
    }
    db::remove_block(call.app.connection, peer->caller.user_id, *peer->user_id);
    return no_content();
}

} // namespace sotto

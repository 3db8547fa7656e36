#include "handlers/peer.hpp"

#include "handlers/user_fields.hpp"

namespace sotto {

Result<db::Peer> find_peer(Call& call) {
    const auto peer = db::find_peer(call.app.connection, call.claims->session, fold_user_name(call.captures[0]));
    if (!peer) {
        return unauthenticated();
    }
    call.caller = peer->caller;
    if (!peer->user_id) {
        return user_not_found();
    }
    return *peer;
}

} // namespace sotto

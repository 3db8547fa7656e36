#pragma once

namespace sotto::live {

/// The hub's two listening sockets.
struct Listeners {
    int clients; ///< SOCK_STREAM: nginx connects here
    int workers; ///< SOCK_SEQPACKET: workers connect here
};

/// Takes both from systemd (sd_listen_fds(3)) where LISTEN_PID is this process, in any order and under any name: their
/// types tell them apart. Else makes them at the paths in SOTTO_HUB_SOCKET and SOTTO_NOTICE_SOCKET, mode 0660, in place
/// of sockets that nobody listens on any more. The caller owns both. Throws std::runtime_error that says what is in the
/// way.
Listeners open_listeners();

} // namespace sotto::live

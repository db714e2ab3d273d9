//! Sealed datagrams on one to eight links, and the heartbeat thread.

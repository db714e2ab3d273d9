//! Protobuf and gRPC: what nodes and clients say to each other.
//!
//! The files are in `proto/`; fields are only ever added, so that nodes of neighbouring versions
//! understand each other (architecture, D11).

/// Node to node: one stream of envelopes per direction.
pub mod peer {
    #![expect(missing_docs, reason = "generated; documented in proto/peer.proto")]
    tonic::include_proto!("rota.peer.v1");
}

/// How a newcomer is let in.
pub mod join {
    #![expect(missing_docs, reason = "generated; documented in proto/join.proto")]
    tonic::include_proto!("rota.join.v1");
}

/// What the command line asks of the daemon on its own host.
pub mod admin {
    #![expect(missing_docs, reason = "generated; documented in proto/admin.proto")]
    tonic::include_proto!("rota.admin.v1");
}

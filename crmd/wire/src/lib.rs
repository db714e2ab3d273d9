//! Protobuf and gRPC: what nodes and clients say to each other.

//! The raft log on disk.

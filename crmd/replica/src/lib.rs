//! One replicated log: how raft is used (pure but for raft's own crates).

//! One whole cluster node as one state machine (pure).

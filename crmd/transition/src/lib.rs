//! Executing a graph of actions (pure).

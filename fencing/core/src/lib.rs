//! Fencing jobs: confirmed is said only with a proof (pure).

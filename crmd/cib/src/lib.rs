//! The cluster information base: typed configuration and status, and its XML (pure).

//! Who is alive and who belongs together: detector, agreement, quorum (pure).

//! Runs OCF, systemd and LSB agents.

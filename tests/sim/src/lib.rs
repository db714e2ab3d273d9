//! The simulator: one seed, one world.

//! Differences that are known, by seed and rule; each rule has its line in
//! `docs/compatibility.md`.

/// Seeds below [`SEEDS`] whose plan differs from that of `crm_simulate` 2.1.5, with the rule.
pub const KNOWN: &[(u64, &str)] = &[];

/// How many seeds the quick test compares.
pub const SEEDS: u64 = 50;

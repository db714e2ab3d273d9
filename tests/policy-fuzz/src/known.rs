//! Differences that are known, by seed and rule; each rule has its line in
//! `docs/compatibility.md`.

/// How many seeds the quick test compares.
pub const SEEDS: u64 = 50;

/// Seeds up to [`SEEDS`] whose plan differs from that of `crm_simulate` 2.1.5, with the rule.
pub const KNOWN: &[(u64, &str)] = &[
    (1, FROZEN_RESTART),
    (9, CIRCLE),
    (14, NUMBERS),
    (18, FROZEN_RESTART),
    (25, CONTRADICTION),
    (28, CIRCLE),
    (31, CIRCLE),
    (32, STRAY_NEWS),
    (34, TICKET_FENCE),
];

const FROZEN_RESTART: &str =
    "without quorum and frozen, what changed its definition is stopped there and restarted here";
const CIRCLE: &str = "orders in a circle: there no plan at all, here the circle is cut";
const NUMBERS: &str = "which number an instance of a clone has";
const CONTRADICTION: &str = "colocations that contradict each other";
const STRAY_NEWS: &str = "a resource of multiple-active=stop_unexpected that moves is started here";
const TICKET_FENCE: &str = "loss-policy=fence for a promoted role, without fencing: there unpromoted instances are stopped";

//! *Patience*: when all faults have ended, the cluster comes to rest after a bounded number of plans
//! and calls of agents. Monitors do not count: they go on for ever.

use crate::world::World;

/// Plans after the end of all faults, beside those for each host: administrators write the whole
/// configuration and delete a resource four times, forget all failures twice, and each of that is
/// followed by what it sets free.
const PLANS: u64 = 150;

/// Plans for each host: it boots, joins a view, is asked what it runs, and is probed; its standby
/// ends three times; it may be lost and come back once more.
const PLANS_OF_A_HOST: u64 = 60;

/// Calls of agents for each service on each host: probed, stopped, started, promoted, demoted, each
/// with notifications before and after, some a second time because a failure was forgotten.
const CALLS_OF_A_SERVICE: u64 = 60;

/// The counts at the end of all faults; none before.
#[derive(Debug, Default)]
pub(super) struct Patience {
    since: Option<(u64, u64)>,
}

impl World {
    /// All faults end.
    pub(crate) fn expect_calm(&mut self) {
        self.expect.patience.since = Some((self.checks.plannings, self.expect.calls));
    }

    /// Plans and calls of agents since all faults have ended.
    pub fn since_calm(&self) -> Option<(u64, u64)> {
        let (plans, calls) = self.expect.patience.since?;
        Some((self.checks.plannings - plans, self.expect.calls - calls))
    }

    pub(super) fn expect_patience(&mut self) {
        let Some((plans, calls)) = self.since_calm() else { return };
        let hosts = self.hosts.len() as u64;
        let services = (self.setup.unique().len() + self.setup.everywhere().len()) as u64;
        if plans > PLANS + hosts * PLANS_OF_A_HOST {
            self.violated(format!("{plans} plans since all faults have ended"));
        } else if calls > hosts * services * CALLS_OF_A_SERVICE {
            self.violated(format!("{calls} calls of agents since all faults have ended"));
        }
    }
}

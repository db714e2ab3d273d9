//! *Rest*: when the DC has nothing left to do, a plan made anew has nothing to do either. What
//! expires has its effect at once: the new plan is made for the present time.

use std::collections::BTreeSet;

use rota_policy::{Options, plan};
use rota_transition::Task;

use crate::clock::{self, SECOND, Time};
use crate::world::World;

/// How long a DC may have yet to notice: a failure that expires between two whole seconds, a
/// change on its way through the log.
const NOTICES_WITHIN: Time = 3 * SECOND;

/// How long what has expired may take until it has its effect.
const EXPIRES_WITHIN: Time = 2 * SECOND;

/// What was seen at the last look.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// The DC, its term, and the entry that it had applied.
    seen: (usize, u64, u64),
    since: Time,
    /// When a plan was made last to see whether it is empty.
    planned: Time,
}

impl World {
    pub(super) fn expect_rest(&mut self) {
        let leaders = self.leaders();
        let &[(place, term)] = leaders.as_slice() else { return };
        let Some(daemon) = self.hosts[place].daemon.as_ref() else { return };
        let node = &daemon.node;
        let seen = (place, term, node.replica().applied().0);
        let idle = node.is_idle() && node.fencing_jobs().is_empty();
        let ready = idle && node.is_quorate() && self.hosts[place].is_working(self.now);
        let rest = &mut self.expect.rest;
        if seen != rest.seen || !ready {
            rest.seen = seen;
            rest.since = self.now;
            return;
        }
        if self.now < rest.since.max(rest.planned) + NOTICES_WITHIN {
            return;
        }
        rest.planned = self.now;
        let mut cib = rota_cib::Cib::clone(&node.state().cib);
        cib.header.have_quorum = Some(true);
        cib.header.dc_uuid = Some(self.hosts[place].id.to_string().into());
        // What expires at this very second has yet to be noticed.
        let before = self.now.saturating_sub(EXPIRES_WITHIN);
        let wall = clock::wall(before, self.hosts[place].run.services.wall_is_fast);
        let spared = node.state().costly.clone();
        let graph = plan(&cib, wall, &Options { spared, ..Options::default() }).graph;
        // A place that is better now that everything runs is taken at the next occasion, as
        // Pacemaker does it; what must run or stop must not wait for one.
        let is_of = |action: &rota_transition::Action, operation: &str| match &action.task {
            Task::Resource(op) => (op.operation == operation).then(|| op.leaf().to_owned()),
            _ => None,
        };
        let stops: BTreeSet<String> =
            graph.actions.iter().filter_map(|a| is_of(a, "stop")).collect();
        let starts: BTreeSet<String> =
            graph.actions.iter().filter_map(|a| is_of(a, "start")).collect();
        let moves = !stops.is_empty() && stops == starts
            || graph.actions.iter().any(|action| is_of(action, "migrate_to").is_some());
        if moves {
            return;
        }
        let real = graph.actions.iter().filter(|a| !matches!(a.task, Task::Pseudo { .. }));
        let left: Vec<String> = real
            .take(4)
            .map(|action| match &action.task {
                Task::Resource(op) => format!("{} on {:?}", op.key, action.node),
                other => format!("{other:?} on {:?}", action.node),
            })
            .collect();
        if !left.is_empty() {
            let what = format!("the DC rests, and this is left to do: {}", left.join("; "));
            self.violated(what);
        }
    }
}

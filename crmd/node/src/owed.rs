//! Who switched a node off for a reboot owes it the "on".
//!
//! The leader that asked for the reboot does it as part of its fencing. What if there is no leader
//! any more, because the death of that very node cost the cluster its majority? Then whoever drove
//! the device does it, without being told. And what the log holds as owed every new leader does.

use std::collections::BTreeMap;
use std::time::Duration;

use rota_fencing::{Action, AttemptId, Reply};
use rota_ids::{Moment, NodeName};

use crate::event::Effect;
use crate::limits::{OWED_ON_PATIENCE, OWED_ON_PAUSE, OWED_ON_PAUSE_MAX};
use crate::message::DeviceOrder;

/// The "on" that this node, or the leader, still has to see to.
#[derive(Default)]
pub struct Owed {
    driven: BTreeMap<NodeName, Debt>,
    asked: BTreeMap<NodeName, (Moment, u32)>,
    next: u64,
}

struct Debt {
    order: Box<DeviceOrder>,
    due: Moment,
    tried: u32,
    under_way: Option<AttemptId>,
}

fn pause(tried: u32) -> Duration {
    OWED_ON_PAUSE.saturating_mul(1 << tried.min(8)).min(OWED_ON_PAUSE_MAX)
}

impl Owed {
    /// A device that this node drove has switched a node off; its order says whether it owes "on".
    pub fn switched_off(&mut self, order: Box<DeviceOrder>, now: Moment) {
        if order.then_on {
            let target = order.target.clone();
            let due = now + OWED_ON_PATIENCE;
            self.driven.insert(target, Debt { order, due, tried: 0, under_way: None });
        }
    }

    /// Somebody else sees to it, or it is on.
    pub fn settled(&mut self, target: &NodeName) {
        self.driven.remove(target);
        self.asked.remove(target);
    }

    /// What this node does by itself as nobody leads. `first` names its attempts.
    pub fn alone(&mut self, now: Moment, first: AttemptId, todo: &mut Vec<Effect>) {
        for debt in self.driven.values_mut() {
            if debt.under_way.is_some() || now < debt.due {
                continue;
            }
            self.next += 1;
            // The upper half is of no term: there is no leader that could mean the same.
            let attempt = AttemptId(first.0 | (1 << 63) | self.next);
            debt.under_way = Some(attempt);
            let order = DeviceOrder { attempt, action: Action::On, ..(*debt.order).clone() };
            todo.push(Effect::RunDevice(Box::new(order)));
        }
    }

    /// A device has answered an "on" of [`Self::alone`]. Whether it was one.
    pub fn answered(&mut self, attempt: AttemptId, reply: &Reply, now: Moment) -> bool {
        let found = self.driven.iter_mut().find(|(_, debt)| debt.under_way == Some(attempt));
        let Some((target, debt)) = found else { return false };
        if *reply == Reply::On {
            let target = target.clone();
            self.settled(&target);
        } else {
            debt.under_way = None;
            debt.tried += 1;
            debt.due = now + pause(debt.tried);
        }
        true
    }

    /// Whether the leader shall ask (again) for the "on" that the log holds as owed to this node.
    pub fn is_due(&mut self, target: &NodeName, now: Moment) -> bool {
        // What was done a moment ago may be on its way into the log.
        let first = (now + OWED_ON_PAUSE, 0);
        let (at, tried) = self.asked.entry(target.clone()).or_insert(first);
        if now < *at {
            return false;
        }
        *tried += 1;
        *at = now + pause(*tried);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Token;

    fn off(then_on: bool) -> Box<DeviceOrder> {
        Box::new(DeviceOrder {
            attempt: AttemptId(7),
            token: Token::default(),
            device: "bmc".into(),
            agent: "fence_ipmilan".into(),
            params: Vec::new(),
            action: Action::Off,
            target: NodeName::from("n3"),
            plug: "n3".into(),
            timeout_ms: 1_000,
            then_on,
        })
    }

    fn at(seconds: u64) -> Moment {
        Moment::since_origin(Duration::from_secs(seconds))
    }

    fn begun(owed: &mut Owed, seconds: u64) -> Option<AttemptId> {
        let mut todo = Vec::new();
        owed.alone(at(seconds), AttemptId(0), &mut todo);
        match todo.pop() {
            Some(Effect::RunDevice(order)) if order.action == Action::On => Some(order.attempt),
            _ => None,
        }
    }

    #[test]
    fn who_switched_off_switches_on_when_nobody_leads() {
        let mut owed = Owed::default();
        owed.switched_off(off(true), at(0));
        assert_eq!(begun(&mut owed, 1), None, "a leader may yet do it");
        let attempt = begun(&mut owed, 10).expect("an attempt");
        assert_eq!(begun(&mut owed, 11), None, "one at a time");
        assert!(owed.answered(attempt, &Reply::TimedOut { why: "".into() }, at(12)));
        let again = begun(&mut owed, 60).expect("another attempt");
        assert!(owed.answered(again, &Reply::On, at(61)));
        assert_eq!(begun(&mut owed, 600), None, "it is on");
    }

    #[test]
    fn a_node_that_is_to_stay_off_stays_off() {
        let mut owed = Owed::default();
        owed.switched_off(off(false), at(0));
        assert_eq!(begun(&mut owed, 600), None);
    }
}

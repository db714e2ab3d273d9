//! Whatever happens: no verdict without a proof, and what is proven is what was asked.
//!
//! Random devices, levels, nodes and events drive the fencer; an oracle that shares no code with
//! it keeps its own account of what devices and people said. proptest prints the seed.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::*;
use proptest::prelude::*;
use rota_fencing::*;
use rota_ids::{BootId, Incarnation, Moment, NodeId, NodeName, StartId};

const DEVICES: [&str; 4] = ["a", "b", "c", "d"];

#[derive(Clone, Debug)]
enum Act {
    Ask { target: u8, boot: u64, wish: u8 },
    Reply { which: usize, kind: u8 },
    Pass { millis: u64 },
    Nodes { mask: u8 },
    Levels { shape: u8 },
    Confirm { target: u8, boot: Option<u64> },
    Reborn { target: u8, boot: u64 },
    Withdraw { target: u8 },
}

fn act() -> impl Strategy<Value = Act> {
    let target = || 3..5u8;
    let boot = || 1..4u64;
    prop_oneof![
        4 => (target(), boot(), 0..3u8).prop_map(|(target, boot, wish)| Act::Ask { target, boot, wish }),
        12 => (any::<usize>(), 0..6u8).prop_map(|(which, kind)| Act::Reply { which, kind }),
        4 => (1..30_000u64).prop_map(|millis| Act::Pass { millis }),
        1 => any::<u8>().prop_map(|mask| Act::Nodes { mask }),
        1 => any::<u8>().prop_map(|shape| Act::Levels { shape }),
        1 => (target(), proptest::option::of(boot())).prop_map(|(target, boot)| Act::Confirm { target, boot }),
        1 => (target(), boot()).prop_map(|(target, boot)| Act::Reborn { target, boot }),
        1 => target().prop_map(|target| Act::Withdraw { target }),
    ]
}

fn name(target: u8) -> NodeName {
    NodeName(format!("n{target}").into())
}

fn incarnation(boot: u64) -> Incarnation {
    Incarnation { boot: BootId(boot), start: StartId(1) }
}

fn levels(shape: u8) -> Vec<Vec<&'static str>> {
    match shape % 4 {
        0 => vec![],
        1 => vec![vec!["a", "b"], vec!["c"]],
        2 => vec![vec!["a", "b"], vec!["b", "c", "d"]],
        _ => vec![vec!["a"], vec!["b", "d"]],
    }
}

/// What was really said, by target and boot where it matters.
#[derive(Default)]
struct Oracle {
    given: BTreeMap<AttemptId, (DeviceId, NodeName, Action, usize)>,
    asks: Vec<(NodeName, u64)>,
    /// Device, target and how many requests had been made when the attempt began.
    off: Vec<(DeviceId, NodeName, usize)>,
    vouched: BTreeSet<NodeName>,
    seen: BTreeSet<(NodeName, u64)>,
    shapes: Vec<u8>,
}

impl Oracle {
    fn check(&self, verdict: &Verdict) -> Result<(), TestCaseError> {
        let target = &verdict.target;
        match &verdict.proof {
            Proof::Administrator { .. } => prop_assert!(self.vouched.contains(target)),
            Proof::NewBoot { seen } => {
                prop_assert!(self.seen.contains(&(target.clone(), seen.boot.0)));
                prop_assert_ne!(verdict.incarnation.map(|i| i.boot), Some(seen.boot));
            }
            Proof::PoweredOff { devices } => {
                let boot = verdict.incarnation.expect("these tests always name a life").boot.0;
                let asked = self.asks.iter().position(|ask| *ask == (target.clone(), boot));
                let asked = asked.expect("a life nobody asked about was proven over");
                let named: BTreeSet<&str> = devices.iter().map(|d| d.device.0.as_str()).collect();
                for device in &named {
                    let told = self.off.iter().any(|(d, t, made)| {
                        d.0.as_str() == *device && t == target && *made > asked
                    });
                    prop_assert!(told, "{device} never showed {target} off after the request");
                }
                let a_level = self.shapes.iter().any(|shape| match levels(*shape) {
                    none if none.is_empty() => named.len() == 1,
                    some => {
                        some.iter().any(|l| l.iter().copied().collect::<BTreeSet<_>>() == named)
                    }
                });
                prop_assert!(a_level, "{named:?} is no level");
            }
        }
        Ok(())
    }
}

struct Run {
    w: World,
    oracle: Oracle,
}

impl Run {
    fn send(&mut self, event: Event) -> Result<(), TestCaseError> {
        let mut todo = Vec::new();
        self.w.fencer.step(self.w.now, event, &mut todo);
        for effect in todo {
            match effect {
                Effect::Run { attempt, device, action, target, .. } => {
                    prop_assert_ne!(action, Action::Status);
                    let made = self.oracle.asks.len();
                    let new = self.oracle.given.insert(attempt, (device, target, action, made));
                    prop_assert!(new.is_none(), "attempt ids are used once");
                }
                Effect::Proven(verdict) => self.oracle.check(&verdict)?,
                Effect::Cancel { .. }
                | Effect::Exhausted { .. }
                | Effect::Note(_)
                | Effect::WakeAt(_) => {}
            }
        }
        Ok(())
    }

    fn act(&mut self, act: Act) -> Result<(), TestCaseError> {
        let event = match act {
            Act::Ask { target, boot, wish } => {
                let wish = [Wish::Off, Wish::Reboot, Wish::On][usize::from(wish)];
                if wish.needs_off() {
                    self.oracle.asks.push((name(target), boot));
                }
                let request = Request { target: name(target), ..request("", wish, boot) };
                Event::Asked { request, chance: Chance(0) }
            }
            Act::Reply { which, kind } => {
                let ids: Vec<AttemptId> = self.oracle.given.keys().copied().collect();
                // Any attempt ever given out may answer, in any order, even twice.
                let Some(id) = ids.get(which % ids.len().max(1)) else { return Ok(()) };
                let (device, target, action, made) = self.oracle.given[id].clone();
                let reply = match kind {
                    0 | 1 if action == Action::Off => {
                        self.oracle.off.push((device, target, made));
                        off_reply()
                    }
                    0..=2 => Reply::On,
                    3 => Reply::Off,
                    4 => Reply::Refused { why: "no".into() },
                    _ => unreachable(),
                };
                Event::Replied { attempt: *id, reply }
            }
            Act::Pass { millis } => {
                self.w.now = self.w.now + std::time::Duration::from_millis(millis);
                Event::Woken
            }
            Act::Nodes { mask } => Event::Nodes(
                (1..5u32).filter(|i| mask & (1 << i) != 0).map(|i| node(i, &["b"])).collect(),
            ),
            Act::Levels { shape } => {
                self.oracle.shapes.push(shape);
                devices_event(shape)
            }
            Act::Confirm { target, boot } => {
                self.oracle.vouched.insert(name(target));
                let incarnation = boot.map(incarnation);
                Event::Confirmed { target: name(target), incarnation, who: "root".into() }
            }
            Act::Reborn { target, boot } => {
                self.oracle.seen.insert((name(target), boot));
                Event::Reborn { target: name(target), incarnation: incarnation(boot) }
            }
            Act::Withdraw { target } => Event::Withdrawn { target: name(target) },
        };
        self.send(event)
    }
}

fn devices_event(shape: u8) -> Event {
    let devices = DEVICES.iter().map(|d| device(d, "n3 n4")).collect();
    let mut topology = Topology::new();
    for (i, level) in levels(shape).into_iter().enumerate() {
        for target in ["n3", "n4"] {
            let number = u8::try_from(i + 1).expect("few levels");
            topology.add(target.into(), number, level.iter().map(|d| DeviceId::from(*d)));
        }
    }
    Event::Devices { devices, topology }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_verdict_without_a_proof(
        shape in any::<u8>(),
        acts in proptest::collection::vec(act(), 1..60),
    ) {
        let w = World { fencer: Fencer::new(NodeId(1), AttemptId(1)), now: Moment::ORIGIN };
        let mut run = Run { w, oracle: Oracle::default() };
        run.oracle.shapes.push(shape);
        run.send(devices_event(shape))?;
        run.send(Event::Nodes((1..5).map(|i| node(i, &["a"])).collect()))?;
        for act in acts {
            run.act(act)?;
        }
    }

    #[test]
    fn once_devices_answer_every_request_is_proven(
        shape in any::<u8>(),
        acts in proptest::collection::vec(act(), 1..30),
    ) {
        let w = World { fencer: Fencer::new(NodeId(1), AttemptId(1)), now: Moment::ORIGIN };
        let mut run = Run { w, oracle: Oracle::default() };
        run.oracle.shapes.push(shape);
        run.send(devices_event(shape))?;
        for act in acts {
            run.act(act)?;
        }
        run.send(Event::Nodes(vec![node(1, &[])]))?;
        // From here every attempt succeeds; a minute of waiting is the longest pause.
        let mut answered: BTreeSet<AttemptId> = run.oracle.given.keys().copied().collect();
        for _ in 0..60 {
            let open: Vec<AttemptId> =
                run.oracle.given.keys().copied().filter(|id| answered.insert(*id)).collect();
            for id in open {
                let (device, target, action, made) = run.oracle.given[&id].clone();
                let reply = if action == Action::Off {
                    run.oracle.off.push((device, target, made));
                    off_reply()
                } else {
                    Reply::On
                };
                run.send(Event::Replied { attempt: id, reply })?;
            }
            run.act(Act::Pass { millis: 61_000 })?;
        }
        prop_assert_eq!(run.w.jobs(), Vec::<String>::new());
    }
}

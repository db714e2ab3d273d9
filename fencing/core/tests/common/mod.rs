//! A small cluster around a fencer, whose effects are read as lines.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::collections::BTreeSet;
use std::time::Duration;

use rota_fencing::*;
use rota_ids::{BootId, Incarnation, Moment, NodeId, NodeName, StartId};

pub const fn life(boot: u64) -> Option<Incarnation> {
    Some(Incarnation { boot: BootId(boot), start: StartId(1) })
}

pub fn device(id: &str, hosts: &str) -> Device {
    let params = [("pcmk_host_list", hosts), ("pcmk_off_timeout", "10s")];
    Device::from_params(id.into(), "fence_test", params).0
}

pub fn tuned(id: &str, params: &[(&str, &str)]) -> Device {
    let (device, findings) = Device::from_params(id.into(), "fence_test", params.iter().copied());
    assert_eq!(findings, []);
    device
}

pub fn node(id: u32, verified: &[&str]) -> Executor {
    Executor {
        id: NodeId(id),
        name: NodeName(format!("n{id}").into()),
        verified: verified.iter().map(|d| DeviceId::from(*d)).collect(),
        barred: BTreeSet::new(),
    }
}

pub fn request(target: &str, wish: Wish, boot: u64) -> Request {
    Request {
        target: target.into(),
        incarnation: life(boot),
        wish,
        delay: RequestDelay::Add(Duration::ZERO),
        requested_by: "policy".into(),
        why: "lost".into(),
    }
}

pub fn off_reply() -> Reply {
    Reply::ProvenOff { how: "off twice".into() }
}

pub fn unreachable() -> Reply {
    Reply::Unreachable { why: "no answer".into() }
}

pub struct World {
    pub fencer: Fencer,
    pub now: Moment,
}

impl World {
    /// The local node is n1.
    pub fn new(devices: Vec<Device>, topology: Topology, nodes: Vec<Executor>) -> Self {
        let mut world =
            Self { fencer: Fencer::new(NodeId(1), AttemptId(1)), now: Moment::from_millis(0) };
        assert_eq!(world.send(Event::Devices { devices, topology }), [""; 0]);
        assert_eq!(world.send(Event::Nodes(nodes)), [""; 0]);
        world
    }

    pub fn send(&mut self, event: Event) -> Vec<String> {
        let mut todo = Vec::new();
        self.fencer.step(self.now, event, &mut todo);
        // Wake-ups are data for the shell; stories tell the time themselves.
        todo.iter().filter(|e| !matches!(e, Effect::WakeAt(_))).map(line).collect()
    }

    pub fn ask(&mut self, request: Request) -> Vec<String> {
        self.send(Event::Asked { request, chance: Chance(u32::MAX / 2) })
    }

    pub fn reply(&mut self, attempt: u64, reply: Reply) -> Vec<String> {
        self.send(Event::Replied { attempt: AttemptId(attempt), reply })
    }

    pub fn at(&mut self, millis: u64) -> Vec<String> {
        self.now = Moment::from_millis(millis);
        self.send(Event::Woken)
    }

    pub fn jobs(&self) -> Vec<String> {
        self.fencer.jobs().map(|job| format!("{} {:?}", job.target, job.phase)).collect()
    }
}

pub fn line(effect: &Effect) -> String {
    match effect {
        Effect::Run { attempt, executor, device, action, target, plug, .. } => {
            let plug = if *plug == target.0 { String::new() } else { format!(" plug {plug}") };
            format!("run {} on n{executor}: {device} {} {target}{plug}", attempt.0, action.as_str())
        }
        Effect::Cancel { attempt, executor } => format!("cancel {} on n{executor}", attempt.0),
        Effect::Proven(Verdict { target, incarnation, proof }) => {
            format!("PROVEN {target} {}: {proof}", boot(*incarnation))
        }
        Effect::Exhausted { target, why, retry_at } => {
            format!("exhausted {target} until {}: {why}", retry_at.elapsed().as_millis())
        }
        Effect::Note(HistoryEntry { target, incarnation, wish, requested_by, outcome, .. }) => {
            let outcome = match outcome {
                Outcome::Proven(_) => "proven".into(),
                Outcome::TurnedOn => "turned on".into(),
                Outcome::OnFailed { why } => format!("on failed: {why}"),
                Outcome::Exhausted { .. } => "exhausted".into(),
                Outcome::Withdrawn => "withdrawn".into(),
            };
            format!("note {target} {} {wish:?} by {requested_by}: {outcome}", boot(*incarnation))
        }
        Effect::WakeAt(at) => format!("wake at {}", at.elapsed().as_millis()),
    }
}

fn boot(life: Option<Incarnation>) -> String {
    life.map_or("unseen".into(), |life| format!("boot {}", life.boot.0))
}

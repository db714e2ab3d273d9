//! All fencing jobs of the leader.

use std::collections::BTreeMap;
use std::time::Duration;

use rota_ids::{Incarnation, Moment, NodeId, NodeName, Text};

use crate::device::{Device, DeviceId};
use crate::history::{HistoryEntry, Outcome};
use crate::job::{FencingJob, JobEvent, Phase};
use crate::leg::{AttemptId, Executor, Surroundings};
use crate::proof::{Proof, Reply, Verdict};
use crate::request::{Action, Chance, Request, Wish};
use crate::topology::Topology;

/// What happens to the fencer.
#[derive(Clone, Debug)]
pub enum Event {
    /// A node is to be fenced or switched on. `chance` feeds the random part of delays.
    Asked {
        /// The request; one that already stands changes nothing.
        request: Request,
        /// A throw of the dice.
        chance: Chance,
    },
    /// Nobody wants this target fenced any more.
    Withdrawn {
        /// The target.
        target: NodeName,
    },
    /// An executor reports how an attempt ended. Unknown attempts are ignored.
    Replied {
        /// From [`Effect::Run`].
        attempt: AttemptId,
        /// What came of it.
        reply: Reply,
    },
    /// Time has passed; send it at each [`Effect::WakeAt`], or more often.
    Woken,
    /// The configured devices and levels, complete.
    Devices {
        /// All devices in configured order.
        devices: Vec<Device>,
        /// All levels.
        topology: Topology,
    },
    /// Who may execute: all online members, complete.
    Nodes(Vec<Executor>),
    /// An administrator vouches that a node is off. Believed as it stands; the caller asks back.
    Confirmed {
        /// The node.
        target: NodeName,
        /// Which life; `None` for every life asked about.
        incarnation: Option<Incarnation>,
        /// Who vouches.
        who: Text,
    },
    /// A node was seen alive under this boot. The caller says it only of sightings younger than
    /// the requests that stand.
    Reborn {
        /// The node.
        target: NodeName,
        /// Its present life.
        incarnation: Incarnation,
    },
}

/// What must now be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Let a node drive a device, and send its [`Event::Replied`].
    Run {
        /// Names the attempt in the reply.
        attempt: AttemptId,
        /// Which node.
        executor: NodeId,
        /// Which device; its parameters are in the configuration.
        device: DeviceId,
        /// What the device is to do. `Off` includes the verification.
        action: Action,
        /// The node it is done to.
        target: NodeName,
        /// The target's name at the device.
        plug: Text,
        /// One deadline for all of it.
        timeout: Duration,
    },
    /// Nobody waits for this attempt any more; stop it if it has not begun.
    Cancel {
        /// Which.
        attempt: AttemptId,
        /// Where.
        executor: NodeId,
    },
    /// The life is over: commit it, recovery may start then.
    Proven(Verdict),
    /// Every level failed; the target stays unclean. Tried again without being asked.
    Exhausted {
        /// The node.
        target: NodeName,
        /// What each device said.
        why: Text,
        /// When the next round begins.
        retry_at: Moment,
    },
    /// Something for the history.
    Note(HistoryEntry),
    /// Send [`Event::Woken`] then.
    WakeAt(Moment),
}

/// A job as people see it.
#[derive(Clone, Debug)]
pub struct JobView<'a> {
    /// The node.
    pub target: &'a NodeName,
    /// How far it is.
    pub phase: Phase,
    /// Who asked, and why.
    pub requests: Vec<&'a Request>,
}

/// All fencing jobs; lives on the leader only. A new leader starts an empty one and asks again:
/// a node that is already off is proven at once, one that came back is not shot.
pub struct Fencer {
    local: NodeId,
    next: AttemptId,
    devices: Vec<Device>,
    topology: Topology,
    nodes: Vec<Executor>,
    jobs: BTreeMap<NodeName, FencingJob>,
    /// The last life of each target that devices or a new boot proved over: a request for it that
    /// comes again (its verdict may still be on its way into the log) is answered, not carried out.
    over: BTreeMap<NodeName, Verdict>,
}

impl Fencer {
    /// A fencer without devices, nodes and jobs. `first` must be higher than any attempt that an
    /// earlier fencer may have given out (the raft term in the upper half does it).
    pub fn new(local: NodeId, first: AttemptId) -> Self {
        Self {
            local,
            next: first,
            devices: Vec::new(),
            topology: Topology::new(),
            nodes: Vec::new(),
            jobs: BTreeMap::new(),
            over: BTreeMap::new(),
        }
    }

    /// Takes one event and appends what must be done, in order.
    pub fn step(&mut self, now: Moment, event: Event, todo: &mut Vec<Effect>) {
        let before = todo.len();
        match event {
            Event::Asked { request, chance } => {
                if let Some(verdict) = self.known(&request) {
                    return todo.push(Effect::Proven(verdict.clone()));
                }
                let target = request.target.clone();
                self.jobs
                    .entry(target.clone())
                    .or_insert_with(|| FencingJob::new(target.clone(), now));
                self.tell(&target, now, JobEvent::Asked(request, chance), todo);
            }
            Event::Withdrawn { target } => self.tell(&target, now, JobEvent::Withdrawn, todo),
            Event::Replied { attempt, reply } => {
                self.tell_all(now, &JobEvent::Replied(attempt, reply), todo);
            }
            // `settle_down` wakes everybody.
            Event::Woken => {}
            Event::Devices { devices, topology } => {
                if devices != self.devices || topology != self.topology {
                    self.devices = devices;
                    self.topology = topology;
                    self.tell_all(now, &JobEvent::Changed, todo);
                }
            }
            Event::Nodes(nodes) => {
                if nodes != self.nodes {
                    self.nodes = nodes;
                    self.tell_all(now, &JobEvent::Changed, todo);
                }
            }
            Event::Confirmed { target, incarnation, who } => {
                self.confirmed(&target, incarnation, who, now, todo);
            }
            Event::Reborn { target, incarnation } => {
                // A life seen after its end shows that the proof was wrong: forget it.
                self.over.retain(|t, v| *t != target || !ended(v, incarnation));
                self.tell(&target, now, JobEvent::Reborn(incarnation), todo);
            }
        }
        self.settle_down(now, todo);
        self.remember(&todo[before..]);
    }

    /// The jobs under way, by target.
    pub fn jobs(&self) -> impl Iterator<Item = JobView<'_>> {
        self.jobs.iter().map(|(target, job)| JobView {
            target,
            phase: job.phase(),
            requests: job.requests().collect(),
        })
    }

    /// The verdict that already ended the life this request is about.
    fn known(&self, request: &Request) -> Option<&Verdict> {
        let life = request.incarnation?;
        let verdict = self.over.get(&request.target)?;
        (request.wish.needs_off() && ended(verdict, life)).then_some(verdict)
    }

    fn remember(&mut self, effects: &[Effect]) {
        for effect in effects {
            let Effect::Proven(verdict) = effect else { continue };
            match verdict.proof {
                Proof::PoweredOff { .. } | Proof::NewBoot { .. } => {
                    self.over.insert(verdict.target.clone(), verdict.clone());
                }
                // A word can be wrong; whoever asks again gets the real thing.
                Proof::Administrator { .. } => {}
            }
        }
    }

    /// An administrator's word counts also where no job stands, as with fencing just disabled.
    fn confirmed(
        &mut self,
        target: &NodeName,
        incarnation: Option<Incarnation>,
        who: Text,
        now: Moment,
        todo: &mut Vec<Effect>,
    ) {
        let before = todo.len();
        self.tell(target, now, JobEvent::Confirmed(incarnation, who.clone()), todo);
        if todo[before..].iter().any(|effect| matches!(effect, Effect::Proven(_))) {
            return;
        }
        let proof = Proof::Administrator { who: who.clone() };
        todo.push(Effect::Proven(Verdict {
            target: target.clone(),
            incarnation,
            proof: proof.clone(),
        }));
        todo.push(Effect::Note(HistoryEntry {
            target: target.clone(),
            incarnation,
            wish: Wish::Off,
            requested_by: who,
            why: "manual confirmation".into(),
            outcome: Outcome::Proven(proof),
            took: Duration::ZERO,
        }));
    }

    /// A slot that one job freed may be what another waits for, before or after it in order.
    fn settle_down(&mut self, now: Moment, todo: &mut Vec<Effect>) {
        self.tell_all(now, &JobEvent::Woken, todo);
        self.tell_all(now, &JobEvent::Woken, todo);
        self.jobs.retain(|_, job| job.phase() != Phase::Ended);
    }

    fn tell_all(&mut self, now: Moment, event: &JobEvent, todo: &mut Vec<Effect>) {
        let targets: Vec<NodeName> = self.jobs.keys().cloned().collect();
        for target in targets {
            self.tell(&target, now, event.clone(), todo);
        }
    }

    fn tell(&mut self, target: &NodeName, now: Moment, event: JobEvent, todo: &mut Vec<Effect>) {
        let mut busy = BTreeMap::new();
        for device in self.jobs.values().flat_map(FencingJob::devices_at_work) {
            *busy.entry(device.clone()).or_default() += 1;
        }
        let mut around = Surroundings {
            local: self.local,
            devices: &self.devices,
            topology: &self.topology,
            nodes: &self.nodes,
            busy,
            next: &mut self.next,
        };
        if let Some(job) = self.jobs.get_mut(target) {
            job.step(now, event, &mut around, todo);
        }
    }
}

fn ended(verdict: &Verdict, life: Incarnation) -> bool {
    verdict.incarnation.is_some_and(|over| over.boot == life.boot)
}

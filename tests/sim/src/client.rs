//! Clients and administrators: they found the cluster, configure it, change it, and remember what
//! they were promised.

use std::collections::BTreeMap;

use rota_cib::change::{
    AttributeChange, AttributeKind, Change, Configure, Lifetime, NewValue, OperationFilter,
};
use rota_ids::{NodeName, Text};
use rota_node::{Ask, Event, RequestId, Told};

use crate::clock::{MS, SECOND};
use crate::world::{What, World};

/// Something that a client does.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Makes a join line for the host.
    Token(usize),
    /// Brings it to a member.
    Admit(usize),
    /// Writes the configuration.
    Configure,
    /// Changes something of no consequence, and remembers the answer.
    Change,
    /// The agent of the promotable resource says how well its instance could be promoted.
    Score(usize),
    /// An agent writes an attribute.
    Write,
    /// An administrator changes something.
    Admin,
    /// Puts a node into standby or takes it out.
    Standby(usize, bool),
    /// Stops a node with a goodbye.
    Leave(usize),
    /// Asks for a node to be fenced.
    Fence(usize),
    /// Vouches that a node is off, if it is.
    Confirm(usize),
    /// Waits until there is nothing left to do.
    Wait,
    /// Forgets all failures, until told that it is done.
    Cleanup(usize),
}

/// Clients and what they were told.
#[derive(Debug, Default)]
pub struct Client {
    next: u64,
    asked: BTreeMap<RequestId, (usize, Step)>,
    /// Changes that wait for their answer: the value asked for.
    values: BTreeMap<RequestId, (Text, Text)>,
    /// The cluster is as it was configured.
    pub configured: bool,
    /// What was refused, for stories.
    pub refused: Vec<(Step, Text)>,
    /// What was done, for stories.
    pub done: Vec<Step>,
}

impl Client {
    /// The daemon of this host is gone; nobody will answer.
    pub fn forget(&mut self, place: usize) {
        let gone: Vec<RequestId> =
            self.asked.iter().filter(|(_, (at, _))| *at == place).map(|(id, _)| *id).collect();
        for id in gone {
            self.asked.remove(&id);
            self.values.remove(&id);
        }
    }
}

impl World {
    /// Asks the daemon of a host for something. False when there is none.
    pub fn ask(&mut self, place: usize, step: Step, ask: Ask) -> bool {
        if !self.hosts[place].is_working(self.now) {
            return false;
        }
        self.client.next += 1;
        let request = RequestId(self.client.next);
        if let Ask::Change(Change::SetAttribute(change)) = &ask
            && step == Step::Change
            && let NewValue::Set(value) = &change.value
        {
            self.client.values.insert(request, (change.name.clone(), value.clone()));
        }
        self.client.asked.insert(request, (place, step));
        self.event(place, Event::Asked { request, ask });
        true
    }

    /// Sets a property of the cluster, by way of any host.
    pub fn set_property(&mut self, name: &str, value: &str) {
        let values = vec![(name.into(), value.into())];
        let edits = vec![rota_cib::change::Edit::SetProperties { set: "sim".into(), values }];
        let configure = Configure { edits, ..Configure::default() };
        if let Some(some) = self.some_working() {
            self.ask(some, Step::Configure, Ask::Change(Change::Configure(configure)));
        }
    }

    /// Any host whose daemon works.
    pub fn some_working(&mut self) -> Option<usize> {
        let now = self.now;
        let working: Vec<usize> =
            (0..self.hosts.len()).filter(|place| self.hosts[*place].is_working(now)).collect();
        if working.is_empty() { None } else { Some(working[self.rng.index(working.len())]) }
    }

    pub(crate) fn client_step(&mut self, step: Step) {
        let wall = crate::clock::wall(self.now, 0);
        let Some(some) = self.some_working() else { return };
        match step.clone() {
            Step::Token(newcomer) => {
                let expires = rota_ids::WallTime(wall.0 + 600);
                self.ask(0, step, Ask::Token { digest: digest(newcomer), expires });
            }
            Step::Admit(newcomer) => {
                let member = self.member(newcomer);
                let (name, links) = (member.name, member.links);
                self.ask(0, step, Ask::Admit { digest: digest(newcomer), name, links });
            }
            Step::Configure => {
                let edits = self.setup.edits();
                let configure = Configure { edits, ..Configure::default() };
                self.ask(some, step, Ask::Change(Change::Configure(configure)));
            }
            Step::Change => {
                let number = self.rng.any();
                let node = self.rng.index(self.hosts.len());
                let change = attribute(
                    self.hosts[node].id.to_string().into(),
                    format!("note-{number:016x}").into(),
                    NewValue::Set(format!("{}", self.now / MS).into()),
                );
                self.ask(some, step, Ask::Change(change));
            }
            Step::Score(host) => {
                let score = 10 + host;
                let change = Change::SetAttribute(AttributeChange {
                    node: self.hosts[host].id.to_string().into(),
                    name: "master-pg".into(),
                    value: NewValue::Set(format!("{score}").into()),
                    lifetime: Lifetime::UntilReboot,
                    kind: AttributeKind::Plain,
                    set: None,
                });
                self.ask(host, step, Ask::Change(change));
            }
            Step::Standby(node, on) => {
                let value = if on { NewValue::Set("on".into()) } else { NewValue::Unset };
                let node = self.hosts[node].id.to_string().into();
                self.ask(some, step, Ask::Change(attribute(node, "standby".into(), value)));
            }
            Step::Write | Step::Admin => {}
            Step::Wait => {
                self.ask(some, step, Ask::WaitIdle);
            }
            Step::Leave(node) => {
                self.ask(node, step, Ask::Leave);
            }
            Step::Fence(node) => {
                self.trouble(node);
                let target = self.name(node);
                let wish = rota_fencing::Wish::Reboot;
                self.ask(some, step, Ask::Fence { target, wish, by: "admin".into() });
            }
            Step::Confirm(node) => {
                // An administrator who walks there, looks, and cuts the cord.
                if self.hosts[node].boot.is_none() {
                    let target = self.name(node);
                    self.ask(some, step, Ask::Confirm { target, by: "admin".into() });
                }
            }
            Step::Cleanup(which) => {
                let resources = self.setup.leaves();
                let Some(resource) = resources.get(which).cloned() else { return };
                let filter = OperationFilter::Failures;
                let change = Change::ForgetOperations { resource, node: None, filter };
                self.ask(some, step, Ask::Change(change));
            }
        }
    }

    pub(crate) fn told(&mut self, place: usize, request: RequestId, told: &Told) {
        let Some((_, step)) = self.client.asked.remove(&request) else { return };
        let value = self.client.values.remove(&request);
        match told {
            Told::Done(_) => {
                self.client.done.push(step.clone());
                self.done(place, step, value);
            }
            Told::Admitted { newcomer, members } => {
                let Step::Admit(place) = step else { return };
                if newcomer.id != self.hosts[place].id {
                    return self
                        .violated(format!("{} was to be number {}", newcomer.name, newcomer.id));
                }
                self.hosts[place].disk.provisioned = true;
                self.hosts[place].disk.roster.clone_from(members);
                self.start_daemon(place);
                if place + 1 < self.hosts.len() {
                    self.later(500 * MS, What::Client(Step::Token(place + 1)));
                } else {
                    self.later(self.settles, What::Client(Step::Configure));
                }
            }
            Told::Refused(why) => {
                self.tell(format!("client at {}: {step:?} refused: {why}", self.name(place)));
                self.client.refused.push((step, why.clone()));
            }
            Told::Idle => self.client.done.push(step),
        }
    }

    fn done(&mut self, place: usize, step: Step, value: Option<(Text, Text)>) {
        match step {
            Step::Token(newcomer) => self.later(0, What::Client(Step::Admit(newcomer))),
            Step::Configure => self.client.configured = true,
            Step::Change => {
                let applied = self.hosts[place]
                    .daemon
                    .as_ref()
                    .map_or(0, |daemon| daemon.node.replica().applied().0);
                if let Some((name, value)) = value {
                    self.checks.promised(name, value, applied);
                }
            }
            Step::Cleanup(which) if which + 1 < self.setup.leaves().len() => {
                self.later(0, What::Client(Step::Cleanup(which + 1)));
            }
            Step::Admit(_)
            | Step::Score(_)
            | Step::Write
            | Step::Admin
            | Step::Standby(_, _)
            | Step::Leave(_)
            | Step::Fence(_)
            | Step::Confirm(_)
            | Step::Wait
            | Step::Cleanup(_) => {}
        }
    }

    /// Founds the cluster of all hosts and configures it, as people would.
    pub fn found(&mut self) {
        for place in 0..self.hosts.len() {
            self.power_on(place, SECOND);
        }
        if self.hosts.len() > 1 {
            self.later(3 * SECOND, What::Client(Step::Token(1)));
        } else {
            self.later(3 * SECOND, What::Client(Step::Configure));
        }
        self.later(SECOND, What::Look);
    }
}

fn digest(newcomer: usize) -> [u8; 32] {
    [u8::try_from(newcomer).unwrap_or(u8::MAX); 32]
}

fn attribute(node: Text, name: Text, value: NewValue) -> Change {
    Change::SetAttribute(AttributeChange {
        node,
        name,
        value,
        lifetime: Lifetime::Forever,
        kind: AttributeKind::Plain,
        set: None,
    })
}

/// The name of a host in the world, by its place.
pub fn name_of(place: usize) -> NodeName {
    NodeName::from(format!("n{}", place + 1).as_str())
}

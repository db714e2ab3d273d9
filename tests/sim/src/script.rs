//! What agents of a character write into the cluster in the middle of their actions, as real ones
//! do with `crm_attribute` and `attrd_updater`.

use rota_cib::change::{AttributeChange, AttributeKind, Change, Lifetime, NewValue};
use rota_ids::{BootId, Text};
use rota_node::{Ask, RunId};
use rota_transition::ResourceOp;

use crate::agents::{Begun, RunState};
use crate::bugs::Bug;
use crate::client::Step;
use crate::clock::MS;
use crate::world::{What, World};

/// How an agent behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Character {
    /// It writes nothing.
    Plain,
    /// It scores itself in start, promote, demote and monitor, and takes the score back in stop.
    Stateful,
    /// The same; its promotion writes who is promoted, and its replicas follow the promoted one
    /// only when they are told of the promotion.
    Redis,
    /// The same; each notification before a promotion deletes an attribute that was never set.
    Mariadb,
    /// The same; each notification before a promotion writes another value (privately).
    Paf,
    /// One instance alone scores itself; its promotion scores all others before it ends.
    Galera,
    /// Each monitor writes the same two values again.
    Rabbit,
}

/// One attribute that an agent writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    /// The host that it is about.
    pub node: usize,
    /// Its name.
    pub name: Text,
    /// Its value.
    pub value: NewValue,
    /// It is to be private, as with `attrd_updater --private`: no plan.
    pub private: bool,
}

impl Write {
    fn new(node: usize, name: String, value: NewValue) -> Self {
        Self { node, name: name.into(), value, private: false }
    }
}

fn set(value: u64) -> NewValue {
    NewValue::Set(value.to_string().into())
}

impl World {
    /// An agent has begun: what it will write on its way.
    pub(crate) fn script(&mut self, place: usize, boot: BootId, begun: Begun) {
        let services = &self.hosts[place].run.services;
        let Some(run) = services.runs.get(&begun.run) else { return };
        let writes = self.writes(place, &run.op);
        let many = writes.len() as u64;
        for (number, write) in writes.into_iter().enumerate() {
            let at = begun.takes * (number as u64 + 1) / (many + 1);
            self.later(at, What::AgentWrites(place, boot, begun.run, Box::new(write)));
        }
    }

    fn writes(&self, place: usize, op: &ResourceOp) -> Vec<Write> {
        let leaf = &op.resource;
        let Some(piece) = self.setup.pieces.as_ref().and_then(|pieces| pieces.of(leaf)) else {
            return Vec::new();
        };
        let services = &self.hosts[place].run.services;
        let active = services.active.contains(leaf);
        let promoted = services.promoted.contains(leaf);
        let score = |value| Write::new(place, format!("master-{leaf}"), value);
        let own = |value| vec![score(set(value))];
        let operation = op.operation.as_str();
        let told = op.key.operation.as_str();
        match (piece.character, operation) {
            (Character::Plain, _) => Vec::new(),
            (Character::Rabbit, "monitor") if active => ["cookie", "version"]
                .map(|n| Write::new(place, format!("{leaf}-{n}"), set(7)))
                .into(),
            (Character::Rabbit, _) => Vec::new(),
            (Character::Galera, "promote") => (0..self.hosts.len())
                .filter(|other| self.hosts[*other].run.services.active.contains(leaf))
                .map(|other| Write::new(other, format!("master-{leaf}"), set(100)))
                .collect(),
            (Character::Galera, "monitor") if active => {
                let first = self.active(leaf).first() == Some(&place);
                if first || !self.promoted(leaf).is_empty() { own(100) } else { Vec::new() }
            }
            (Character::Galera, "demote") | (_, "stop") => vec![score(NewValue::Unset)],
            (Character::Galera, _) => Vec::new(),
            (Character::Redis, "promote") => {
                let mut writes = own(20 + place as u64);
                writes.push(Write::new(place, format!("{leaf}-replication"), set(place as u64)));
                writes
            }
            (_, "start" | "demote") => own(10 + place as u64),
            (_, "promote") => own(20 + place as u64),
            (_, "monitor") if active => own(if promoted { 20 } else { 10 } + place as u64),
            (Character::Mariadb, "notify") if told == "pre_notify_promote" => {
                vec![Write::new(place, format!("{leaf}-waiting"), NewValue::Unset)]
            }
            (Character::Paf, "notify") if told == "pre_notify_promote" => {
                let name = format!("{leaf}-lsn");
                let gone =
                    Write { private: true, ..Write::new(place, name.clone(), NewValue::Unset) };
                let lsn = Write { private: true, ..Write::new(place, name, set(self.now / MS)) };
                vec![gone, lsn]
            }
            (_, _) => Vec::new(),
        }
    }

    /// The moment at which an agent writes, if it still runs.
    pub(crate) fn agent_writes(&mut self, place: usize, boot: BootId, run: RunId, write: Write) {
        let host = &self.hosts[place];
        let runs = host.run.services.runs.get(&run);
        let goes_on = runs.is_some_and(|run| matches!(run.state, RunState::Running { .. }));
        if host.boot != Some(boot) || !goes_on {
            return;
        }
        self.writes_now(place, write);
    }

    /// An attribute is written by way of the daemon of this host.
    pub fn writes_now(&mut self, place: usize, mut write: Write) {
        if self.has(Bug::Restless)
            && let NewValue::Set(value) = &mut write.value
        {
            *value = format!("{value}{}", self.now / MS % 10_000).into();
        }
        if write.private {
            let node = self.hosts[write.node].name.clone();
            let ask = Ask::Private { node, name: write.name, value: write.value };
            self.ask(place, Step::Write, ask);
            return;
        }
        let change = Change::SetAttribute(AttributeChange {
            node: self.hosts[write.node].id.to_string().into(),
            name: write.name,
            value: write.value,
            lifetime: Lifetime::UntilReboot,
            kind: AttributeKind::Plain,
            set: None,
        });
        self.ask(place, Step::Write, Ask::Change(change));
    }

    /// A notification was carried out: replicas of some characters follow only now.
    pub(crate) fn follow(&mut self, place: usize, op: &ResourceOp) {
        let redis = |piece: &crate::pieces::Piece| piece.character == Character::Redis;
        let pieces = self.setup.pieces.as_ref();
        if !pieces.and_then(|p| p.of(&op.resource)).is_some_and(redis) {
            return;
        }
        let names = match op.key.operation.as_str() {
            "post_notify_promote" => "CRM_meta_notify_promote_uname",
            "post_notify_start" => "CRM_meta_notify_master_uname",
            _ => return,
        };
        if let Some(name) = listed(op, names).first() {
            self.hosts[place].run.services.follows.insert(op.resource.clone(), name.clone());
        }
    }
}

/// The names in a list of a notification's environment.
pub(crate) fn listed(op: &ResourceOp, list: &str) -> Vec<Text> {
    let value = op.meta.iter().find(|(name, _)| name == list).map(|(_, value)| value.as_str());
    value.unwrap_or_default().split_whitespace().map(Text::from).collect()
}

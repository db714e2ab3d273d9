//! Attempts at fence devices on their way between the DC and whoever drives the device: asked again
//! until answered, carried out once, answered as often as asked.
//!
//! A message that is lost, or a driver whose daemon is restarted, would otherwise cost the whole
//! timeout of the device, and everything waits for the proof.

use std::collections::BTreeMap;

use rota_fencing::{AttemptId, Reply};
use rota_ids::{Moment, NodeId};

use crate::event::{Effect, Now};
use crate::limits::{REMEMBERED_ATTEMPTS, RESEND_ORDER};
use crate::message::{DeviceOrder, Message};
use crate::order::Token;

/// The DC's side: what other nodes were asked and have not answered.
#[derive(Default)]
pub struct Asked(BTreeMap<AttemptId, Waiting>);

struct Waiting {
    driver: NodeId,
    order: Box<DeviceOrder>,
    sent: Moment,
    /// The answer is worthless from then on.
    until: Moment,
}

impl Asked {
    /// Asks a node.
    pub fn ask(&mut self, now: Now, driver: NodeId, order: Box<DeviceOrder>) -> Effect {
        let until = now.moment + std::time::Duration::from_millis(order.timeout_ms);
        let waiting = Waiting { driver, order: order.clone(), sent: now.moment, until };
        self.0.insert(order.attempt, waiting);
        Effect::Peer { to: driver, message: Message::RunDevice(order) }
    }

    /// It is answered, or nobody wants the answer any more.
    pub fn forget(&mut self, attempt: AttemptId) {
        self.0.remove(&attempt);
    }

    /// A node belongs to the cluster no more: others are asked.
    pub fn node_gone(&mut self, node: NodeId) {
        self.0.retain(|_, waiting| waiting.driver != node);
    }

    /// Asks again who has not answered for long, with the time that is left.
    pub fn repeat(&mut self, now: Now, token: Token, todo: &mut Vec<Effect>) {
        self.0.retain(|_, waiting| now.moment < waiting.until);
        for waiting in self.0.values_mut() {
            if now.moment.since(waiting.sent) < RESEND_ORDER {
                continue;
            }
            waiting.sent = now.moment;
            let left = waiting.until.since(now.moment).as_millis();
            let mut order = waiting.order.clone();
            order.token = token;
            order.timeout_ms = u64::try_from(left).unwrap_or(u64::MAX);
            todo.push(Effect::Peer { to: waiting.driver, message: Message::RunDevice(order) });
        }
    }
}

/// The driver's side: what this node was asked in this life.
#[derive(Default)]
pub struct Driven(BTreeMap<AttemptId, Run>);

enum Run {
    /// It runs, for this node.
    For(NodeId, Box<DeviceOrder>),
    /// It has ended so.
    Ended(Reply),
    /// It was taken back: whoever still asks does it by a message that was under way for long.
    TakenBack,
}

impl Driven {
    /// Runs a device for a node, unless that was done before.
    pub fn take(&mut self, asker: NodeId, order: Box<DeviceOrder>, todo: &mut Vec<Effect>) {
        let attempt = order.attempt;
        match self.0.get(&attempt) {
            None => {
                self.note(attempt, Run::For(asker, order.clone()));
                todo.push(Effect::RunDevice(order));
            }
            Some(Run::Ended(reply)) => {
                let message = Message::DeviceReplied { attempt, reply: reply.clone() };
                todo.push(Effect::Peer { to: asker, message });
            }
            Some(Run::For(..) | Run::TakenBack) => {}
        }
    }

    /// The answer is no longer wanted.
    pub fn take_back(&mut self, attempt: AttemptId, todo: &mut Vec<Effect>) {
        self.note(attempt, Run::TakenBack);
        todo.push(Effect::CancelDevice(attempt));
    }

    /// A device has answered: who wants to know it, and what was asked.
    pub fn ended(
        &mut self,
        attempt: AttemptId,
        reply: &Reply,
    ) -> Option<(NodeId, Box<DeviceOrder>)> {
        let Some(Run::For(asker, order)) = self.0.get(&attempt) else { return None };
        let known = (*asker, order.clone());
        self.note(attempt, Run::Ended(reply.clone()));
        Some(known)
    }

    fn note(&mut self, attempt: AttemptId, run: Run) {
        self.0.insert(attempt, run);
        while self.0.len() > REMEMBERED_ATTEMPTS {
            self.0.pop_first();
        }
    }
}

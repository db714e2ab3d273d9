//! One action at a time for a resource, in the order of asking.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rota_ids::Text;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

use crate::limits::MONITOR_GRACE;
use crate::request::{OpId, Request};

/// All resources that something runs for or waits for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queues(Arc<Mutex<BTreeMap<Text, Line>>>);

#[derive(Debug)]
struct Line {
    holder: Ticket,
    waiting: VecDeque<(Ticket, oneshot::Sender<Turn>)>,
}

/// Who runs, or wants to.
#[derive(Clone, Debug)]
struct Ticket {
    op: OpId,
    /// Interval of a recurring monitor: such a one gives way to everything else.
    recurring: Option<Duration>,
    stop: Arc<Notify>,
}

/// The right to run an action of a resource; given back when dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    queues: Queues,
    resource: Text,
    stop: Arc<Notify>,
}

impl Turn {
    /// Notified when the action has to end early.
    pub(crate) fn stop(&self) -> &Notify {
        &self.stop
    }
}

impl Queues {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Text, Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the resource. `None`: this monitor is not needed (an equal one is there already),
    /// or it was cancelled while it waited.
    pub(crate) async fn turn(&self, request: &Request) -> Option<Turn> {
        let ticket = Ticket {
            op: request.op,
            recurring: request.interval.filter(|_| request.is_recurring()),
            stop: Arc::new(Notify::new()),
        };
        let (mut receiver, holder) = match self.enter(&request.resource, ticket.clone()) {
            Entered::Free(turn) => return Some(turn),
            Entered::NotNeeded => return None,
            Entered::Waiting(receiver, holder) => (receiver, holder),
        };
        if holder.recurring.is_some() && ticket.recurring.is_none() {
            match timeout(MONITOR_GRACE, &mut receiver).await {
                Ok(answer) => return answer.ok(),
                Err(_) => self.hurry(&request.resource, holder.op),
            }
        }
        receiver.await.ok()
    }

    /// Takes a resource for an action that runs already. Only at the start, when all are free.
    pub(crate) fn occupy(&self, resource: &Text, op: OpId) -> Option<Turn> {
        let ticket = Ticket { op, recurring: None, stop: Arc::new(Notify::new()) };
        match self.enter(resource, ticket) {
            Entered::Free(turn) => Some(turn),
            Entered::Waiting(..) | Entered::NotNeeded => None,
        }
    }

    fn enter(&self, resource: &Text, ticket: Ticket) -> Entered {
        let mut lines = self.lock();
        let Some(line) = lines.get_mut(resource) else {
            let stop = Arc::clone(&ticket.stop);
            lines.insert(resource.clone(), Line { holder: ticket, waiting: VecDeque::new() });
            let (queues, resource) = (self.clone(), resource.clone());
            return Entered::Free(Turn { queues, resource, stop });
        };
        let mut present = std::iter::once(&line.holder).chain(line.waiting.iter().map(|w| &w.0));
        if ticket.recurring.is_some() && present.any(|t| t.recurring == ticket.recurring) {
            return Entered::NotNeeded;
        }
        let (sender, receiver) = oneshot::channel();
        line.waiting.push_back((ticket, sender));
        Entered::Waiting(receiver, line.holder.clone())
    }

    /// Ends what runs for a resource, if it is still this operation.
    fn hurry(&self, resource: &Text, op: OpId) {
        if let Some(line) = self.lock().get(resource)
            && line.holder.op == op
        {
            line.holder.stop.notify_one();
        }
    }

    /// Takes an operation out of its line, or ends it when it runs.
    pub(crate) fn cancel(&self, op: OpId) {
        // Senders are dropped after the lock is free: those who wait wake up and look again.
        let mut dropped = Vec::new();
        for line in self.lock().values_mut() {
            if line.holder.op == op {
                line.holder.stop.notify_one();
            }
            while let Some(at) = line.waiting.iter().position(|(ticket, _)| ticket.op == op) {
                dropped.extend(line.waiting.remove(at));
            }
        }
    }
}

enum Entered {
    Free(Turn),
    Waiting(oneshot::Receiver<Turn>, Ticket),
    NotNeeded,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut lines = self.queues.lock();
        let Some(line) = lines.get_mut(&self.resource) else { return };
        let Some((ticket, sender)) = line.waiting.pop_front() else {
            lines.remove(&self.resource);
            return;
        };
        line.holder = ticket.clone();
        drop(lines);
        let (queues, resource) = (self.queues.clone(), self.resource.clone());
        // A receiver that is gone hands the turn back to us: it is dropped, and the next one called.
        let _ = sender.send(Turn { queues, resource, stop: ticket.stop });
    }
}

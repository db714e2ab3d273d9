//! The one loop: what happened → the node → effects.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use nix::time::{ClockId, clock_gettime};
use rota_ids::{Moment, WallTime};
use rota_membership::Report;
use rota_node::{Ask, BATCH_MAX, Event, Node, Now, RequestId, Round, Told};
use rota_replica::limits::TICK_MS;
use rota_store::Store;
use tokio::sync::oneshot;

use crate::effects::{Effects, Flow};

/// A question that is answered from the node's present state.
type Question = Box<dyn FnOnce(&Node<Store>, &Effects) + Send>;

/// Why the loop wakes up.
pub enum Input {
    /// Something happened to the node.
    Event(Event),
    /// A client asks for something that the log must agree to.
    Ask(Ask, oneshot::Sender<Told>),
    /// A client wants to know something.
    Look(Question),
}

/// Where inputs come in.
#[derive(Clone)]
pub struct Inputs(Sender<Input>);

impl Inputs {
    /// Inputs that end in this queue.
    pub fn new(queue: Sender<Input>) -> Self {
        Self(queue)
    }

    /// Hands something in. When the loop has ended, the process is about to.
    pub fn send(&self, input: Input) {
        let _ = self.0.send(input);
    }

    /// Asks for something and waits for the answer; none when the daemon ends.
    pub async fn ask(&self, ask: Ask) -> Option<Told> {
        let (answer, answered) = oneshot::channel();
        self.send(Input::Ask(ask, answer));
        answered.await.ok()
    }

    /// Looks at the node and waits for what was seen; none when the daemon ends.
    pub async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Node<Store>, &Effects) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        self.send(Input::Look(Box::new(move |node, effects| {
            // The client may have gone away meanwhile.
            let _ = answer.send(look(node, effects));
        })));
        answered.await.ok()
    }
}

/// The time now, for the node.
pub fn now() -> Now {
    let monotonic = clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from).unwrap_or_default();
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    Now {
        moment: Moment::since_origin(monotonic),
        wall: WallTime(i64::try_from(wall).unwrap_or(i64::MAX)),
    }
}

/// The loop and what it owns.
pub struct NodeLoop {
    node: Node<Store>,
    effects: Effects,
    queue: Receiver<Input>,
    asked: BTreeMap<RequestId, oneshot::Sender<Told>>,
    next_request: u64,
    next_tick: Moment,
}

impl NodeLoop {
    /// A loop that has not begun.
    pub fn new(node: Node<Store>, effects: Effects, queue: Receiver<Input>) -> Self {
        let asked = BTreeMap::new();
        Self { node, effects, queue, asked, next_request: 0, next_tick: now().moment }
    }

    /// Runs until the node leaves or cannot go on.
    ///
    /// # Errors
    /// When the log fails.
    pub fn run(mut self) -> Result<ExitCode> {
        loop {
            if let Some(code) = self.round()? {
                return Ok(code);
            }
        }
    }

    fn round(&mut self) -> Result<Option<ExitCode>> {
        let wake = self.node.next_wake().map_or(self.next_tick, |at| at.min(self.next_tick));
        let mut departed = false;
        match self.queue.recv_timeout(wake.since(now().moment)) {
            Ok(input) => {
                departed |= self.take(input)?;
                for input in self.queue.try_iter().take(BATCH_MAX - 1).collect::<Vec<_>>() {
                    departed |= self.take(input)?;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(Some(ExitCode::FAILURE)),
        }
        let time = now();
        if time.moment >= self.next_tick {
            // After a pause of our own the missed ticks are not made up for: raft would take
            // them for silence of the others.
            self.next_tick = time.moment + Duration::from_millis(TICK_MS);
            self.node.step(time, Event::Tick)?;
        }
        let mut round = Round::begin(&mut self.node, time, [])?;
        while let Some(effect) = round.next(&mut self.node)? {
            if let Flow::End(code) = self.effects.carry_out(effect, &mut self.asked) {
                return Ok(Some(code));
            }
        }
        self.effects.heart.progress();
        Ok(departed.then_some(ExitCode::SUCCESS))
    }

    /// Takes one input in. Whether all goodbyes are said now.
    fn take(&mut self, input: Input) -> Result<bool> {
        let time = now();
        match input {
            Input::Event(event) => {
                let departed = matches!(&event, Event::Membership(Report::Departed));
                self.effects.notice(&event);
                self.node.step(time, event)?;
                return Ok(departed);
            }
            Input::Ask(ask, answer) => {
                self.next_request += 1;
                let request = RequestId(self.next_request);
                self.asked.insert(request, answer);
                self.node.step(time, Event::Asked { request, ask })?;
            }
            Input::Look(question) => question(&self.node, &self.effects),
        }
        Ok(false)
    }
}

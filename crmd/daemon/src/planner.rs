//! Plans are made in a thread of their own: the loop takes changes, answers and beats its heart
//! meanwhile.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use anyhow::{Context, Result};
use rota_node::{Event, PlanJob};

use crate::node_loop::{Input, Inputs};

/// Where plans are made, one after the other.
pub struct Planner(Sender<Box<PlanJob>>);

impl Planner {
    /// A planner that hands its plans in here.
    ///
    /// # Errors
    /// When there can be no further thread.
    pub fn start(inputs: Inputs) -> Result<Self> {
        let (jobs, asked) = channel::<Box<PlanJob>>();
        thread::Builder::new()
            .name("planner".into())
            .spawn(move || {
                for job in asked {
                    let made = make(*job);
                    inputs.send(Input::Event(Event::Planned(Box::new(made))));
                }
            })
            .context("starting the planner")?;
        Ok(Self(jobs))
    }

    /// Has a plan made; the node asks for one at a time.
    pub fn ask(&self, job: Box<PlanJob>) {
        // The thread ends with the process only.
        let _ = self.0.send(job);
    }
}

/// A planner that panics must not leave the cluster without one: the next state may be another.
fn make(job: PlanJob) -> rota_node::PlanMade {
    let ticket = job.ticket;
    catch_unwind(AssertUnwindSafe(|| job.run())).unwrap_or_else(|_| {
        PlanJob::failed(ticket, "the planner failed; its message is in the log above".into())
    })
}

//! The management card of each host.

use crate::clock::{MS, Time};
use crate::rng::Rng;

/// How a management card does today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// It does what it is told.
    #[default]
    Good,
    /// It does not answer.
    Dead,
    /// It does what it is told, seconds later.
    Slow,
    /// It says no.
    Refusing,
    /// It does what it is told, and its answer is lost.
    Mute,
    /// A deliberate bug: it says that the power is off, and it is on.
    Liar,
}

/// What comes of one order to a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// When it acts, if it does.
    pub acts_after: Option<Time>,
    /// When its answer is there; without one, the caller's time runs out.
    pub answers_after: Option<Time>,
}

impl Mood {
    /// How an order goes.
    pub fn course(self, rng: &mut Rng) -> Course {
        let fast = rng.between(20 * MS, 200 * MS);
        let then = rng.between(MS, 50 * MS);
        match self {
            Self::Good => Course { acts_after: Some(fast), answers_after: Some(fast + then) },
            Self::Dead => Course { acts_after: None, answers_after: None },
            Self::Slow => {
                let slow = rng.between(1_000 * MS, 20_000 * MS);
                Course { acts_after: Some(slow), answers_after: Some(slow + then) }
            }
            Self::Refusing | Self::Liar => Course { acts_after: None, answers_after: Some(fast) },
            Self::Mute => Course { acts_after: Some(fast), answers_after: None },
        }
    }
}

//! When to campaign.
//!
//! raft's own timer is random and slow. Ours is repeatable (a generator seeded by the node), and the
//! detector overrules it: a leader that is known to be lost is not waited for.

use crate::limits;

/// Decides on campaigns; one per replica.
#[derive(Debug)]
pub(crate) struct Elector {
    election_ticks: u32,
    random: u64,
    slow: u32,
    hunt: Option<Hunt>,
    /// Ticks for which this replica does not campaign.
    held_back: u32,
}

/// A leader was lost and none has taken its place yet.
#[derive(Clone, Copy, Debug)]
struct Hunt {
    lost: u64,
    lost_term: u64,
    rank: u32,
    wait: u32,
    attempts_left: u32,
}

/// What the elector must know about raft.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Situation {
    /// Nobody else votes.
    pub alone: bool,
    pub leading: bool,
    pub leader_known: bool,
    pub may_campaign: bool,
    /// Ticks since a leader was heard or a vote given.
    pub quiet: u32,
    /// A real vote was given to another one in this term.
    pub voted_for_other: bool,
    pub term: u64,
}

impl Elector {
    pub fn new(seed: u64, election_ticks: u32) -> Self {
        let mut elector =
            Elector { election_ticks, random: seed, slow: 0, hunt: None, held_back: 0 };
        elector.slow = elector.draw_slow();
        elector
    }

    /// Others are to campaign first.
    pub fn hold_back(&mut self) {
        self.hunt = None;
        self.held_back = limits::HOLD_BACK_TICKS;
    }

    /// The detector has lost the leader `lost` of `term`.
    pub fn leader_lost(&mut self, lost: u64, term: u64, rank: u32) {
        let wait = rank.saturating_mul(limits::STAGGER_TICKS);
        let attempts_left = limits::FAST_ATTEMPTS;
        self.hunt = Some(Hunt { lost, lost_term: term, rank, wait, attempts_left });
    }

    /// Whether words of this leader come from before its loss: they would only renew its lease.
    pub fn is_ghost(&self, from: u64, term: u64) -> bool {
        self.hunt.is_some_and(|hunt| hunt.lost == from && term <= hunt.lost_term)
    }

    /// Whether to campaign now. Called after each tick, and at once when a leader is lost.
    pub fn is_due(&mut self, now: Situation, ticked: bool) -> bool {
        self.held_back = self.held_back.saturating_sub(u32::from(ticked));
        if now.leading || !now.may_campaign {
            self.hunt = None;
            return false;
        }
        if self.held_back > 0 && !now.alone {
            return false;
        }
        if now.alone {
            return true;
        }
        if now.leader_known {
            self.hunt = None;
        }
        match self.hunt {
            Some(hunt) => self.hunt_on(hunt, now, ticked),
            None => self.is_slow_due(now),
        }
    }

    fn hunt_on(&mut self, mut hunt: Hunt, now: Situation, ticked: bool) -> bool {
        hunt.wait = hunt.wait.saturating_sub(u32::from(ticked));
        let other_is_ahead =
            now.term > hunt.lost_term && now.voted_for_other && now.quiet < 2 * limits::RETRY_TICKS;
        let due = hunt.wait == 0 && !other_is_ahead;
        if due {
            hunt.attempts_left = hunt.attempts_left.saturating_sub(1);
            // Uneven, so that two that met once do not meet again.
            hunt.wait = limits::RETRY_TICKS + hunt.rank % 8 + u32::from(self.draw() % 2 == 1);
        }
        self.hunt = (hunt.attempts_left > 0).then_some(hunt);
        due
    }

    fn is_slow_due(&mut self, now: Situation) -> bool {
        let due = now.quiet >= self.slow;
        if due {
            self.slow = self.draw_slow();
        }
        due
    }

    fn draw_slow(&mut self) -> u32 {
        let spread = u64::from(self.election_ticks.max(1));
        self.election_ticks + u32::try_from(self.draw() % spread).unwrap_or(0)
    }

    /// SplitMix64 (public domain): small, repeatable, good enough to keep timers apart.
    fn draw(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

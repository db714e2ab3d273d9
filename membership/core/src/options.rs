//! How often we beat and how long we wait, checked once.

use std::time::Duration;

use crate::limits;

/// The times of the protocol as people may set them. All nodes of a cluster should use the same.
///
/// Defaults: 50 ms between heartbeats and 400 ms of silence until a peer is lost. Eight heartbeats
/// on a link must then be missing in a row: with a tenth of all packets lost on the *only* link
/// that happens about once in two months (0.1^8 · 20/s), with a second link practically never.
/// A host that is stopped for 200 ms leaves four heartbeats of margin. A busy host without
/// real-time priority delays a thread by some 10 ms to 100 ms, well below the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Between two heartbeats to a peer on one link.
    pub interval: Duration,
    /// Silence on all links after which a peer is lost: the detection time.
    pub silence: Duration,
    /// How long a lost peer of the same incarnation must be heard steadily to count again.
    pub steady: Duration,
    /// How long a peer's main loop may stand still.
    pub stall: Duration,
    /// The same for a main loop that has not made its first step: replaying a log takes time.
    pub starting: Duration,
    /// How long we wait for a configured peer that this life of ours has never heard, before
    /// [`crate::Report::PeerAbsent`].
    pub absent: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            interval: Duration::from_millis(50),
            silence: Duration::from_millis(400),
            steady: Duration::from_secs(1),
            stall: Duration::from_secs(3),
            starting: Duration::from_secs(30),
            absent: Duration::from_secs(2),
        }
    }
}

/// A [`Timing`] whose bounds and proportions have been checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    timing: Timing,
}

/// Why a [`Timing`] is refused. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// The interval is out of bounds.
    #[error("heartbeat interval {0:?} is not between 5 ms and 5 s")]
    Interval(Duration),
    /// The detection time is too short or too long for the interval.
    #[error("detection time {silence:?} is not 4 to 30 intervals of {interval:?}, at most 60 s")]
    Silence {
        /// The refused detection time.
        silence: Duration,
        /// The interval it was given with.
        interval: Duration,
    },
    /// A wait is shorter than the detection time or longer than ten minutes.
    #[error("{name} of {value:?} is not between the detection time and 600 s")]
    Wait {
        /// The field of [`Timing`].
        name: &'static str,
        /// Its refused value.
        value: Duration,
    },
}

impl Options {
    /// Checks the bounds of `timing`.
    pub fn new(timing: Timing) -> Result<Self, OptionsError> {
        let Timing { interval, silence, .. } = timing;
        if !(limits::INTERVAL_MIN..=limits::INTERVAL_MAX).contains(&interval) {
            return Err(OptionsError::Interval(interval));
        }
        let shortest = interval * limits::BEATS_IN_SILENCE_MIN;
        let longest = (interval * limits::BEATS_IN_SILENCE_MAX).min(limits::SILENCE_MAX);
        if !(shortest..=longest).contains(&silence) {
            return Err(OptionsError::Silence { silence, interval });
        }
        let waits = [
            ("steady", timing.steady),
            ("stall", timing.stall),
            ("starting", timing.starting),
            ("absent", timing.absent),
        ];
        for (name, value) in waits {
            if !(silence..=limits::WAIT_MAX).contains(&value) {
                return Err(OptionsError::Wait { name, value });
            }
        }
        Ok(Self { timing })
    }

    /// The checked times.
    pub const fn timing(&self) -> &Timing {
        &self.timing
    }

    /// A gap after which a link is shown as late and a returning peer is not steady: half the
    /// detection time, so that a lossy link is not late all the time.
    pub(crate) fn late(&self) -> Duration {
        self.timing.silence / 2
    }

    /// How late our own timer may be before the gap counts as our own pause: one heartbeat.
    pub(crate) const fn pause(&self) -> Duration {
        self.timing.interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_pass_their_own_check() {
        assert_eq!(Options::new(Timing::default()), Ok(Options::default()));
    }

    #[test]
    fn too_few_heartbeats_in_the_detection_time_are_refused() {
        let timing = Timing { silence: Duration::from_millis(159), ..Timing::default() };
        assert!(matches!(Options::new(timing), Err(OptionsError::Silence { .. })));
    }

    #[test]
    fn zero_is_no_interval() {
        let timing = Timing { interval: Duration::ZERO, ..Timing::default() };
        assert_eq!(Options::new(timing), Err(OptionsError::Interval(Duration::ZERO)));
    }

    #[test]
    fn a_stall_limit_below_the_detection_time_names_the_field() {
        let timing = Timing { stall: Duration::from_millis(10), ..Timing::default() };
        assert!(matches!(Options::new(timing), Err(OptionsError::Wait { name: "stall", .. })));
    }
}

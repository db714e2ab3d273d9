//! When a recurring monitor runs, and which of its results anybody needs to hear. Pure.

use std::time::Duration;

use rota_ids::Moment;

use crate::outcome::{OcfCode, Outcome, Status};

/// What a monitor found, as far as two results can differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The agent answered with this code.
    Code(OcfCode),
    /// It did not answer in time.
    TimedOut,
    /// It could not be asked.
    Failed(String),
}

impl Finding {
    /// What an outcome says; `None` when the monitor was cancelled, which says nothing.
    pub fn of(outcome: &Outcome) -> Option<Self> {
        match &outcome.status {
            Status::Done | Status::NotInstalled => Some(Self::Code(outcome.code)),
            Status::TimedOut => Some(Self::TimedOut),
            Status::Error(why) => Some(Self::Failed(why.clone())),
            Status::Lost | Status::Cancelled => None,
        }
    }
}

/// What happens to a recurring monitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A timer fired; early and stale ones are harmless.
    Woken,
    /// Its run has ended; `None` when it was cancelled.
    Ended(Option<Finding>),
    /// Another action of the resource begins: nothing is started until it is over.
    Held,
    /// The other action is over.
    Released,
}

/// What a recurring monitor wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Run it now, and answer with [`Input::Ended`].
    Run,
    /// Wake it at this moment.
    WakeAt(Moment),
    /// Tell this finding: the first, or another than the one before.
    Report(Finding),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    Running,
}

/// One recurring monitor of one resource on one node.
///
/// Runs at a fixed cadence counted from its starts, whatever its runs take. A run that is due while
/// another action is in flight, or while the run before has not ended, is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurring {
    interval: Duration,
    due: Moment,
    state: State,
    held: bool,
    last: Option<Finding>,
}

impl Recurring {
    /// A monitor that runs every `interval`, first at `first` (one interval from now, or now for
    /// an early first result). An interval of zero is taken for one millisecond.
    pub fn new(interval: Duration, first: Moment, effects: &mut Vec<Effect>) -> Self {
        effects.push(Effect::WakeAt(first));
        let interval = interval.max(Duration::from_millis(1));
        Self { interval, due: first, state: State::Waiting, held: false, last: None }
    }

    /// A monitor that runs already elsewhere in the books: `last` was told before, say by an
    /// earlier daemon, and is not told again.
    pub fn resumed(
        interval: Duration,
        first: Moment,
        last: Finding,
        effects: &mut Vec<Effect>,
    ) -> Self {
        Self { last: Some(last), ..Self::new(interval, first, effects) }
    }

    /// What it found last, if it ever ran.
    pub fn last(&self) -> Option<&Finding> {
        self.last.as_ref()
    }

    /// Forgets the last finding: the next one is told even if it is the same (after a cleanup).
    pub fn forget(&mut self) {
        self.last = None;
    }

    /// Advances the monitor by one input.
    pub fn step(&mut self, now: Moment, input: Input, effects: &mut Vec<Effect>) {
        match (self.state, input) {
            (State::Waiting, Input::Woken) if now >= self.due => self.enter_due(now, effects),
            (State::Running, Input::Woken) if now >= self.due => self.skip(now, effects),
            (State::Waiting | State::Running, Input::Woken) => {}
            (State::Running, Input::Ended(finding)) => {
                self.state = State::Waiting;
                self.tell(finding, effects);
            }
            // The end of a run that was given up long ago.
            (State::Waiting, Input::Ended(_)) => {}
            (State::Waiting | State::Running, Input::Held) => self.held = true,
            (State::Waiting | State::Running, Input::Released) => self.held = false,
        }
    }

    fn enter_due(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        if self.held {
            return self.skip(now, effects);
        }
        self.state = State::Running;
        effects.push(Effect::Run);
        self.due = now + self.interval;
        effects.push(Effect::WakeAt(self.due));
    }

    /// Leaves out every run that is due by now; the cadence stays.
    fn skip(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let late = now.since(self.due).as_nanos() / self.interval.as_nanos();
        let steps = u32::try_from(late + 1).unwrap_or(u32::MAX);
        self.due = self.due + self.interval.saturating_mul(steps);
        effects.push(Effect::WakeAt(self.due));
    }

    fn tell(&mut self, finding: Option<Finding>, effects: &mut Vec<Effect>) {
        let Some(finding) = finding else { return };
        if self.last.as_ref() != Some(&finding) {
            self.last = Some(finding.clone());
            effects.push(Effect::Report(finding));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(10);
    const OK: Finding = Finding::Code(OcfCode::Ok);
    const DOWN: Finding = Finding::Code(OcfCode::NotRunning);

    fn at(seconds: u64) -> Moment {
        Moment::from_millis(seconds * 1000)
    }

    /// A monitor first due at 10 s, and what it wants at each step.
    struct Story(Recurring);

    impl Story {
        fn begin() -> Self {
            let mut effects = Vec::new();
            let story = Self(Recurring::new(INTERVAL, at(10), &mut effects));
            assert_eq!(effects, [Effect::WakeAt(at(10))]);
            story
        }

        #[track_caller]
        fn check(&mut self, seconds: u64, input: Input, wanted: &[Effect]) {
            let mut effects = Vec::new();
            self.0.step(at(seconds), input, &mut effects);
            assert_eq!(effects, wanted, "at {seconds} s");
        }
    }

    #[test]
    fn the_cadence_counts_from_the_start_of_a_run() {
        let mut story = Story::begin();
        story.check(9, Input::Woken, &[]);
        story.check(10, Input::Woken, &[Effect::Run, Effect::WakeAt(at(20))]);
        story.check(17, Input::Ended(Some(OK)), &[Effect::Report(OK)]);
        story.check(20, Input::Woken, &[Effect::Run, Effect::WakeAt(at(30))]);
    }

    #[test]
    fn only_the_first_finding_and_changes_are_told() {
        let mut story = Story::begin();
        let told = [
            (OK, true),
            (OK, false),
            (DOWN, true),
            (DOWN, false),
            (Finding::TimedOut, true),
            (Finding::TimedOut, false),
            (OK, true),
        ];
        for (turn, (finding, news)) in (1..).zip(told) {
            story.check(
                turn * 10,
                Input::Woken,
                &[Effect::Run, Effect::WakeAt(at(turn * 10 + 10))],
            );
            let wanted = if news { vec![Effect::Report(finding.clone())] } else { vec![] };
            story.check(turn * 10 + 1, Input::Ended(Some(finding)), &wanted);
        }
    }

    #[test]
    fn a_run_that_overtakes_the_next_leaves_it_out() {
        let mut story = Story::begin();
        story.check(10, Input::Woken, &[Effect::Run, Effect::WakeAt(at(20))]);
        story.check(20, Input::Woken, &[Effect::WakeAt(at(30))]);
        story.check(20, Input::Woken, &[]);
        story.check(45, Input::Woken, &[Effect::WakeAt(at(50))]);
        story.check(46, Input::Ended(Some(OK)), &[Effect::Report(OK)]);
        story.check(50, Input::Woken, &[Effect::Run, Effect::WakeAt(at(60))]);
    }

    #[test]
    fn nothing_runs_beside_another_action() {
        let mut story = Story::begin();
        story.check(5, Input::Held, &[]);
        story.check(10, Input::Woken, &[Effect::WakeAt(at(20))]);
        story.check(12, Input::Released, &[]);
        story.check(20, Input::Woken, &[Effect::Run, Effect::WakeAt(at(30))]);
    }

    #[test]
    fn a_cancelled_run_says_nothing() {
        let mut story = Story::begin();
        story.check(10, Input::Woken, &[Effect::Run, Effect::WakeAt(at(20))]);
        story.check(11, Input::Ended(None), &[]);
        story.check(11, Input::Ended(Some(DOWN)), &[]);
        assert_eq!(story.0.last(), None);
    }

    #[test]
    fn what_was_told_before_a_restart_is_not_told_again() {
        let mut effects = Vec::new();
        let mut story = Story(Recurring::resumed(INTERVAL, at(10), OK, &mut effects));
        story.check(10, Input::Woken, &[Effect::Run, Effect::WakeAt(at(20))]);
        story.check(11, Input::Ended(Some(OK)), &[]);
        story.0.forget();
        story.check(20, Input::Woken, &[Effect::Run, Effect::WakeAt(at(30))]);
        story.check(21, Input::Ended(Some(OK)), &[Effect::Report(OK)]);
    }
}

//! How far one action of a running graph is.

/// The life of an action within its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Some of its inputs are not complete.
    Waiting {
        /// How many.
        inputs: u32,
    },
    /// All inputs are complete; a limit holds it back, or the graph was stopped.
    Ready,
    /// Handed out, no outcome yet.
    InFlight,
    /// Complete, as the log says.
    Done,
    /// It failed, as the log says. Those behind it never begin, unless it was allowed to fail.
    Failed,
    /// It has not begun and will not: its plan was replaced, and it is part of no unit of work
    /// that has begun.
    Dropped,
}

impl Progress {
    /// Whether its end is known, or it will never begin.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Dropped)
    }

    /// Whether actions that have this one as an input may count it as complete.
    pub const fn is_complete(self, can_fail: bool) -> bool {
        match self {
            Self::Done => true,
            Self::Failed => can_fail,
            Self::Waiting { .. } | Self::Ready | Self::InFlight | Self::Dropped => false,
        }
    }
}

//! Scores: whole numbers with an infinity that absorbs.

use std::fmt;
use std::ops::{Add, Neg, Sub};

use serde::{Deserialize, Serialize};

/// A preference from -INFINITY (never) over 0 (do not care) to INFINITY (must).
///
/// Sums saturate; -INFINITY wins over INFINITY ("Pacemaker Explained", "Scores").
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Score(i32);

impl Score {
    /// One million: more than any sum of finite scores may be.
    pub const INFINITY: Self = Self(1_000_000);
    /// Never.
    pub const NEG_INFINITY: Self = Self(-1_000_000);
    /// No preference.
    pub const ZERO: Self = Self(0);

    /// A score of this value, held within the two infinities.
    pub const fn new(value: i32) -> Self {
        if value >= 1_000_000 {
            Self::INFINITY
        } else if value <= -1_000_000 {
            Self::NEG_INFINITY
        } else {
            Self(value)
        }
    }

    /// The score as a number; the infinities are plus and minus one million.
    pub const fn value(self) -> i32 {
        self.0
    }

    /// Whether this is one of the two infinities.
    pub const fn is_infinite(self) -> bool {
        self.0 >= 1_000_000 || self.0 <= -1_000_000
    }
}

impl Add for Score {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        if self == Self::NEG_INFINITY || other == Self::NEG_INFINITY {
            Self::NEG_INFINITY
        } else if self == Self::INFINITY || other == Self::INFINITY {
            Self::INFINITY
        } else {
            Self::new(self.0.saturating_add(other.0))
        }
    }
}

impl Sub for Score {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for Score {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::INFINITY => f.write_str("INFINITY"),
            Self::NEG_INFINITY => f.write_str("-INFINITY"),
            Self(value) => write!(f, "{value}"),
        }
    }
}

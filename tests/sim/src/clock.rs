//! Time: the world's own, and what each host's clock makes of it.

use rota_ids::Moment;
use std::time::Duration;

/// The world's time in nanoseconds since its beginning. No host ever sees it.
pub type Time = u64;

/// One millisecond of the world's time.
pub const MS: Time = 1_000_000;

/// One second of the world's time.
pub const SECOND: Time = 1_000 * MS;

/// 1970 and on: where the world's walls begin to count seconds.
const WALL_AT_START: i64 = 1_790_000_000;

/// A host's monotonic clock: it begins at each boot and runs a little fast or slow.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Time,
    /// Local nanoseconds in a million of the world's.
    rate: u64,
}

impl Clock {
    /// A clock that begins now and is `skew` millionths fast (or slow).
    pub fn new(began: Time, skew: i32) -> Self {
        Self { began, rate: u64::try_from(1_000_000 + i64::from(skew)).unwrap_or(1_000_000) }
    }

    /// What the clock shows.
    pub fn local(&self, now: Time) -> Moment {
        let passed = u128::from(now.saturating_sub(self.began)) * u128::from(self.rate);
        let nanos = u64::try_from(passed / 1_000_000).unwrap_or(u64::MAX);
        Moment::since_origin(Duration::from_nanos(nanos))
    }

    /// When the clock will show this, never earlier.
    pub fn when(&self, moment: Moment) -> Time {
        let wanted = moment.elapsed().as_nanos() * 1_000_000;
        let passed = wanted.div_ceil(u128::from(self.rate));
        self.began.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX))
    }
}

/// What a wall clock shows that is so many seconds fast.
pub fn wall(now: Time, fast: i64) -> rota_ids::WallTime {
    rota_ids::WallTime(WALL_AT_START + fast + i64::try_from(now / SECOND).unwrap_or(0))
}

//! The zone in which hours, weekdays and dates without a zone are meant: pure data, read by
//! whoever may ask the system.

/// What clocks on the wall show: the offset from UTC, and when it changes (summer time).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Seconds east of UTC before the first change.
    first: i32,
    /// Moments (seconds since 1970) and the seconds east of UTC from then on, in order.
    changes: Vec<(i64, i32)>,
}

/// Coordinated universal time.
pub static UTC: Zone = Zone { first: 0, changes: Vec::new() };

/// Longer than any offset, shorter than the time between two changes of it.
const DAY_S: i64 = 86_400;

impl Default for Zone {
    fn default() -> Self {
        UTC.clone()
    }
}

impl Zone {
    /// A zone that is so many seconds east of UTC all year.
    pub const fn fixed(offset_s: i32) -> Self {
        Self { first: offset_s, changes: Vec::new() }
    }

    /// A zone that begins with an offset (seconds east of UTC) and changes it at these moments
    /// (seconds since 1970), in whatever order they are given.
    pub fn new(first: i32, mut changes: Vec<(i64, i32)>) -> Self {
        changes.sort_unstable();
        Self { first, changes }
    }

    /// Seconds east of UTC at a moment.
    pub fn offset_at(&self, moment: i64) -> i32 {
        let after = self.changes.partition_point(|(at, _)| *at <= moment);
        let before = after.checked_sub(1).and_then(|at| self.changes.get(at));
        before.map_or(self.first, |(_, offset)| *offset)
    }

    /// What a clock on the wall shows at a moment, as seconds since it showed 1970-01-01T00:00:00.
    pub fn local(&self, moment: i64) -> i64 {
        moment.saturating_add(i64::from(self.offset_at(moment)))
    }

    /// The moment at which clocks show this; the first of the two where the hour is there twice,
    /// and as if they had not been moved on yet where it is left out.
    pub fn moment(&self, local: i64) -> i64 {
        let as_of = |near: i64| i64::from(self.offset_at(near));
        let (before, after) =
            (as_of(local.saturating_sub(DAY_S)), as_of(local.saturating_add(DAY_S)));
        let fits = |offset: i64| as_of(local.saturating_sub(offset)) == offset;
        let offset = if !fits(before) && fits(after) { after } else { before };
        local.saturating_sub(offset)
    }

    /// When the offset changes next after a moment.
    pub fn next_change(&self, moment: i64) -> Option<i64> {
        let after = self.changes.partition_point(|(at, _)| *at <= moment);
        self.changes.get(after).map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Central Europe in 2026: an hour east, two from March 29th to October 25th, 01:00 UTC.
    fn berlin() -> Zone {
        Zone::new(3600, vec![(1_792_890_000, 3600), (1_774_746_000, 7200)])
    }

    #[test]
    fn an_hour_is_left_out_in_spring_and_comes_twice_in_autumn() {
        let (zone, spring, autumn) = (berlin(), 1_774_746_000, 1_792_890_000);
        assert_eq!(zone.offset_at(spring - 1), 3600);
        assert_eq!(zone.offset_at(spring), 7200);
        // 01:59:59 is followed by 03:00:00; 02:30 is taken for 03:30.
        assert_eq!(zone.local(spring) - zone.local(spring - 1), 3601);
        assert_eq!(zone.moment(zone.local(spring - 1)), spring - 1);
        assert_eq!(zone.moment(zone.local(spring)), spring);
        assert_eq!(zone.moment(zone.local(spring - 1) + 1801), spring + 1800);
        // 02:30 comes twice; the first one is meant.
        assert_eq!(zone.local(autumn - 1800), zone.local(autumn + 1800));
        assert_eq!(zone.moment(zone.local(autumn + 1800)), autumn - 1800);
        assert_eq!(zone.moment(zone.local(autumn + 3600)), autumn + 3600);
        assert_eq!(zone.next_change(spring), Some(autumn));
        assert_eq!(zone.next_change(autumn), None);
    }

    #[test]
    fn every_moment_that_clocks_show_once_comes_back() {
        let zone = berlin();
        for day in 0..365 {
            let moment = 1_767_225_600 + day * DAY_S + 12 * 3600;
            assert_eq!(zone.moment(zone.local(moment)), moment);
        }
        assert_eq!(Zone::fixed(-18_000).moment(0), 18_000);
        assert_eq!(UTC.local(5), 5);
    }
}

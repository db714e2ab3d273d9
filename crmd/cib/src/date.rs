//! Dates and times as rules write them (ISO 8601), and calendars such as "weekdays 1-5".
//!
//! All moments are seconds since 1970-01-01T00:00:00Z. A date without a zone is meant in the
//! zone of whoever asks ([`Zone`]).

use time::{Date, Month, Weekday};

use crate::Text;
use crate::zone::Zone;

const DAY_S: i64 = 86_400;

/// The moment that an ISO 8601 text means: a calendar date (`2024-05-01`, `20240501`), an ordinal
/// date (`2024-122`) or a week date (`2024-W18-3`), perhaps with a time (`T12:30:00`, after a `T`
/// or a blank) and a zone (`Z`, `+02:00`, `-0500`).
pub fn parse(text: &str, zone_meant: &Zone) -> Option<i64> {
    let text = text.trim();
    let (date, rest) = match text.find(['T', ' ']) {
        Some(at) => (&text[..at], text[at + 1..].trim()),
        // A date alone may carry a zone.
        None => match text.strip_suffix('Z') {
            Some(date) => (date, "Z"),
            None => (text, ""),
        },
    };
    let (clock, zone) = match rest.find(['Z', '+', '-']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let seconds = if clock.trim().is_empty() { 0 } else { parse_clock(clock.trim())? };
    let local = day_start(parse_date(date)?) + seconds;
    if zone.is_empty() {
        return Some(zone_meant.moment(local));
    }
    Some(local - parse_zone(zone)?)
}

fn number<T: std::str::FromStr>(digits: &str) -> Option<T> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn parse_date(text: &str) -> Option<Date> {
    if !text.is_ascii() || text.len() < 4 {
        return None;
    }
    let (year, rest) = text.split_at(4);
    let year: i32 = number(year)?;
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    if let Some(week) = rest.strip_prefix('W') {
        let (week, day) = week.split_at_checked(2)?;
        let day: u8 = match day.strip_prefix('-').unwrap_or(day) {
            "" => 1,
            day => number(day)?,
        };
        let weekday = Weekday::Monday.nth_next(day.checked_sub(1).filter(|d| *d < 7)?);
        return Date::from_iso_week_date(year, number(week)?, weekday).ok();
    }
    let from_month = |month: &str, day: u8| {
        Date::from_calendar_date(year, Month::try_from(number::<u8>(month)?).ok()?, day).ok()
    };
    match rest.len() {
        0 => from_month("1", 1),
        2 => from_month(rest, 1),
        3 => Date::from_ordinal_date(year, number(rest)?).ok(),
        4 => from_month(&rest[..2], number(&rest[2..])?),
        5 if rest.as_bytes()[2] == b'-' => from_month(&rest[..2], number(&rest[3..])?),
        _ => None,
    }
}

/// Seconds since midnight of `12:30`, `12:30:15`, `1230` or `123015`; a fraction is cut off.
fn parse_clock(text: &str) -> Option<i64> {
    let text = text.split(['.', ',']).next()?;
    let digits: String = text.chars().filter(|c| *c != ':').collect();
    let part = |at: usize, max: i64| -> Option<i64> {
        let value = match digits.get(at..at + 2) {
            Some(part) => number(part)?,
            None if digits.len() == at => 0,
            None => return None,
        };
        (value <= max).then_some(value)
    };
    if digits.len() > 6 || digits.is_empty() {
        return None;
    }
    let (hours, minutes, seconds) =
        (part(0, 24)?, part(2.min(digits.len()), 59)?, part(4.min(digits.len()), 60)?);
    let minutes = if digits.len() > 2 { minutes } else { 0 };
    let seconds = if digits.len() > 4 { seconds } else { 0 };
    let total = hours * 3600 + minutes * 60 + seconds;
    (total <= DAY_S).then_some(total)
}

/// Seconds east of UTC.
fn parse_zone(text: &str) -> Option<i64> {
    let (sign, clock) = match text.split_at_checked(1)? {
        ("Z", "") => return Some(0),
        ("+", clock) => (1, clock),
        ("-", clock) => (-1, clock),
        _ => return None,
    };
    Some(sign * parse_clock(clock.trim())?)
}

/// The moment at which a day starts, if it is meant in UTC.
fn day_start(date: Date) -> i64 {
    i64::from(
        date.to_julian_day() - Date::from_ordinal_date(1970, 1).map_or(0, Date::to_julian_day),
    ) * DAY_S
}

/// The day of a moment, and the seconds since its start; both in UTC.
fn split(moment: i64) -> Option<(Date, i64)> {
    let days = i32::try_from(moment.div_euclid(DAY_S)).ok()?;
    let epoch = Date::from_ordinal_date(1970, 1).ok()?.to_julian_day();
    let date = Date::from_julian_day(days.checked_add(epoch)?).ok()?;
    Some((date, moment.rem_euclid(DAY_S)))
}

/// `moment` plus the parts of a duration: years, months, weeks, days, hours, minutes, seconds.
///
/// Months keep the day of the month, or take the last one of a shorter month. None if a part is
/// no number or the result is beyond the calendar.
pub fn add(moment: i64, duration: &[(Text, Text)]) -> Option<i64> {
    let part = |name: &str| -> Option<i64> {
        duration.iter().find(|(n, _)| n == name).map_or(Some(0), |(_, v)| v.trim().parse().ok())
    };
    let months = part("years")?.checked_mul(12)?.checked_add(part("months")?)?;
    let (date, clock) = split(moment)?;
    let month = i64::from(date.year()) * 12 + i64::from(u8::from(date.month())) - 1 + months;
    let (year, month) = (month.div_euclid(12), month.rem_euclid(12));
    let (year, month) =
        (i32::try_from(year).ok()?, Month::January.nth_next(u8::try_from(month).ok()?));
    let day = date.day().min(month.length(year));
    let shifted = day_start(Date::from_calendar_date(year, month, day).ok()?) + clock;
    let units =
        [("weeks", 7 * DAY_S), ("days", DAY_S), ("hours", 3600), ("minutes", 60), ("seconds", 1)];
    units
        .iter()
        .try_fold(shifted, |sum, (name, unit)| sum.checked_add(part(name)?.checked_mul(*unit)?))
}

/// A moment as `Fri Jul 13 13:51:17 2012`, in UTC; none if it is beyond the calendar.
pub fn ctime(moment: i64) -> Option<String> {
    let (date, clock) = split(moment)?;
    let (weekday, month) = (date.weekday().to_string(), date.month().to_string());
    Some(format!(
        "{} {} {:2} {:02}:{:02}:{:02} {}",
        weekday.get(..3)?,
        month.get(..3)?,
        date.day(),
        clock / 3600,
        clock / 60 % 60,
        clock % 60,
        date.year()
    ))
}

/// A moment as `2012-07-13 13:51:17Z`; none if it is beyond the calendar.
pub fn iso(moment: i64) -> Option<String> {
    let (date, clock) = split(moment)?;
    let (hours, minutes, seconds) = (clock / 3600, clock / 60 % 60, clock % 60);
    Some(format!("{date} {hours:02}:{minutes:02}:{seconds:02}Z"))
}

/// A calendar: which moments fit all of its ranges.
pub struct Calendar {
    ranges: Vec<(Field, i64, i64)>,
}

/// What a range of a calendar is about, from the finest to the coarsest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Second,
    Minute,
    Hour,
    Weekday,
    Monthday,
    Yearday,
    Week,
    Month,
    Weekyear,
    Year,
}

/// How many steps [`Calendar::next_change`] makes before it answers with "look again then".
const CALENDAR_STEPS_MAX: usize = 20_000;

impl Calendar {
    /// The calendar of a `date_spec`; none if a range is not understood.
    pub fn parse(spec: &[(Text, Text)]) -> Option<Self> {
        let mut ranges = Vec::new();
        for (name, value) in spec {
            let field = match name.as_str() {
                "seconds" => Field::Second,
                "minutes" => Field::Minute,
                "hours" => Field::Hour,
                "weekdays" => Field::Weekday,
                "monthdays" => Field::Monthday,
                "yeardays" | "yearsdays" => Field::Yearday,
                "weeks" => Field::Week,
                "months" => Field::Month,
                "weekyears" => Field::Weekyear,
                "years" => Field::Year,
                // The id; and the phase of the moon, which Pacemaker dropped.
                _ => continue,
            };
            let (low, high) = parse_range(value)?;
            ranges.push((field, low, high));
        }
        Some(Self { ranges })
    }

    /// Whether a moment fits, by the clocks of a zone.
    pub fn holds(&self, moment: i64, zone: &Zone) -> bool {
        split(zone.local(moment)).is_some_and(|(date, clock)| self.misfit(date, clock).is_none())
    }

    /// The coarsest field that does not fit.
    fn misfit(&self, date: Date, clock: i64) -> Option<Field> {
        let (iso_year, week, weekday) = date.to_iso_week_date();
        let value = |field| match field {
            Field::Second => clock % 60,
            Field::Minute => clock / 60 % 60,
            Field::Hour => clock / 3600,
            Field::Weekday => i64::from(weekday.number_from_monday()),
            Field::Monthday => i64::from(date.day()),
            Field::Yearday => i64::from(date.ordinal()),
            Field::Week => i64::from(week),
            Field::Month => i64::from(u8::from(date.month())),
            Field::Weekyear => i64::from(iso_year),
            Field::Year => i64::from(date.year()),
        };
        let misfits = self.ranges.iter().filter(|(field, low, high)| {
            let value = value(*field);
            value < *low || value > *high
        });
        misfits.map(|(field, ..)| *field).max()
    }

    /// A moment after `moment` until which the answer of [`Self::holds`] stays as it is; none if
    /// it stays for ever (or for decades).
    pub fn next_change(&self, moment: i64, zone: &Zone) -> Option<i64> {
        let finest = self.ranges.iter().map(|(field, ..)| *field).min()?;
        let (mut at, mut unit) = (moment, 0);
        let held = self.holds(moment, zone);
        for _ in 0..CALENDAR_STEPS_MAX {
            let local = zone.local(at);
            let (date, clock) = split(local)?;
            let misfit = self.misfit(date, clock);
            if misfit.is_none() != held {
                return Some(at);
            }
            // While a coarse field misfits, nothing changes before that field does.
            unit = step(misfit.unwrap_or(finest));
            let next = at.checked_add(unit - local.rem_euclid(unit))?;
            // Where clocks are moved, hours are left out, or come again.
            at = zone.next_change(at).map_or(next, |moved| moved.min(next));
        }
        // Fine steps end soon in time: ask again there. Coarse ones have covered decades.
        (unit < DAY_S).then_some(at)
    }
}

fn step(field: Field) -> i64 {
    match field {
        Field::Second => 1,
        Field::Minute => 60,
        Field::Hour => 3600,
        _ => DAY_S,
    }
}

/// `5`, `5-7`, `5-` or `-7`.
fn parse_range(text: &str) -> Option<(i64, i64)> {
    let text = text.trim();
    match text.split_once('-') {
        None => text.parse().ok().map(|n| (n, n)),
        Some(("", "")) => None,
        Some((low, "")) => Some((low.trim().parse().ok()?, i64::MAX)),
        Some(("", high)) => Some((i64::MIN, high.trim().parse().ok()?)),
        Some((low, high)) => Some((low.trim().parse().ok()?, high.trim().parse().ok()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::UTC;

    fn spec(pairs: &[(&str, &str)]) -> Vec<(Text, Text)> {
        pairs.iter().map(|(n, v)| (Text::from(*n), Text::from(*v))).collect()
    }

    #[test]
    fn dates_of_all_three_calendars_parse() {
        // 2024-05-01 is day 122 and the Wednesday of week 18.
        let midnight = Some(1_714_521_600);
        for text in ["2024-05-01", "20240501", "2024-122", "2024122", "2024-W18-3", "2024W183"] {
            assert_eq!(parse(text, &UTC), midnight, "{text}");
        }
        for text in ["2024-05-01T00:00:00Z", "2024-05-01 02:00:00 +02:00", "20240430T190000-0500"] {
            assert_eq!(parse(text, &Zone::fixed(12_345)), midnight, "{text}");
        }
        assert_eq!(
            parse("2024-05-01 12:30", &Zone::fixed(3600)),
            Some(1_714_521_600 + 11 * 3600 + 1800)
        );
        for text in ["", "yesterday", "2024-13-01", "2024-02-30", "2024-W60-1", "2024-05-01 25:00"]
        {
            assert_eq!(parse(text, &UTC), None, "{text}");
        }
    }

    #[test]
    fn moments_are_written_as_they_are_read() {
        assert_eq!(iso(1_342_187_477).as_deref(), Some("2012-07-13 13:51:17Z"));
        assert_eq!(parse("2012-07-13 13:51:17Z", &Zone::fixed(99)), Some(1_342_187_477));
        assert_eq!(ctime(1_342_187_477).as_deref(), Some("Fri Jul 13 13:51:17 2012"));
    }

    #[test]
    fn months_keep_the_day_or_take_the_last() {
        let at = |text| parse(text, &UTC).unwrap();
        let months = spec(&[("id", "d"), ("months", "1")]);
        assert_eq!(add(at("2024-01-31"), &months), Some(at("2024-02-29")));
        let mixed = spec(&[("years", "1"), ("weeks", "1"), ("hours", "2")]);
        assert_eq!(add(at("2023-12-30"), &mixed), Some(at("2025-01-06 02:00")));
        assert_eq!(add(0, &spec(&[("hours", "many")])), None);
    }

    #[test]
    fn office_hours_change_in_the_morning_and_in_the_evening() {
        let office = Calendar::parse(&spec(&[("hours", "9-16"), ("weekdays", "1-5")])).unwrap();
        let at = |text| parse(text, &UTC).unwrap();
        // 2024-05-03 is a Friday.
        assert!(office.holds(at("2024-05-03 16:59:59"), &UTC));
        assert!(!office.holds(at("2024-05-03 17:00"), &UTC));
        assert!(office.holds(at("2024-05-03 17:00"), &Zone::fixed(-3600)));
        assert_eq!(office.next_change(at("2024-05-03 10:10"), &UTC), Some(at("2024-05-03 17:00")));
        assert_eq!(office.next_change(at("2024-05-03 17:00"), &UTC), Some(at("2024-05-06 09:00")));
        assert_eq!(
            office.next_change(at("2024-05-03 17:00"), &Zone::fixed(3600)),
            Some(at("2024-05-06 08:00"))
        );
    }

    #[test]
    fn a_year_that_is_over_never_changes() {
        let past = Calendar::parse(&spec(&[("years", "2020")])).unwrap();
        assert_eq!(past.next_change(parse("2024-05-03", &UTC).unwrap(), &UTC), None);
        let open = Calendar::parse(&spec(&[("years", "2020-")])).unwrap();
        assert_eq!(open.next_change(parse("2024-05-03", &UTC).unwrap(), &UTC), None);
        assert!(Calendar::parse(&spec(&[("hours", "late")])).is_none());
    }

    #[test]
    fn clocks_that_are_moved_move_the_hours() {
        // Central Europe in 2026; hours meant by the clock there, moments given in UTC.
        let zone = Zone::new(3600, vec![(1_774_746_000, 7200), (1_792_890_000, 3600)]);
        let at = |text| parse(text, &UTC).unwrap();
        let hour = |hours| Calendar::parse(&spec(&[("hours", hours)])).unwrap();
        assert!(hour("8").holds(at("2026-03-28 07:30"), &zone));
        assert!(hour("8").holds(at("2026-03-30 06:30"), &zone));
        assert!(!hour("8").holds(at("2026-03-30 07:30"), &zone));
        // Across the change: eight o'clock comes an hour earlier, by UTC.
        let evening = at("2026-03-28 22:00");
        assert_eq!(hour("8").next_change(evening, &zone), Some(at("2026-03-29 06:00")));
        // The hour that is left out does not come on that day; the one that is there twice does.
        assert_eq!(hour("2").next_change(evening, &zone), Some(at("2026-03-30 00:00")));
        let autumn = at("2026-10-24 22:30");
        assert_eq!(hour("2").next_change(autumn, &zone), Some(at("2026-10-25 00:00")));
        assert_eq!(
            hour("2").next_change(at("2026-10-25 00:00"), &zone),
            Some(at("2026-10-25 02:00"))
        );
        // Dates without a zone are meant there, in winter and in summer.
        assert_eq!(parse("2026-01-15 12:00", &zone), Some(at("2026-01-15 11:00")));
        assert_eq!(parse("2026-07-15 12:00", &zone), Some(at("2026-07-15 10:00")));
        assert_eq!(parse("2026-07-15 12:00Z", &zone), Some(at("2026-07-15 12:00")));
    }
}

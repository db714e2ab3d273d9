//! Lengths of time as people write them: the one reader of all crates, so that a value means the
//! same in the configuration, to a fence device and in an agent's description.

use std::time::Duration;

/// What a length of time means: `10` and `10s` (seconds), `500ms`, `20us`, `2m`/`2min`, `1h`/`1hr`,
/// or an ISO 8601 duration such as `PT1M30S` or `P1DT2H` (a month counts 30 days, a year 365).
///
/// None if it is not a length of time: words, signs, `PT`, units that do not exist (`1d`).
///
/// As Pacemaker 2.1.5 reads them (found by asking `crm_simulate`): units in any case and as far
/// as they are written (`10 MIN`, `1HR`, `5 seconds`); a fraction is cut off (`1.5` is one
/// second); what follows the unit does not count (`1h30m` is one hour), see [`is_tidy`]. Parts of
/// a millisecond are cut off; lengths beyond what Rota can count are the longest.
pub fn parse(text: &str) -> Option<Duration> {
    read(text).map(|(length, _)| length)
}

/// Whether every character of a length of time counts: `1h30m` and `1.5s` are understood by
/// [`parse`], but hardly as they were meant.
pub fn is_tidy(text: &str) -> bool {
    read(text).is_some_and(|(_, unread)| unread.is_empty())
}

/// A limit of time: as [`parse`], but 0 is no limit that anything could keep. It counts as not
/// given, as what cannot be read does (ChangeLog of Pacemaker 2.1.8: "timeout of 0 is the default").
pub fn parse_limit(text: &str) -> Option<Duration> {
    parse(text).filter(|limit| !limit.is_zero())
}

/// The length, and what of the text says nothing.
fn read(text: &str) -> Option<(Duration, &str)> {
    let text = text.trim();
    if let Some(iso) = text.strip_prefix('P') {
        return Some((iso_duration(iso)?, ""));
    }
    let (number, rest) = digits(text)?;
    let (fraction, unit) = match rest.strip_prefix('.') {
        Some(after) => {
            let end = after.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(after.len());
            (rest.get(..=end).unwrap_or_default(), after.get(end..).unwrap_or_default())
        }
        None => ("", rest),
    };
    let (millis, unread) = in_unit(number, unit.trim_start())?;
    Some((Duration::from_millis(millis), if fraction.is_empty() { unread } else { fraction }))
}

/// Milliseconds of so many units, and what follows the word for the unit.
fn in_unit(number: u64, unit: &str) -> Option<(u64, &str)> {
    // The longest word first, so that what is left over is left over.
    const WORDS: [(&str, u64, u64); 18] = [
        ("msec", 1, 1),
        ("ms", 1, 1),
        ("usec", 1, 1000),
        ("us", 1, 1000),
        ("seconds", 1000, 1),
        ("second", 1000, 1),
        ("secs", 1000, 1),
        ("sec", 1000, 1),
        ("s", 1000, 1),
        ("minutes", 60_000, 1),
        ("minute", 60_000, 1),
        ("mins", 60_000, 1),
        ("min", 60_000, 1),
        ("m", 60_000, 1),
        ("hours", 3_600_000, 1),
        ("hour", 3_600_000, 1),
        ("hr", 3_600_000, 1),
        ("h", 3_600_000, 1),
    ];
    if unit.is_empty() {
        return Some((number.saturating_mul(1000), ""));
    }
    WORDS.iter().find_map(|(word, times, per)| {
        let (start, rest) = unit.split_at_checked(word.len())?;
        start.eq_ignore_ascii_case(word).then(|| (number.saturating_mul(*times) / per, rest))
    })
}

/// The number at the start, and the rest; numbers that do not fit are the largest.
fn digits(text: &str) -> Option<(u64, &str)> {
    let end = text.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let step = |n: u64, b: u8| n.saturating_mul(10).saturating_add(u64::from(b - b'0'));
    (end > 0).then(|| (digits.bytes().fold(0, step), rest))
}

/// The part of an ISO 8601 duration after its `P`.
fn iso_duration(mut rest: &str) -> Option<Duration> {
    const DAY: u64 = 86_400;
    let mut seconds: u64 = 0;
    let mut in_time = false;
    let mut parts = 0;
    while !rest.is_empty() {
        if let Some(time) = rest.strip_prefix('T') {
            if in_time {
                return None;
            }
            (in_time, rest) = (true, time);
            continue;
        }
        let (number, unit) = digits(rest)?;
        let factor = match (in_time, unit.as_bytes().first()?) {
            (false, b'Y') => 365 * DAY,
            (false, b'M') => 30 * DAY,
            (false, b'W') => 7 * DAY,
            (false, b'D') => DAY,
            (true, b'M') => 60,
            // Pacemaker takes these without the `T` as well.
            (_, b'H') => 3600,
            (_, b'S') => 1,
            _ => return None,
        };
        seconds = seconds.saturating_add(number.saturating_mul(factor));
        rest = unit.get(1..)?;
        parts += 1;
    }
    (parts > 0).then(|| Duration::from_millis(seconds.saturating_mul(1000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each as `crm_simulate` 2.1.5 reads it as the interval of a monitor.
    #[test]
    fn lengths_of_time_mean_what_they_mean_to_pacemaker() {
        let ms = |text| parse(text).map(|d| d.as_millis());
        let read = [
            ("10", 10_000),
            (" 10 ", 10_000),
            ("007", 7000),
            ("10s", 10_000),
            ("5Sec", 5000),
            ("10secs", 10_000),
            ("10 seconds", 10_000),
            ("500ms", 500),
            ("500MSEC", 500),
            ("1500us", 1),
            ("20usec", 0),
            ("2min", 120_000),
            ("2M", 120_000),
            ("10 MIN", 600_000),
            ("10minutes", 600_000),
            ("1H", 3_600_000),
            ("1HR", 3_600_000),
            ("3HOURS", 10_800_000),
            ("1.5", 1000),
            ("1.5h", 3_600_000),
            ("0.5", 0),
            ("5.", 5000),
            ("1h30m", 3_600_000),
            ("5mss", 5),
            ("PT1M30S", 90_000),
            ("PT1H", 3_600_000),
            ("P1H", 3_600_000),
            ("P40S", 40_000),
            ("PT5S ", 5000),
            ("P1M", 2_592_000_000),
        ];
        for (text, expected) in read {
            assert_eq!(ms(text), Some(expected), "{text}");
        }
        let unread = [
            "",
            "ten",
            "10 parsecs",
            "10x",
            "1d",
            "5,5",
            "5 x",
            "1 .5h",
            "0x10",
            "1e3",
            "-1",
            "-5s",
            "+5",
            "INFINITY",
            "P",
            "PT",
            "PTX",
            "PT5",
            "PT1M30",
            "PT1.5S",
            "PT-5S",
            "P-1D",
            "pt1m",
            "P1X",
        ];
        for text in unread {
            assert_eq!(ms(text), None, "{text}");
        }
    }

    #[test]
    fn days_weeks_and_years_count_as_such() {
        // Pacemaker 2.1.5 loses a day of each of these.
        let seconds = |text| parse(text).map(|d| d.as_secs());
        assert_eq!(seconds("P1DT2H"), Some(93_600));
        assert_eq!(seconds("P1W"), Some(604_800));
        assert_eq!(seconds("P1Y"), Some(31_536_000));
        assert_eq!(seconds("99999999999999999999"), Some(u64::MAX / 1000));
    }

    #[test]
    fn what_does_not_count_is_not_tidy() {
        for text in ["10", "10 MIN", "1hr", "5 seconds", "PT1M30S"] {
            assert!(is_tidy(text), "{text}");
        }
        for text in ["1h30m", "1.5", "5mss", "10 mi", "ten", ""] {
            assert!(!is_tidy(text), "{text}");
        }
    }

    #[test]
    fn no_limit_is_zero() {
        for text in ["0", "0s", "0ms", "PT0S", "PT", "20us", "-1", "soon"] {
            assert_eq!(parse_limit(text), None, "{text}");
        }
        assert_eq!(parse_limit("1ms"), Some(Duration::from_millis(1)));
    }
}

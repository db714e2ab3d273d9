//! Values as people write them: truth, scores, durations.
//!
//! One reading of each kind for all: documents, command line, policy.

use std::time::Duration;

use crate::Score;

/// What a word of truth means: true, on, yes, y, 1 and false, off, no, n, 0, in any case.
pub fn parse_bool(word: &str) -> Option<bool> {
    const TRUE: [&str; 5] = ["true", "on", "yes", "y", "1"];
    const FALSE: [&str; 5] = ["false", "off", "no", "n", "0"];
    let is = |name: &&str| word.eq_ignore_ascii_case(name);
    if TRUE.iter().any(is) {
        Some(true)
    } else if FALSE.iter().any(is) {
        Some(false)
    } else {
        None
    }
}

/// What a score means: a whole number, or an infinity with an optional sign, in any case.
///
/// Numbers beyond the infinities are infinities.
pub fn parse_score(word: &str) -> Option<Score> {
    let word = word.trim();
    let (negative, size) = match word.as_bytes().first() {
        Some(b'-') => (true, &word[1..]),
        Some(b'+') => (false, &word[1..]),
        _ => (false, word),
    };
    let score = if size.eq_ignore_ascii_case("INFINITY") {
        Score::INFINITY
    } else {
        parse_digits(size).map(|n| Score::new(i32::try_from(n).unwrap_or(i32::MAX)))?
    };
    Some(if negative { -score } else { score })
}

/// A number of decimal digits only; larger ones than fit are the largest.
fn parse_digits(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(digits.bytes().fold(0u64, |n, b| n.saturating_mul(10).saturating_add(u64::from(b - b'0'))))
}

/// What a length of time means: `10` and `10s` (seconds), `500ms`, `20us`, `2m`/`2min`, `1h`/`1hr`,
/// or an ISO 8601 duration such as `PT1M30S` or `P1DT2H` (a month counts 30 days, a year 365).
///
/// Parts of a millisecond are cut off; lengths beyond what Rota can count are the longest.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Some(iso) = text.strip_prefix('P') {
        return parse_iso_duration(iso);
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    let end = text.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let number = parse_digits(digits)?;
    let millis = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "s" | "sec" => number.saturating_mul(1000),
        "ms" | "msec" => number,
        "us" | "usec" => number / 1000,
        "m" | "min" => number.saturating_mul(60_000),
        "h" | "hr" => number.saturating_mul(3_600_000),
        _ => return None,
    };
    Some(Duration::from_millis(millis))
}

/// The part of an ISO 8601 duration after its `P`.
fn parse_iso_duration(mut rest: &str) -> Option<Duration> {
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
        let end = rest.bytes().position(|b| !b.is_ascii_digit())?;
        let number = parse_digits(&rest[..end])?;
        let unit = match (in_time, rest.as_bytes()[end]) {
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
        seconds = seconds.saturating_add(number.saturating_mul(unit));
        rest = &rest[end + 1..];
        parts += 1;
    }
    (parts > 0).then(|| Duration::from_millis(seconds.saturating_mul(1000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_truth_are_pacemakers() {
        for word in ["true", "TRUE", "on", "Yes", "y", "1"] {
            assert_eq!(parse_bool(word), Some(true), "{word}");
        }
        for word in ["false", "off", "No", "n", "0"] {
            assert_eq!(parse_bool(word), Some(false), "{word}");
        }
        for word in ["", "2", "maybe", "tru"] {
            assert_eq!(parse_bool(word), None, "{word}");
        }
    }

    #[test]
    fn scores_saturate_at_the_infinities() {
        assert_eq!(parse_score("100"), Some(Score::new(100)));
        assert_eq!(parse_score("-5"), Some(Score::new(-5)));
        assert_eq!(parse_score("+INFINITY"), Some(Score::INFINITY));
        assert_eq!(parse_score("-infinity"), Some(Score::NEG_INFINITY));
        assert_eq!(parse_score("99999999999999999999"), Some(Score::INFINITY));
        assert_eq!(parse_score("-99999999999999999999"), Some(Score::NEG_INFINITY));
        for word in ["", "-", "1.5", "1e3", "five", "--1", "+-1"] {
            assert_eq!(parse_score(word), None, "{word}");
        }
    }

    #[test]
    fn durations_have_units_or_are_seconds() {
        let ms = |text| parse_duration(text).map(|d| d.as_millis());
        assert_eq!(ms("10"), Some(10_000));
        assert_eq!(ms("10s"), Some(10_000));
        assert_eq!(ms("500ms"), Some(500));
        assert_eq!(ms("1500us"), Some(1));
        assert_eq!(ms("2min"), Some(120_000));
        assert_eq!(ms("1h"), Some(3_600_000));
        assert_eq!(ms("PT1M30S"), Some(90_000));
        assert_eq!(ms("P1DT2H"), Some(93_600_000));
        assert_eq!(ms("P1W"), Some(604_800_000));
        assert_eq!(ms("P40S"), Some(40_000));
        for text in ["", "ten", "10 parsecs", "P", "PT", "PT5", "-5s", "P1X"] {
            assert_eq!(ms(text), None, "{text}");
        }
    }
}

//! Values as people write them: truth, scores, durations.
//!
//! One reading of each kind for all: documents, command line, policy.

pub use rota_ids::duration::parse_limit;
pub use rota_ids::duration::{is_tidy as is_tidy_duration, parse as parse_duration};

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

/// The score that a text counts as where it must count as something: as [`parse_score`], else the
/// whole number that it begins with (`5x` and `5.5` are 5).
///
/// So do values of options and attributes count in Pacemaker (2.1.5, asked); those of
/// constraints must be scores.
pub fn lenient_score(word: &str) -> Option<Score> {
    parse_score(word).or_else(|| {
        let word = word.trim();
        let sign = usize::from(word.starts_with(['-', '+']));
        let digits = word.bytes().skip(sign).take_while(u8::is_ascii_digit).count();
        parse_score(word.get(..sign + digits)?)
    })
}

/// A number of decimal digits only; larger ones than fit are the largest.
fn parse_digits(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(digits.bytes().fold(0u64, |n, b| n.saturating_mul(10).saturating_add(u64::from(b - b'0'))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_options_count_as_far_as_they_are_numbers() {
        let score = |word| lenient_score(word).map(Score::value);
        for word in ["5", "5x", " 5 ", "5.5", "5e3", "+5"] {
            assert_eq!(score(word), Some(5), "{word}");
        }
        assert_eq!(score("-INFINITY"), Some(-1_000_000));
        assert_eq!(score("-7 or so"), Some(-7));
        assert_eq!(score("0x10"), Some(0));
        for word in ["", "x5", "--5", "- 5", "red"] {
            assert_eq!(score(word), None, "{word}");
        }
    }

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
}

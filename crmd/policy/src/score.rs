//! Scores as plain numbers, for tables with millions of entries: saturating, -INFINITY wins.

/// Plus infinity.
pub(crate) const INF: i32 = 1_000_000;

/// Sum of two scores ("Pacemaker Explained", "Scores").
pub(crate) fn sum(a: i32, b: i32) -> i32 {
    if a <= -INF || b <= -INF {
        -INF
    } else if a >= INF || b >= INF {
        INF
    } else {
        (a + b).clamp(-INF, INF)
    }
}

/// The score that the value of an option or attribute counts as.
pub(crate) fn parse(text: &str) -> Option<i32> {
    rota_cib::value::lenient_score(text).map(rota_cib::Score::value)
}

/// The whole number at the start of a text, as C's `atoi` family reads it.
pub(crate) fn leading_number(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let end = digits.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(digits.len());
    if end == 0 {
        return None;
    }
    let value = digits[..end].parse::<i64>().unwrap_or(i64::MAX);
    Some(if negative { -value } else { value })
}

/// The score for people: INFINITY in words.
pub(crate) fn text(score: i32) -> String {
    match score {
        s if s >= INF => String::from("INFINITY"),
        s if s <= -INF => String::from("-INFINITY"),
        s => s.to_string(),
    }
}

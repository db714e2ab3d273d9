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

/// A score as people write it: a number, an infinity, or one of the node health colours.
pub(crate) fn parse(text: &str) -> Option<i32> {
    let text = text.trim();
    match text {
        "INFINITY" | "+INFINITY" | "infinity" | "+infinity" => return Some(INF),
        "-INFINITY" | "-infinity" => return Some(-INF),
        _ => {}
    }
    leading_number(text).map(|n| n.clamp(-i64::from(INF), i64::from(INF)) as i32)
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

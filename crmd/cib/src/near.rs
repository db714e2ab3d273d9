//! The known name that was probably meant.

/// The name closest to `word`, if it is close enough to be a slip of the fingers: at most a third
/// of its letters differ. Letters' case counts little; of equals the first one is given.
pub fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let length = word.chars().count();
    // In a word of one letter nothing is a slip.
    let limit = (length / 3).clamp(1, 4).min(length.saturating_sub(1));
    let best = names
        .into_iter()
        .map(|name| (distance(word, name, limit), name))
        .min_by_key(|(distance, _)| *distance)?;
    (best.0 <= limit).then_some(best.1)
}

/// How many letters must be added, removed, replaced or swapped with their neighbour; `limit + 1`
/// if the lengths alone say that it is more.
fn distance(a: &str, b: &str, limit: usize) -> usize {
    let lower = |text: &str| text.chars().map(|c| c.to_ascii_lowercase()).collect::<Vec<_>>();
    let (a, b) = (lower(a), lower(b));
    if a.len().abs_diff(b.len()) > limit {
        return limit + 1;
    }
    let mut before_last = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut cost = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                cost = cost.min(before_last[j - 1] + 1);
            }
            row.push(cost);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let names = ["stonith-enabled", "stonith-action", "maintenance-mode"];
        assert_eq!(nearest("stonith-enabeld", names), Some("stonith-enabled"));
        assert_eq!(nearest("Maintenance-Mode", names), Some("maintenance-mode"));
        assert_eq!(nearest("maintenance", names), None);
        assert_eq!(nearest("vip", ["web", "vpi"]), Some("vpi"));
        assert_eq!(nearest("x", []), None);
    }
}

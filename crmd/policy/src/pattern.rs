//! Extended regular expressions as `rsc-pattern` uses them: a small backtracking matcher with
//! a step limit, so that no pattern can hang the planner.

use rota_cib::Text;

/// Steps after which a pattern is given up as not matching.
const STEPS_MAX: u32 = 100_000;

#[derive(Debug)]
enum Piece {
    Char(char),
    Any,
    Start,
    End,
    Class { negated: bool, ranges: Vec<(char, char)> },
    Group { index: usize, branches: Vec<Vec<Repeat>> },
}

#[derive(Debug)]
struct Repeat {
    piece: Piece,
    min: u32,
    max: u32,
}

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    root: Vec<Vec<Repeat>>,
    groups: usize,
}

/// Whether a regular expression, as `rsc-pattern` and `target-pattern` take them, is found in a
/// text. A malformed one is found nowhere.
pub fn is_found(pattern: &str, text: &str) -> bool {
    Pattern::new(pattern).is_some_and(|pattern| pattern.find(text).is_some())
}

impl Pattern {
    /// Compiles a pattern; none when it is malformed.
    pub fn new(text: &str) -> Option<Self> {
        let chars: Vec<char> = text.chars().collect();
        let mut parser = Parser { chars: &chars, at: 0, groups: 0, depth: 0 };
        let root = parser.alternatives()?;
        (parser.at == chars.len()).then_some(Self { root, groups: parser.groups })
    }

    /// The match and its groups (`%0`, `%1` …), if the pattern is found anywhere.
    pub fn find(&self, text: &str) -> Option<Vec<Text>> {
        let chars: Vec<char> = text.chars().collect();
        let mut steps = 0;
        for start in 0..=chars.len() {
            let mut caps = vec![None; self.groups + 1];
            let mut end = None;
            let matched =
                branches(&self.root, &chars, start, &mut caps, &mut steps, &mut |at, _, _| {
                    end = Some(at);
                    true
                });
            if matched {
                caps[0] = end.map(|e| (start, e));
                let piece = |range: &Option<(usize, usize)>| {
                    range.map_or_else(Text::default, |(a, b)| {
                        chars[a..b].iter().collect::<String>().into()
                    })
                };
                // Captures of groups are taken from the last successful path.
                return Some(caps.iter().map(piece).collect());
            }
        }
        None
    }
}

type Caps = Vec<Option<(usize, usize)>>;
type Next<'n> = &'n mut dyn FnMut(usize, &mut Caps, &mut u32) -> bool;

fn branches(
    list: &[Vec<Repeat>],
    text: &[char],
    at: usize,
    caps: &mut Caps,
    steps: &mut u32,
    next: Next<'_>,
) -> bool {
    list.iter().any(|branch| sequence(branch, text, at, caps, steps, next))
}

fn sequence(
    pieces: &[Repeat],
    text: &[char],
    at: usize,
    caps: &mut Caps,
    steps: &mut u32,
    next: Next<'_>,
) -> bool {
    match pieces.split_first() {
        None => next(at, caps, steps),
        Some((first, rest)) => repeat(first, rest, text, at, 0, caps, steps, next),
    }
}

#[expect(clippy::too_many_arguments, reason = "the state of a backtracking matcher")]
fn repeat(
    piece: &Repeat,
    rest: &[Repeat],
    text: &[char],
    at: usize,
    done: u32,
    caps: &mut Caps,
    steps: &mut u32,
    next: Next<'_>,
) -> bool {
    *steps += 1;
    if *steps > STEPS_MAX {
        return false;
    }
    if done < piece.max {
        let before = caps.clone();
        let mut more = |end: usize, caps: &mut Caps, steps: &mut u32| {
            (end > at || done < piece.min)
                && repeat(piece, rest, text, end, done + 1, caps, steps, &mut *next)
        };
        if one(&piece.piece, text, at, caps, steps, &mut more) {
            return true;
        }
        *caps = before;
    }
    done >= piece.min && sequence(rest, text, at, caps, steps, next)
}

fn one(
    piece: &Piece,
    text: &[char],
    at: usize,
    caps: &mut Caps,
    steps: &mut u32,
    next: Next<'_>,
) -> bool {
    let here = text.get(at).copied();
    let takes = match piece {
        Piece::Char(c) => here == Some(*c),
        Piece::Any => here.is_some(),
        Piece::Class { negated, ranges } => {
            here.is_some_and(|c| ranges.iter().any(|(a, b)| (*a..=*b).contains(&c)) != *negated)
        }
        Piece::Start => return at == 0 && next(at, caps, steps),
        Piece::End => return at == text.len() && next(at, caps, steps),
        Piece::Group { index, branches: list } => {
            let mut close = |end: usize, caps: &mut Caps, steps: &mut u32| {
                let old = caps[*index];
                caps[*index] = Some((at, end));
                if next(end, caps, steps) {
                    return true;
                }
                caps[*index] = old;
                false
            };
            return branches(list, text, at, caps, steps, &mut close);
        }
    };
    takes && next(at + 1, caps, steps)
}

struct Parser<'p> {
    chars: &'p [char],
    at: usize,
    groups: usize,
    depth: usize,
}

impl Parser<'_> {
    fn alternatives(&mut self) -> Option<Vec<Vec<Repeat>>> {
        let mut list = vec![self.branch()?];
        while self.chars.get(self.at) == Some(&'|') {
            self.at += 1;
            list.push(self.branch()?);
        }
        Some(list)
    }

    fn branch(&mut self) -> Option<Vec<Repeat>> {
        let mut pieces = Vec::new();
        while let Some(&c) = self.chars.get(self.at) {
            if c == '|' || c == ')' {
                break;
            }
            self.at += 1;
            let piece = match c {
                '.' => Piece::Any,
                '^' => Piece::Start,
                '$' => Piece::End,
                '[' => self.class()?,
                '(' => {
                    self.depth += 1;
                    if self.depth > 50 {
                        return None;
                    }
                    self.groups += 1;
                    let index = self.groups;
                    let list = self.alternatives()?;
                    if self.chars.get(self.at) != Some(&')') {
                        return None;
                    }
                    self.at += 1;
                    self.depth -= 1;
                    Piece::Group { index, branches: list }
                }
                '\\' => {
                    let escaped = *self.chars.get(self.at)?;
                    self.at += 1;
                    Piece::Char(escaped)
                }
                '*' | '+' | '?' if pieces.is_empty() => return None,
                other => Piece::Char(other),
            };
            let (min, max) = self.count()?;
            pieces.push(Repeat { piece, min, max });
        }
        Some(pieces)
    }

    fn count(&mut self) -> Option<(u32, u32)> {
        match self.chars.get(self.at) {
            Some('*') => {
                self.at += 1;
                Some((0, u32::MAX))
            }
            Some('+') => {
                self.at += 1;
                Some((1, u32::MAX))
            }
            Some('?') => {
                self.at += 1;
                Some((0, 1))
            }
            Some('{') => {
                let close = self.chars[self.at..].iter().position(|c| *c == '}')? + self.at;
                let inner: String = self.chars[self.at + 1..close].iter().collect();
                self.at = close + 1;
                let (min, max) = match inner.split_once(',') {
                    None => {
                        let n = inner.parse().ok()?;
                        (n, n)
                    }
                    Some((min, "")) => (min.parse().ok()?, u32::MAX),
                    Some((min, max)) => (min.parse().ok()?, max.parse().ok()?),
                };
                Some((min, max))
            }
            _ => Some((1, 1)),
        }
    }

    fn class(&mut self) -> Option<Piece> {
        let negated = self.chars.get(self.at) == Some(&'^');
        if negated {
            self.at += 1;
        }
        let mut ranges = Vec::new();
        let begin = self.at;
        loop {
            let c = *self.chars.get(self.at)?;
            if c == ']' && self.at > begin {
                self.at += 1;
                return Some(Piece::Class { negated, ranges });
            }
            if c == '[' && self.chars.get(self.at + 1) == Some(&':') {
                let rest: String = self.chars[self.at + 2..].iter().collect();
                let (name, _) = rest.split_once(":]")?;
                self.at += name.chars().count() + 4;
                match name {
                    "digit" => ranges.push(('0', '9')),
                    "alpha" => ranges.extend([('a', 'z'), ('A', 'Z')]),
                    "alnum" => ranges.extend([('a', 'z'), ('A', 'Z'), ('0', '9')]),
                    "lower" => ranges.push(('a', 'z')),
                    "upper" => ranges.push(('A', 'Z')),
                    "space" => ranges.extend([(' ', ' '), ('\t', '\r')]),
                    _ => return None,
                }
                continue;
            }
            self.at += 1;
            if self.chars.get(self.at) == Some(&'-')
                && self.chars.get(self.at + 1).is_some_and(|e| *e != ']')
            {
                let end = *self.chars.get(self.at + 1)?;
                self.at += 2;
                ranges.push((c, end));
            } else {
                ranges.push((c, c));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn groups_are_captured_and_hostile_patterns_end() {
        let found = Pattern::new("^rsc-(.*)-([0-9]+)$").unwrap().find("rsc-web-12").unwrap();
        assert_eq!(found, ["rsc-web-12", "web", "12"]);
        assert!(Pattern::new("a|b").unwrap().find("xxb").is_some());
        assert!(Pattern::new("^(a+)+$").unwrap().find(&format!("{}b", "a".repeat(40))).is_none());
        assert!(Pattern::new("*").is_none());
    }
}

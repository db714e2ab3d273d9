//! Options as the real tools take them: bundled letters, `--name=value`, values that begin with
//! a dash, optional values.

use super::fail::{Failure, USAGE};

/// What follows an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing.
    Nothing,
    /// A value, whatever it begins with.
    Value,
    /// A value, unless the next word is an option.
    Perhaps,
}

/// An option: its key, the letters that mean it, the long names that mean it, what follows it.
pub type Spec = (&'static str, &'static str, &'static [&'static str], Takes);

/// Options that every tool takes and that change nothing here.
const COMMON: &[Spec] = &[
    ("version", "$", &["version"], Takes::Nothing),
    ("verbose", "V", &["verbose"], Takes::Nothing),
    ("help", "?", &["help", "help-all"], Takes::Nothing),
];

/// A command line, sorted.
#[derive(Debug, Default)]
pub struct Args {
    given: Vec<(&'static str, Option<String>)>,
    /// What is no option.
    pub words: Vec<String>,
}

impl Args {
    /// Sorts the words behind a tool's name.
    ///
    /// # Errors
    /// With code 64, for unknown options and missing values.
    pub fn parse(tool: &str, words: &[String], specs: &[Spec]) -> Result<Self, Failure> {
        let mut args = Self::default();
        let mut rest = words.iter().peekable();
        while let Some(word) = rest.next() {
            if word == "--" {
                args.words.extend(rest.cloned());
                break;
            }
            if let Some(long) = word.strip_prefix("--") {
                let (name, value) = match long.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None => (long, None),
                };
                let spec = by_long(specs, name)
                    .ok_or_else(|| usage(tool, format!("Unknown option --{name}")))?;
                let value = match (value, spec.3) {
                    (None, Takes::Value) => Some(
                        rest.next()
                            .cloned()
                            .ok_or_else(|| usage(tool, format!("Missing argument for --{name}")))?,
                    ),
                    (None, Takes::Perhaps) => rest.next_if(|next| !next.starts_with('-')).cloned(),
                    (value, _) => value,
                };
                args.given.push((spec.0, value));
            } else if let Some(letters) = word.strip_prefix('-').filter(|l| !l.is_empty()) {
                let mut at = letters.char_indices();
                while let Some((index, letter)) = at.next() {
                    let spec = by_letter(specs, letter)
                        .ok_or_else(|| usage(tool, format!("Unknown option -{letter}")))?;
                    let behind = &letters[index + letter.len_utf8()..];
                    let value = match spec.3 {
                        Takes::Nothing => None,
                        Takes::Value | Takes::Perhaps if !behind.is_empty() => {
                            at = "".char_indices();
                            Some(behind.strip_prefix('=').unwrap_or(behind).to_owned())
                        }
                        Takes::Value => Some(rest.next().cloned().ok_or_else(|| {
                            usage(tool, format!("Missing argument for -{letter}"))
                        })?),
                        Takes::Perhaps => rest.next_if(|next| !next.starts_with('-')).cloned(),
                    };
                    args.given.push((spec.0, value));
                }
            } else {
                args.words.push(word.clone());
            }
        }
        Ok(args)
    }

    /// Whether an option was given.
    pub fn has(&self, key: &str) -> bool {
        self.given.iter().any(|(known, _)| *known == key)
    }

    /// The last value given for an option.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.given.iter().rev().find(|(known, _)| *known == key).and_then(|(_, v)| v.as_deref())
    }

    /// The last option given of some, with its value.
    pub fn last_of(&self, keys: &[&str]) -> Option<(&'static str, Option<&str>)> {
        let found = self.given.iter().rev().find(|(known, _)| keys.contains(known));
        found.map(|(key, value)| (*key, value.as_deref()))
    }
}

fn by_long(specs: &[Spec], name: &str) -> Option<Spec> {
    specs.iter().chain(COMMON).find(|spec| spec.2.contains(&name)).copied()
}

fn by_letter(specs: &[Spec], letter: char) -> Option<Spec> {
    specs.iter().chain(COMMON).find(|spec| spec.1.contains(letter)).copied()
}

fn usage(tool: &str, what: String) -> Failure {
    Failure::new(USAGE, format!("{tool}: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECS: &[Spec] = &[
        ("update", "v", &["update"], Takes::Value),
        ("promotion", "p", &["promotion"], Takes::Perhaps),
        ("once", "1", &["one-shot"], Takes::Nothing),
        ("xml", "X", &["as-xml"], Takes::Nothing),
    ];

    fn parse(line: &str) -> Result<Args, Failure> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        Args::parse("tool", &words, SPECS)
    }

    #[test]
    fn values_may_begin_with_a_dash_and_letters_may_be_bundled() {
        let args = parse("-1X -v -1 -p -v=7 --promotion=db").unwrap();
        assert!(args.has("once") && args.has("xml"));
        assert_eq!(args.value("update"), Some("7"));
        assert_eq!(args.value("promotion"), Some("db"));
        assert_eq!(parse("--update -1").unwrap().value("update"), Some("-1"));
    }

    #[test]
    fn unknown_options_and_missing_values_are_wrong_usage() {
        for line in ["--bogus", "-z", "-1z", "-v", "--update"] {
            assert_eq!(parse(line).unwrap_err().code, USAGE, "{line}");
        }
    }
}

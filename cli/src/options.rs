//! Words and options of the commands that are Rota's own.

use crate::error::Error;

/// What stood on the command line, sorted.
pub struct Options {
    words: Vec<String>,
    values: Vec<(String, String)>,
    switches: Vec<String>,
}

impl Options {
    /// Sorts `args`: `--NAME VALUE` (or `--NAME=VALUE`) for `with_value`, `--NAME` for `switches`.
    ///
    /// # Errors
    /// For an option that the command does not have, and for a missing value.
    pub fn parse(args: &[String], with_value: &[&str], switches: &[&str]) -> Result<Self, Error> {
        let mut found = Self { words: Vec::new(), values: Vec::new(), switches: Vec::new() };
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            let Some(option) = arg.strip_prefix("--") else {
                found.words.push(arg.clone());
                continue;
            };
            let (name, given) = match option.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (option, None),
            };
            if with_value.contains(&name) {
                let value = given
                    .or_else(|| rest.next().cloned())
                    .ok_or_else(|| Error::Usage(format!("--{name} wants a value")))?;
                found.values.push((name.to_owned(), value));
            } else if switches.contains(&name) && given.is_none() {
                found.switches.push(name.to_owned());
            } else {
                let all: Vec<String> =
                    with_value.iter().chain(switches).map(|name| format!("--{name}")).collect();
                return Err(Error::Usage(format!(
                    "--{name} is not an option here; there are {}",
                    all.join(", ")
                )));
            }
        }
        Ok(found)
    }

    /// What is no option.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The last value given for an option.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().rev().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// All values given for an option, in order.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.values.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect()
    }

    /// Whether a switch was given.
    pub fn has(&self, name: &str) -> bool {
        self.switches.iter().any(|n| n == name)
    }
}

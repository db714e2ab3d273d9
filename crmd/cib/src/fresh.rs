//! New ids, as pcs makes them: a name that says what it is, with a number if that is taken.

use std::collections::HashSet;

use crate::validate::ids;
use crate::{Config, Text};

/// Ids that are in use, and those given out since.
pub struct Ids(HashSet<Text>);

impl Ids {
    /// The ids of a configuration.
    pub fn new(config: &Config) -> Self {
        Self(ids::in_use(config).into_iter().map(Text::from).collect())
    }

    /// Whether an id is in use.
    pub fn has(&self, id: &str) -> bool {
        self.0.contains(id)
    }

    /// An id that is not in use: `base`, or `base-1`, `base-2` …
    pub fn fresh(&mut self, base: &str) -> Text {
        let base = legal(base);
        let mut id = Text::from(&base);
        let mut number = 0;
        while self.0.contains(&id) {
            number += 1;
            id = format!("{base}-{number}").into();
        }
        self.0.insert(id.clone());
        id
    }
}

/// `text` without the characters that ids must not have.
fn legal(text: &str) -> String {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut id: String = text.chars().filter(|c| fits(*c)).collect();
    if id.starts_with(|c: char| !c.is_alphabetic() && c != '_') {
        id.insert(0, '_');
    }
    id
}

//! Names that people give.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Text;

/// Longest name of a node, in characters: that of a host (`HOST_NAME_MAX`).
pub const NODE_NAME_MAX: usize = 64;

/// A name that no node may have. It shows the name with odd characters escaped: it goes to terminals
/// and into logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadNodeName(String);

impl fmt::Display for BadNodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.0.chars().take(NODE_NAME_MAX).collect();
        write!(
            f,
            "{shown:?} cannot be the name of a node: it takes letters, digits, '.', '-' and '_', a \
             letter or digit first, at most {NODE_NAME_MAX} in all"
        )
    }
}

impl std::error::Error for BadNodeName {}

/// A node's name as people and agents use it (`uname` in a Pacemaker CIB).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeName(pub Text);

impl NodeName {
    /// Whether a node may have this name. It stands in XML, in paths, in agents' environments and on
    /// terminals.
    ///
    /// # Errors
    /// With the rule that it breaks.
    pub fn check(&self) -> Result<(), BadNodeName> {
        let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let begins_well = self.0.starts_with(|c: char| c.is_ascii_alphanumeric());
        if begins_well && self.0.len() <= NODE_NAME_MAX && self.0.chars().all(is_good) {
            Ok(())
        } else {
            Err(BadNodeName(self.0.to_string()))
        }
    }

    /// The name as a string slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for NodeName {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0.as_str())
    }
}

/// The name of a resource without the number of its instance: `pg` of `pg:1`.
pub fn leaf(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((leaf, number)) if number.bytes().all(|b| b.is_ascii_digit()) => leaf,
        Some(_) | None => name,
    }
}

//! Fencing topology: which devices make which node harmless, and in which order.

use serde::{Deserialize, Serialize};

use crate::Text;

/// One level: its devices all must succeed; the next level is tried when they do not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// Unique id.
    pub id: Text,
    /// Whom it is about.
    pub target: LevelTarget,
    /// 1 to 9; lower ones are tried first. Other numbers are legal to write and never used.
    pub index: u32,
    /// Ids of fence devices in order.
    pub devices: Vec<Text>,
}

/// Whom a level is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LevelTarget {
    /// A node by name.
    Node(Text),
    /// Nodes whose names match a regular expression.
    Pattern(Text),
    /// Nodes with this value of this attribute.
    Attribute(Text, Text),
}

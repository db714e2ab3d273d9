//! Tags: names for groups of objects.

use serde::{Deserialize, Serialize};

use crate::Text;

/// A name for a group of objects, usable in constraints.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tag {
    /// Unique id.
    pub id: Text,
    /// Ids of the objects.
    pub references: Vec<Text>,
}

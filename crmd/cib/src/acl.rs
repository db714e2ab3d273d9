//! Access rules and alerts: kept faithfully, acted upon elsewhere.

use serde::{Deserialize, Serialize};

use crate::Text;
use crate::nvset::NvSet;

/// Who may do what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Acls {
    /// Roles with their permissions.
    pub roles: Vec<AclRole>,
    /// Users and groups with their roles.
    pub subjects: Vec<AclSubject>,
}

/// A named bundle of permissions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AclRole {
    /// Unique id.
    pub id: Text,
    /// A sentence for people.
    pub description: Option<Text>,
    /// Attributes of each permission: id, kind, xpath, reference, object-type, attribute …
    pub permissions: Vec<Vec<(Text, Text)>>,
}

/// A user or a group, and the roles it has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AclSubject {
    /// Whether this is a group of users.
    pub is_group: bool,
    /// Unique id.
    pub id: Text,
    /// The name, when the id is not the name.
    pub name: Option<Text>,
    /// Ids of roles.
    pub roles: Vec<Text>,
}

/// A program to be told of events.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alert {
    /// Unique id.
    pub id: Text,
    /// The program.
    pub path: Text,
    /// A sentence for people.
    pub description: Option<Text>,
    /// Options such as timeout.
    pub meta: Vec<NvSet>,
    /// Environment for the program.
    pub parameters: Vec<NvSet>,
    /// Which events, if not all.
    pub select: Option<Select>,
    /// Addressees.
    pub recipients: Vec<Recipient>,
}

/// An addressee of an alert.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recipient {
    /// Unique id.
    pub id: Text,
    /// Address, handed to the program.
    pub value: Text,
    /// A sentence for people.
    pub description: Option<Text>,
    /// Options such as timeout.
    pub meta: Vec<NvSet>,
    /// Environment for the program.
    pub parameters: Vec<NvSet>,
}

/// Which events an alert is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Select {
    /// Changes of node attributes: all of them, if the list is empty.
    pub attributes: Option<Vec<SelectedAttribute>>,
    /// Fencing.
    pub fencing: bool,
    /// Nodes that come and go.
    pub nodes: bool,
    /// Actions on resources.
    pub resources: bool,
}

/// A node attribute whose changes an alert is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SelectedAttribute {
    /// Unique id.
    pub id: Text,
    /// The attribute.
    pub name: Text,
}

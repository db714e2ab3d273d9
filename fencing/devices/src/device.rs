//! Which device, for whom.

use rota_ids::{NodeName, Text};

/// A configured device and the node it is to act on.
#[derive(Clone, Debug)]
pub struct DeviceCall {
    /// The agent, such as `fence_ipmilan` or `fence_rota_ipmi`.
    pub agent: Text,
    /// Its parameters.
    pub params: Params,
    /// The node; `None` for [`rota_fencing::Action::Monitor`].
    pub target: Option<NodeName>,
    /// The node's name at the device; ignored where there is no target.
    pub plug: Text,
}

/// Parameters as people wrote them; of equal names the last counts. Values are never printed:
/// there is a password among them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(Text, Text)>);

impl Params {
    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// All pairs, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Adds a parameter, or overrides an earlier one.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.push((name.into(), value.into()));
    }
}

impl From<Vec<(Text, Text)>> for Params {
    fn from(pairs: Vec<(Text, Text)>) -> Self {
        Self(pairs)
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Params {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }
}

impl std::fmt::Debug for Params {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

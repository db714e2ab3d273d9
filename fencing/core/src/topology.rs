//! Which devices must act together, and in which order the groups are tried.

use std::collections::BTreeMap;

use rota_ids::NodeName;

use crate::device::DeviceId;
use crate::limits::LEVEL_MAX;

/// The fencing levels of each target. Level 1 is tried first; all devices of a level must show
/// the target off (a host with two power supplies).
///
/// Levels that name targets by pattern or attribute are resolved to names by the caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topology {
    levels: BTreeMap<NodeName, BTreeMap<u8, Vec<DeviceId>>>,
}

impl Topology {
    /// No levels: each device stands for itself.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds devices to a level of a target, in order; equal devices are not added twice.
    /// Levels other than 1 to 9 are ignored, and `false` is returned.
    pub fn add(
        &mut self,
        target: NodeName,
        level: u8,
        devices: impl IntoIterator<Item = DeviceId>,
    ) -> bool {
        if !(1..=LEVEL_MAX).contains(&level) {
            return false;
        }
        let entry = self.levels.entry(target).or_default().entry(level).or_default();
        for device in devices {
            if !entry.contains(&device) {
                entry.push(device);
            }
        }
        true
    }

    /// The levels of a target in the order of trying; `None` when it has none.
    pub fn levels_of(&self, target: &NodeName) -> Option<Vec<Vec<DeviceId>>> {
        let levels = self.levels.get(target)?;
        Some(levels.values().filter(|devices| !devices.is_empty()).cloned().collect())
    }
}

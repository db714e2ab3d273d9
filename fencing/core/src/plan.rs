//! Which devices are tried for a target, in which order.

use rota_ids::NodeName;

use crate::device::DeviceId;
use crate::leg::Surroundings;

/// The levels of one round: the topology's, or else each device that can fence the target as a
/// level of its own, those first that some other node is known to reach.
pub(crate) fn levels(target: &NodeName, around: &Surroundings<'_>) -> Vec<Vec<DeviceId>> {
    if let Some(levels) = around.topology.levels_of(target) {
        return levels;
    }
    let mut able: Vec<_> =
        around.devices.iter().filter(|device| device.targets.plug(target).is_some()).collect();
    // Stable: the configured order decides among equals.
    able.sort_by_key(|device| !around.reached_by_another(&device.id, target));
    able.into_iter().map(|device| vec![device.id.clone()]).collect()
}

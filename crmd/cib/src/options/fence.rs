//! Parameters that every fence device takes, whatever its agent.

use super::Kind::{Choice, Duration, Integer, Text};
use super::Known;

/// Parameters of fence devices that the fencer itself reads.
pub const FENCE_DEVICE: &[Known] = &[
    Known::new("pcmk_host_map", Text, "", "node:plug pairs, separated by ';' or blanks"),
    Known::new("pcmk_host_list", Text, "", "Nodes that the device can fence"),
    Known::new(
        "pcmk_host_check",
        Choice(&["dynamic-list", "static-list", "status", "none"]),
        "",
        "How to find out which nodes the device can fence",
    ),
    Known::new(
        "pcmk_host_argument",
        Text,
        "",
        "The agent's name for the plug; port or plug, if absent",
    ),
    Known::new("pcmk_delay_max", Duration, "0", "Longest random delay before fencing"),
    Known::new("pcmk_delay_base", Text, "0", "Least delay before fencing, or node:delay pairs"),
    Known::new(
        "pcmk_action_limit",
        Integer,
        "1",
        "Actions at once on the device; -1 without limit",
    ),
    Known::new("pcmk_reboot_action", Text, "reboot", "The agent's word for reboot"),
    Known::new("pcmk_reboot_timeout", Duration, "", "How long a reboot may take"),
    Known::new("pcmk_reboot_retries", Integer, "2", "Attempts to reboot within that time"),
    Known::new("pcmk_off_action", Text, "off", "The agent's word for off"),
    Known::new("pcmk_off_timeout", Duration, "", "How long switching off may take"),
    Known::new("pcmk_off_retries", Integer, "2", "Attempts to switch off within that time"),
    Known::new("pcmk_on_action", Text, "on", "The agent's word for on"),
    Known::new("pcmk_on_timeout", Duration, "", "How long switching on may take"),
    Known::new("pcmk_on_retries", Integer, "2", "Attempts to switch on within that time"),
    Known::new("pcmk_list_action", Text, "list", "The agent's word for list"),
    Known::new("pcmk_list_timeout", Duration, "", "How long a list may take"),
    Known::new("pcmk_list_retries", Integer, "2", "Attempts to list within that time"),
    Known::new("pcmk_monitor_action", Text, "monitor", "The agent's word for monitor"),
    Known::new("pcmk_monitor_timeout", Duration, "", "How long a monitor may take"),
    Known::new("pcmk_monitor_retries", Integer, "2", "Attempts to monitor within that time"),
    Known::new("pcmk_status_action", Text, "status", "The agent's word for status"),
    Known::new("pcmk_status_timeout", Duration, "", "How long a status may take"),
    Known::new("pcmk_status_retries", Integer, "2", "Attempts to get a status within that time"),
    Known::new(
        "provides",
        Text,
        "",
        "'unfencing' if switching on is needed before resources start",
    ),
    Known::new("stonith-timeout", Duration, "", "How long actions of this device may take"),
];

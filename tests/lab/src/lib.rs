//! End-to-end tests: hosts made of namespaces on one machine, real daemons, real BMC protocol.
//!
//! A host is a network, pid, mount, uts and ipc namespace. Killing its pid 1 is a power-cut: the
//! kernel kills every process in it at once. Hosts hang on bridges in a namespace of their own, and
//! faults are rules in there, so they outlive a reboot of the host. Needs root, iproute2,
//! nftables, util-linux and overlayfs; `ipmi_sim` (OpenIPMI) for BMCs.
//!
//! | | ring0 | ring1 | BMC network |
//! |---|---|---|---|
//! | node N | 10.10.0.10+N | 10.10.1.10+N | 10.10.9.100+N |
//! | BMC of node N | | | 10.10.9.10+N, admin / password |
//! | client | 10.10.0.200 | | |
//! | floating address | 10.10.0.100 | | |
//!
//! Everything ends with the [`Lab`], also when the test panics or is killed: each process asks the
//! kernel to be killed with the thread that started it. So a lab must not outlive that thread.

mod bmc;
mod cluster;
mod faults;
mod host;
pub mod hostile;
mod lab;
mod namespaces;
mod probe;
mod process;

pub use cluster::Cluster;
pub use faults::Link;
pub use host::Host;
pub use lab::{Lab, skip_reason};
pub use probe::Probe;
pub use process::wait_until;

/// The floating address that the tests' cluster holds.
pub const VIP: &str = "10.10.0.100";
/// User of every BMC.
pub const BMC_USER: &str = "admin";
/// Password of every BMC.
pub const BMC_PASSWORD: &str = "password";
/// Port on which each host tells its name, on all its addresses.
pub const NAME_PORT: u16 = 7777;
/// Port of the daemons' heartbeats.
pub const HEARTBEAT_PORT: u16 = 7610;
/// Port of the service that the tests' cluster runs beside the address; it tells the same.
pub const SERVICE_PORT: u16 = 7778;

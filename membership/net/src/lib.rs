//! Sealed datagrams on one to eight links, and the heartbeat thread.
//!
//! [`start`] binds one UDP socket per link and runs [`rota_membership::Membership`] on a thread of
//! its own, apart from the main loop and its runtime: a slow disk or a busy main loop delays no
//! heartbeat. The thread asks for real-time priority and for memory that is not swapped out; a
//! refusal is a warning and is told by [`Handle::privileges`].
//!
//! It decides nothing: datagram or timer, one step, effects. Whatever arrives is authenticated
//! before it is parsed (see [`seal`]), and what fails costs one counter.

mod address;
mod bytes;
mod counters;
mod handle;
mod limits;
mod privileges;
pub mod seal;
mod thread;
mod udp;

pub use address::PeerAddresses;
pub use counters::Counters;
pub use handle::{Config, Error, Handle, NetStatus, start};
pub use privileges::{Grant, Privileges};
pub use seal::{Key, Keys};

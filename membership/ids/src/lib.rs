//! Words shared by all crates, and the reader of lengths of time. No other logic lives here.
//!
//! Everything is a newtype, so that a view id can never be given where a term is wanted.

pub mod duration;
mod moment;
mod names;
mod numbers;

pub use moment::{Moment, WallTime};
pub use names::{BadNodeName, NODE_NAME_MAX, NodeName, leaf};
pub use numbers::{BootId, Incarnation, LinkId, NodeId, StartId, Term, ViewId};

/// Short strings that are cheap to clone: up to 23 bytes in place, longer ones shared.
pub type Text = smol_str::SmolStr;

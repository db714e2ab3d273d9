//! Who is alive and who belongs together: detector, agreement, quorum (pure).
//!
//! One [`Membership`] is one node's side of the heartbeat protocol. It is driven by
//! [`Membership::step`] alone; sockets, clocks and keys are the shell's (`rota-membership-net`).
//!
//! # What it promises
//!
//! * **A peer counts as heard only by a two-way proof.** A heartbeat is believed when it echoes a
//!   heartbeat that *this* incarnation of ours sent within the last detection time. A recorded
//!   packet, of whatever age and incarnation, therefore never makes a dead peer look alive, and a
//!   link that carries only one direction counts as cut on both sides.
//! * **A live peer is reported lost only after the detection time of silence on all links**, and
//!   only time in which we ourselves were listening is counted (see [`Report::Overslept`]).
//! * **A peer that was lost does not flicker**: the same incarnation has to be heard without a
//!   long gap for a while before it is reported again. A new incarnation is reported at once.
//! * **A peer whose main loop makes no progress is lost**, however well its heartbeats arrive.
//!
//! * **What is told of who hears whom can be acted upon**: a death that one node notices a moment
//!   before another never looks like a partial partition ([`Report::HearingChanged`]).
//!
//! # What it does not promise
//!
//! A lost peer may be alive and working: silence is no proof of death. Only fencing is.
//! Two nodes may see different sets; [`choose`] picks one, and only the log makes it a [`View`].

mod agreement;
mod detector;
mod events;
mod hearing;
mod limits;
mod links;
mod message;
mod options;
mod quorum;
mod status;
mod step;
mod view;

pub use agreement::{Group, NoGroup, choose, choose_warily};
pub use events::{Birth, Effect, Input, LostReason, PeerLinks, Report};
pub use hearing::{Hearing, Row};
pub use limits::{LINKS_MAX, NODES_MAX};
pub use links::LinkState;
pub use message::{Echo, Heartbeat};
pub use options::{Options, OptionsError, Timing};
pub use quorum::{Quorum, QuorumOptions, quorum};
pub use status::{LinkStatus, PeerStatus, Standing, Status};
pub use step::Membership;
pub use view::{View, ViewChange};

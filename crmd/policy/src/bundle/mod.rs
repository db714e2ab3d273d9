//! Bundles: a service in containers, each a replica with a node of its own inside.
//!
//! `unpack` makes the resources of a bundle, `engine` says how a container is run, `assign`
//! places the replicas, `actions` ties their parts together, `place` answers what is where,
//! `render` prints one in the status text.

mod actions;
mod assign;
mod engine;
mod place;
mod render;
mod unpack;

pub(crate) use actions::actions;
pub(crate) use assign::{assign, show};
pub(crate) use render::render;
pub(crate) use unpack::{replicas, unpack};

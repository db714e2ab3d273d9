//! Remote and guest nodes: members in all but that a connection, a resource itself, leads
//! there.
//!
//! `connection` makes and finds the connections, `order` ties what happens behind them to
//! their coming and going.

mod connection;
mod order;

pub(crate) use connection::{Connection, add_node, connect, connection};
pub(crate) use order::{order, pairwise};

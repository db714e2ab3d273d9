//! Why: for each resource and node what counted, for each action of a plan its first cause.

mod ledger;

pub(crate) use ledger::{Ledger, Source};

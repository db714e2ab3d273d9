//! XML in and out. Nothing outside this module sees an element or an attribute.

mod error;
pub mod limits;
mod read;
mod upgrade;
mod write;

pub use error::{Error, Problem};
pub use read::read;
pub use write::{write, write_config, write_constraint, write_resource};

//! XML in and out. Nothing outside this module sees an element or an attribute.

mod error;
mod limits;
mod read;

pub use error::{Error, Problem};
pub use read::read;

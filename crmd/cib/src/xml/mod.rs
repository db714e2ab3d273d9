//! XML in and out. Nothing outside this module sees an element or an attribute.

mod error;
pub mod limits;
mod read;
mod upgrade;
mod write;

pub use error::{Error, Problem};
pub use read::read;
pub use write::{
    Unwritable, unwritable, unwritable_config, write, write_config, write_constraint,
    write_resource,
};

/// Whether XML 1.0 §2.2 forbids a character.
fn is_forbidden(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

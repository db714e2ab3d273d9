//! Commands that change the configuration: the grammar of `pcs`, worked out on the CIB as it
//! stands and handed in as one change.

use crate::error::Error;

/// Runs `rota AREA ARGS`.
///
/// # Errors
/// With what to do about it.
pub fn run(area: &str, _args: &[String]) -> Result<(), Error> {
    crate::say("");
    Err(crate::usage(area))
}

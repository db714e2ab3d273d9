//! `rota sandbox down`: ends everything that the sandbox started, and leaves nothing.

use std::fs;

use super::place::{Place, VARIABLE, check_ours, file};
use super::processes::{Whose, kill_all};
use crate::error::Error;

/// Ends the sandbox of this user, whatever state it is in.
///
/// # Errors
/// When a process or a file cannot be removed.
pub fn down() -> Result<(), Error> {
    let dir = Place::directory();
    if !dir.is_absolute() {
        return Err(Error::Usage(format!("{VARIABLE} must be an absolute path")));
    }
    kill_all(Whose::Below(&dir))?;
    if !check_ours(&dir)? {
        out!("No sandbox is there.");
        return Ok(());
    }
    // Only what `up` made is deleted: the variable may name a directory by mistake.
    if !dir.join("network").exists() && fs::read_dir(&dir).is_ok_and(|mut all| all.next().is_some())
    {
        return Err(Error::Refused(format!("{} is no sandbox; it stays", dir.display())));
    }
    fs::remove_dir_all(&dir).map_err(|error| file("deleting", &dir, &error))?;
    out!("The sandbox in {} is gone.", dir.display());
    Ok(())
}

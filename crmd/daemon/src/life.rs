//! Which life of the node this is: the host's boot and the daemon's start within it.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context, Result};
use rota_ids::{BootId, Incarnation, StartId};

/// Counts this start of the daemon. The marks lie in the run directory, which a power-cut erases:
/// that is what makes a new boot. (The kernel's boot id will not do: hosts made of namespaces
/// share one kernel.)
///
/// # Errors
/// When the directory cannot be written.
pub fn begin(run_dir: &Path) -> Result<Incarnation> {
    let boot = boot(&run_dir.join("boot"))?;
    let counter = run_dir.join("starts");
    let start = match fs::read_to_string(&counter) {
        Ok(text) => text.trim().parse::<u32>().unwrap_or(0).saturating_add(1),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 1,
        Err(error) => return Err(error).context(format!("reading {}", counter.display())),
    };
    replace(&counter, start.to_string().as_bytes())?;
    Ok(Incarnation { boot, start: StartId(start) })
}

fn boot(mark: &Path) -> Result<BootId> {
    if let Some(boot) =
        fs::read_to_string(mark).ok().and_then(|text| u64::from_str_radix(text.trim(), 16).ok())
    {
        return Ok(BootId(boot));
    }
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).context("no randomness for the boot's mark")?;
    let boot = u64::from_be_bytes(bytes);
    replace(mark, format!("{boot:016x}").as_bytes())?;
    Ok(BootId(boot))
}

/// Writes a file whole or not at all.
///
/// # Errors
/// When the directory cannot be written.
pub fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, content).with_context(|| format!("writing {}", new.display()))?;
    fs::rename(&new, path).with_context(|| format!("writing {}", path.display()))
}

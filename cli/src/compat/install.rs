//! `rota compat install DIR`: links under the names that agents and monitors call.

use std::io::ErrorKind;
use std::path::Path;

use super::fail::{ERROR, EXISTS, Failure, Outcome, USAGE};

/// Makes a link to this program for every tool. Files of others are left alone: all names are
/// looked at before the first link is made.
pub fn run(words: &[String]) -> Outcome {
    let [directory] = words else {
        return Err(Failure::new(USAGE, "rota compat install DIR"));
    };
    let directory = Path::new(directory);
    let program = std::env::current_exe()
        .map_err(|error| Failure::new(ERROR, format!("where this program is: {error}")))?;
    std::fs::create_dir_all(directory)
        .map_err(|error| Failure::new(ERROR, format!("{}: {error}", directory.display())))?;
    let mut missing = Vec::new();
    for name in super::names() {
        let link = directory.join(name);
        match std::fs::read_link(&link) {
            Ok(target) if target == program => {}
            Ok(target) if is_rota(&target) => missing.push((link, true)),
            Err(error) if error.kind() == ErrorKind::NotFound => missing.push((link, false)),
            Ok(_) | Err(_) => {
                let words = format!(
                    "{} is there and is not Rota's; nothing was changed. Remove it, or give \
                     another directory and put it first in PATH",
                    link.display()
                );
                return Err(Failure::new(EXISTS, words));
            }
        }
    }
    for (link, is_stale) in &missing {
        let cleared = if *is_stale { std::fs::remove_file(link) } else { Ok(()) };
        cleared
            .and_then(|()| std::os::unix::fs::symlink(&program, link))
            .map_err(|error| Failure::new(ERROR, format!("{}: {error}", link.display())))?;
    }
    out!("{} links made in {}", missing.len(), directory.display());
    Ok(())
}

/// Whether a link is to this program under an older path.
fn is_rota(target: &Path) -> bool {
    target.file_name().is_some_and(|name| name == "rota")
}

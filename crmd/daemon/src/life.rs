//! Which life of the node this is: the host's boot and the daemon's start within it.
//!
//! A new boot proves to the others that whatever ran here is gone. So nothing but a boot may look like
//! one. The mark lies in the run directory, which a boot empties; but a unit's `RuntimeDirectory=`, a
//! container or a person may empty it, too, while everything goes on running. Therefore the mark is
//! kept in the state directory as well, with what tells boots apart: the kernel's boot id, and the
//! start of process 1 (hosts made of namespaces share one kernel).

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use rota_ids::{BootId, Incarnation, StartId};

/// The name of the mark, in both directories.
const MARK: &str = "boot";

/// What this kernel and its process 1 say.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Here {
    kernel: String,
    /// In clock ticks since the kernel's boot.
    init_start: u64,
}

/// What the state directory keeps of the latest life.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    boot: BootId,
    start: u32,
    here: Here,
}

/// Counts this start of the daemon.
///
/// # Errors
/// When a mark is there and cannot be read, or none can be written: it is not known then whether the
/// host was booted, and to guess so would let others run what runs here.
pub fn begin(run_dir: &Path, state_dir: &Path) -> Result<Incarnation> {
    begin_here(run_dir, state_dir, here()?)
}

fn begin_here(run_dir: &Path, state_dir: &Path, here: Here) -> Result<Incarnation> {
    let (mark, counter) = (run_dir.join(MARK), run_dir.join("starts"));
    let kept = read(&state_dir.join(MARK))?.map(|text| parse(state_dir, &text)).transpose()?;
    let kept = kept.filter(|kept| kept.here == here);
    let boot = match (boot_mark(&mark)?, &kept) {
        (Some(boot), _) => boot,
        (None, Some(kept)) => {
            tracing::error!(
                "{} was emptied, and this host was not booted: what an earlier life of this boot \
                 began is known no more, and is looked for",
                run_dir.display()
            );
            kept.boot
        }
        (None, None) => new_boot()?,
    };
    let earlier = kept.filter(|kept| kept.boot == boot).map_or(0, |kept| kept.start);
    let start = starts(&counter)?.unwrap_or(0).max(earlier).saturating_add(1);
    let life = Incarnation { boot, start: StartId(start) };
    fs::create_dir_all(state_dir).with_context(|| format!("creating {}", state_dir.display()))?;
    let line = format!("{:016x} {start} {} {}\n", boot.0, here.kernel, here.init_start);
    replace_on_disk(&state_dir.join(MARK), line.as_bytes())?;
    replace(&mark, format!("{:016x}", boot.0).as_bytes())?;
    replace(&counter, start.to_string().as_bytes())?;
    Ok(life)
}

/// What an earlier life of this boot left for this one.
///
/// # Errors
/// When it is there and cannot be read.
pub fn memory(run_dir: &Path) -> Result<Option<Vec<u8>>> {
    let path = run_dir.join("memory");
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context(format!("reading {}", path.display())),
    }
}

fn here() -> Result<Here> {
    let file = "/proc/sys/kernel/random/boot_id";
    let kernel = fs::read_to_string(file).with_context(|| format!("reading {file}"))?;
    let stat = fs::read_to_string("/proc/1/stat").context("reading /proc/1/stat")?;
    let init_start = start_of(&stat).context("/proc/1/stat is odd")?;
    Ok(Here { kernel: kernel.trim().to_owned(), init_start })
}

/// The 22nd field (proc(5)); the second, a name in brackets, may hold anything.
fn start_of(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(19)?.parse().ok()
}

fn read(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context(format!("reading {}", path.display())),
    }
}

fn odd<T>(path: &Path) -> Result<T> {
    bail!(
        "{} is damaged, so that nobody knows whether this host was booted since. Reboot it, or \
         remove the file if it was",
        path.display()
    )
}

fn boot_mark(path: &Path) -> Result<Option<BootId>> {
    let Some(text) = read(path)? else { return Ok(None) };
    match u64::from_str_radix(text.trim(), 16) {
        Ok(boot) => Ok(Some(BootId(boot))),
        Err(_) => odd(path),
    }
}

fn starts(path: &Path) -> Result<Option<u32>> {
    let Some(text) = read(path)? else { return Ok(None) };
    text.trim().parse().map_or_else(|_| odd(path), |starts| Ok(Some(starts)))
}

fn parse(state_dir: &Path, text: &str) -> Result<Kept> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if let [boot, start, kernel, init_start] = words[..]
        && let Ok(boot) = u64::from_str_radix(boot, 16)
        && let (Ok(start), Ok(init_start)) = (start.parse(), init_start.parse())
    {
        let here = Here { kernel: kernel.to_owned(), init_start };
        return Ok(Kept { boot: BootId(boot), start, here });
    }
    odd(&state_dir.join(MARK))
}

fn new_boot() -> Result<BootId> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).context("no randomness for the boot's mark")?;
    Ok(BootId(u64::from_be_bytes(bytes)))
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

/// The same, and a power-cut leaves the old or the new one.
fn replace_on_disk(path: &Path, content: &[u8]) -> Result<()> {
    let new = path.with_extension("new");
    let write = || -> io::Result<()> {
        let mut file = File::create(&new)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        match path.parent() {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    };
    write().with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    struct Host {
        root: tempfile::TempDir,
        here: Here,
    }

    impl Host {
        fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            let host = Self { root, here: Here { kernel: "k1".into(), init_start: 7 } };
            fs::create_dir_all(host.run_dir()).unwrap();
            host
        }

        fn run_dir(&self) -> PathBuf {
            self.root.path().join("run")
        }

        fn start(&self) -> Result<Incarnation> {
            begin_here(&self.run_dir(), &self.root.path().join("state"), self.here.clone())
        }

        fn lose_run_dir(&self) {
            fs::remove_dir_all(self.run_dir()).unwrap();
            fs::create_dir_all(self.run_dir()).unwrap();
        }
    }

    #[test]
    fn each_start_of_a_boot_has_its_number() {
        let host = Host::new();
        let first = host.start().unwrap();
        let second = host.start().unwrap();
        assert_eq!((first.boot, second.start), (second.boot, StartId(2)));
    }

    #[test]
    fn a_run_directory_that_was_emptied_is_no_boot() {
        let host = Host::new();
        let first = host.start().unwrap();
        host.start().unwrap();
        host.lose_run_dir();
        let third = host.start().unwrap();
        assert_eq!((third.boot, third.start), (first.boot, StartId(3)));
    }

    #[test]
    fn another_kernel_or_another_process_1_is_a_boot() {
        for here in [("k2", 7), ("k1", 8)] {
            let mut host = Host::new();
            let first = host.start().unwrap();
            host.lose_run_dir();
            host.here = Here { kernel: here.0.into(), init_start: here.1 };
            let second = host.start().unwrap();
            assert_ne!(first.boot, second.boot);
            assert_eq!(second.start, StartId(1));
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_no_boot() {
        for damaged in ["run/boot", "run/starts", "state/boot"] {
            let host = Host::new();
            host.start().unwrap();
            fs::write(host.root.path().join(damaged), "\u{0}?").unwrap();
            assert!(host.start().is_err(), "{damaged}");
        }
    }

    #[test]
    fn the_start_of_a_process_is_found_behind_any_name() {
        let rest = (3..=30).map(|field| field.to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(start_of(&format!("1 (a) b) ) {rest}")), Some(22));
    }
}

//! Opening a store, making one, and setting a damaged one aside.

use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use rota_replica::StoreId;

#[cfg(feature = "sled-log")]
use crate::SledKv;
use crate::kv::Kv;
use crate::log::KvLog;
use crate::{Error, RedbKv, limits};

/// What was found. In all but the first case the store is new and empty, and the node must be let
/// in again as a learner: it must not speak for the log that it no longer has.
pub enum Opened<S> {
    /// The store as it was left, verified.
    Ready(S),
    /// There was none.
    Fresh(S),
    /// There was one that does not verify. It is kept for people to look at.
    Damaged {
        /// The empty store in its place.
        store: S,
        /// What is wrong with the old one.
        why: String,
        /// Where it is now.
        moved_to: PathBuf,
    },
}

impl<S> Opened<S> {
    /// The store, whatever was found.
    pub fn into_store(self) -> S {
        match self {
            Opened::Ready(store) | Opened::Fresh(store) | Opened::Damaged { store, .. } => store,
        }
    }
}

/// Opens the store in `dir`, or makes an empty one with the id `fresh`, which must be larger than
/// that of any earlier store of this node.
///
/// A store that does not open or verify is renamed to `<dir>.damaged-<n>`, never deleted.
///
/// # Errors
/// [`Error::Disk`] and [`Error::InUse`] say nothing about the data; nothing was moved.
pub fn open(dir: &Path, fresh: StoreId) -> Result<Opened<KvLog<RedbKv>>, Error> {
    open_kv(dir, fresh)
}

/// [`open`] for the store on sled, which loses acknowledged entries: for tests only.
///
/// # Errors
/// As [`open`].
#[cfg(feature = "sled-log")]
pub fn open_sled(dir: &Path, fresh: StoreId) -> Result<Opened<KvLog<SledKv>>, Error> {
    open_kv(dir, fresh)
}

fn open_kv<K: Kv>(dir: &Path, fresh: StoreId) -> Result<Opened<KvLog<K>>, Error> {
    if !dir.try_exists()? {
        return create(dir, fresh).map(Opened::Fresh);
    }
    match verified(dir) {
        Ok(store) => Ok(Opened::Ready(store)),
        Err(Error::Damaged(why)) => {
            let moved_to = set_aside(dir)?;
            tracing::error!(why, moved_to = %moved_to.display(), "store is damaged and set aside");
            Ok(Opened::Damaged { store: create(dir, fresh)?, why, moved_to })
        }
        Err(error) => Err(error),
    }
}

/// Databases panic on some damage; that is an answer too.
fn verified<K: Kv>(dir: &Path) -> Result<KvLog<K>, Error> {
    match catch_unwind(AssertUnwindSafe(|| KvLog::open(dir))) {
        Ok(result) => result,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            Err(Error::damaged(format!("database panicked: {}", text.unwrap_or("no reason"))))
        }
    }
}

/// Makes the store beside its place and moves it there when it is complete and on disk: a crash in
/// between leaves nothing that was ever used.
fn create<K: Kv>(dir: &Path, id: StoreId) -> Result<KvLog<K>, Error> {
    let half = with_suffix(dir, ".creating");
    let parent = parent_of(dir);
    fs::create_dir_all(parent)?;
    if half.try_exists()? {
        fs::remove_dir_all(&half)?;
    }
    fs::create_dir(&half)?;
    drop(KvLog::<K>::create(&half, id)?);
    File::open(&half)?.sync_all()?;
    fs::rename(&half, dir)?;
    File::open(parent)?.sync_all()?;
    KvLog::open(dir)
}

pub(crate) fn set_aside(dir: &Path) -> Result<PathBuf, Error> {
    for n in 1..=limits::DAMAGED_MAX {
        let place = with_suffix(dir, &format!(".damaged-{n}"));
        if !place.try_exists()? {
            fs::rename(dir, &place)?;
            File::open(parent_of(dir))?.sync_all()?;
            return Ok(place);
        }
    }
    Err(Error::TooManyDamaged)
}

fn with_suffix(dir: &Path, suffix: &str) -> PathBuf {
    let mut name = dir.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn parent_of(dir: &Path) -> &Path {
    match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    }
}

//! The map on sled 0.34, for the tests that show why it does not hold the log.
//!
//! It is given the best chances we know: `fdatasync` after each flush, no half-written summaries,
//! its own segment size. docs/decisions/0002-storage.md has what remains.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sled::{Config, Db, Mode};

use crate::kv::{Batch, Kv, Visit};
use crate::{Error, limits};

/// sled in `<dir>`. Its own `flush` leaves the data in caches that a power-cut empties: it uses
/// `sync_file_range`. So `sync` goes on to `fdatasync` of its file.
pub struct SledKv {
    db: Db,
    file: File,
    dir: PathBuf,
}

/// sled's default. With smaller segments it moves more pages to blob files, which nobody syncs.
const SEGMENT_BYTES: usize = 512 << 10;

/// Times 10 ms: how long to wait for the lock of a store that was just closed.
const LOCK_ATTEMPTS: u32 = 100;

impl SledKv {
    /// sled gives its lock back only some time after the last handle is gone.
    fn start(dir: &Path, create_new: bool) -> Result<Self, Error> {
        for _ in 0..LOCK_ATTEMPTS {
            match Self::try_start(dir, create_new) {
                Err(Error::InUse) => std::thread::sleep(Duration::from_millis(10)),
                result => return result,
            }
        }
        Self::try_start(dir, create_new)
    }

    fn try_start(dir: &Path, create_new: bool) -> Result<Self, Error> {
        let db = Config::new()
            .path(dir)
            .create_new(create_new)
            .mode(Mode::LowSpace)
            .segment_size(SEGMENT_BYTES)
            .cache_capacity(limits::CACHE_BYTES as u64)
            // We sync when raft says so, never by a timer.
            .flush_every_ms(None)
            .open()
            .map_err(failed)?;
        // Any descriptor of the file will do for a sync.
        let file = File::open(dir.join("db"))?;
        Ok(SledKv { db, file, dir: dir.to_owned() })
    }
}

impl Kv for SledKv {
    fn create(dir: &Path) -> Result<Self, Error> {
        // sled wants to make the directory itself if it is to be new.
        std::fs::remove_dir(dir)?;
        let mut kv = Self::start(dir, true)?;
        kv.sync()?;
        for name in ["db", "conf"] {
            File::open(dir.join(name))?.sync_all()?;
        }
        let blobs = kv.dir.join("blobs");
        if blobs.is_dir() {
            File::open(blobs)?.sync_all()?;
        }
        Ok(kv)
    }

    fn open(dir: &Path) -> Result<Self, Error> {
        for name in ["db", "conf"] {
            if !dir.join(name).try_exists()? {
                return Err(Error::damaged(format!("its file {name} is missing")));
            }
        }
        remove_half_written(dir)?;
        Self::start(dir, false)
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.db.get(key).map_err(failed)?.map(|value| value.to_vec()))
    }

    fn scan(&self, low: &[u8], high: &[u8], visit: &mut Visit<'_>) -> Result<(), Error> {
        for item in self.db.range(low..high) {
            let (key, value) = item.map_err(failed)?;
            if visit(&key, &value).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn write(&mut self, batch: Batch) -> Result<(), Error> {
        let mut changes = sled::Batch::default();
        for (key, value) in batch {
            match value {
                Some(value) => changes.insert(key, value),
                None => changes.remove(key),
            }
        }
        self.db.apply_batch(changes).map_err(failed)
    }

    fn sync(&mut self) -> Result<(), Error> {
        self.db.flush().map_err(failed)?;
        self.file.sync_data()?;
        Ok(())
    }
}

/// At every open sled writes a summary of its log to `snap.<n>.generating`. When it is killed meanwhile,
/// its next open takes that file for the newest summary and reports corruption.
fn remove_half_written(dir: &Path) -> Result<(), Error> {
    for item in std::fs::read_dir(dir)? {
        let path = item?.path();
        if path.extension().is_some_and(|extension| extension == "generating") {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn failed(error: sled::Error) -> Error {
    match error {
        sled::Error::Io(io) if io.to_string().contains("lock") => Error::InUse,
        sled::Error::Io(io) => Error::Disk(io),
        other => Error::damaged(other),
    }
}

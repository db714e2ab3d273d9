//! A bounded history on sled, for what is good to have and may be lost: who was fenced and when.
//!
//! Not part of any decision. A power-cut may take the newest events, and an archive that does not
//! open is set aside and begun anew.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use sled::{Config, Db};

use crate::open::set_aside;
use crate::{Error, limits};

/// Events in the order in which they were added.
pub struct Archive {
    db: Db,
    next: u64,
}

impl Archive {
    /// Opens the archive in `dir`, or begins one.
    ///
    /// # Errors
    /// Only when not even an empty one can be made.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        match Self::try_open(dir) {
            Ok(archive) => Ok(archive),
            Err(error) => {
                let moved_to = set_aside(dir)?;
                tracing::warn!(%error, moved_to = %moved_to.display(), "archive is begun anew");
                Self::try_open(dir)
            }
        }
    }

    fn try_open(dir: &Path) -> Result<Self, Error> {
        fs::create_dir_all(dir)?;
        // sled panics on some damage.
        catch_unwind(AssertUnwindSafe(|| Self::start(dir)))
            .unwrap_or_else(|_| Err(Error::damaged("archive panicked")))
    }

    fn start(dir: &Path) -> Result<Self, Error> {
        let db = Config::new()
            .path(dir)
            .cache_capacity(limits::ARCHIVE_CACHE_BYTES)
            .flush_every_ms(None)
            .open()
            .map_err(Error::damaged)?;
        let last = db.last().map_err(Error::damaged)?;
        let next = last.and_then(|(key, _)| number(&key)).map_or(0, |last| last + 1);
        Ok(Archive { db, next })
    }

    /// Adds an event, cut to [`limits::ARCHIVE_EVENT_BYTES_MAX`], and drops the oldest beyond
    /// [`limits::ARCHIVE_EVENTS_MAX`].
    ///
    /// # Errors
    /// The database's; the event may be missing then.
    pub fn add(&mut self, event: &[u8]) -> Result<(), Error> {
        let end = event.len().min(limits::ARCHIVE_EVENT_BYTES_MAX);
        self.db.insert(self.next.to_be_bytes(), &event[..end]).map_err(Error::damaged)?;
        self.next += 1;
        if let Some(oldest) = self.next.checked_sub(limits::ARCHIVE_EVENTS_MAX as u64 + 1) {
            self.db.remove(oldest.to_be_bytes()).map_err(Error::damaged)?;
        }
        self.db.flush().map_err(Error::damaged)?;
        Ok(())
    }

    /// The newest events, newest first, at most `count`.
    ///
    /// # Errors
    /// The database's.
    pub fn newest(&self, count: usize) -> Result<Vec<Vec<u8>>, Error> {
        let newest = self.db.iter().rev().take(count);
        newest.map(|item| Ok(item.map_err(Error::damaged)?.1.to_vec())).collect()
    }
}

fn number(key: &[u8]) -> Option<u64> {
    key.try_into().ok().map(u64::from_be_bytes)
}

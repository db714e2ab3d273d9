//! What the log needs from a database: an ordered map with atomic batches.

use std::ops::ControlFlow;
use std::path::Path;

use crate::Error;

/// Puts (`Some`) and deletions (`None`), done together or not at all.
pub type Batch = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// Sees key and value of each record, and says whether to go on.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'a;

/// An ordered map on disk. After a crash it is as it was after some prefix of the batches, which
/// includes all that were written before the last `sync`.
pub trait Kv: Sized {
    /// Makes an empty one in a directory that exists and is empty.
    fn create(dir: &Path) -> Result<Self, Error>;

    /// Opens an existing one; never makes one.
    fn open(dir: &Path) -> Result<Self, Error>;

    /// One value.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error>;

    /// Visits `low..high` in order, until told to stop.
    fn scan(&self, low: &[u8], high: &[u8], visit: &mut Visit<'_>) -> Result<(), Error>;

    /// Writes a batch.
    fn write(&mut self, batch: Batch) -> Result<(), Error>;

    /// Returns when all batches so far survive a power-cut.
    fn sync(&mut self) -> Result<(), Error>;
}

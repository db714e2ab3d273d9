//! The map on redb.

use std::io::ErrorKind;
use std::path::Path;

use redb::{Builder, Database, DatabaseError, ReadableDatabase, StorageError, TableDefinition};
use redb::{ReadableTable, WriteTransaction};

use crate::kv::{Batch, Kv, Visit};
use crate::{Error, limits};

const FILE: &str = "log.redb";
const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("log");

/// redb in `<dir>/log.redb`. Batches between two syncs share one transaction, so that a sync is one
/// commit, whatever was written.
pub struct RedbKv {
    db: Database,
    open: Option<WriteTransaction>,
}

fn builder() -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(limits::CACHE_BYTES);
    builder
}

impl RedbKv {
    fn transaction(&mut self) -> Result<&WriteTransaction, Error> {
        let open = match self.open.take() {
            Some(open) => open,
            None => self.db.begin_write().map_err(any)?,
        };
        Ok(self.open.insert(open))
    }
}

impl Kv for RedbKv {
    fn create(dir: &Path) -> Result<Self, Error> {
        let db = builder().create(dir.join(FILE)).map_err(opening)?;
        let mut kv = RedbKv { db, open: None };
        kv.transaction()?.open_table(TABLE).map_err(any)?;
        kv.sync()?;
        Ok(kv)
    }

    fn open(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(FILE);
        if !path.try_exists()? {
            return Err(Error::damaged("its file is missing"));
        }
        let db = builder().open(path).map_err(opening)?;
        Ok(RedbKv { db, open: None })
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let read = |table: &dyn Get| table.value(key);
        match &self.open {
            Some(open) => read(&open.open_table(TABLE).map_err(any)?),
            None => {
                let transaction = self.db.begin_read().map_err(any)?;
                read(&transaction.open_table(TABLE).map_err(any)?)
            }
        }
    }

    fn scan(&self, low: &[u8], high: &[u8], visit: &mut Visit<'_>) -> Result<(), Error> {
        match &self.open {
            Some(open) => open.open_table(TABLE).map_err(any)?.visit(low, high, visit),
            None => {
                let transaction = self.db.begin_read().map_err(any)?;
                transaction.open_table(TABLE).map_err(any)?.visit(low, high, visit)
            }
        }
    }

    fn write(&mut self, batch: Batch) -> Result<(), Error> {
        let mut table = self.transaction()?.open_table(TABLE).map_err(any)?;
        for (key, value) in batch {
            match value {
                Some(value) => table.insert(key.as_slice(), value.as_slice()).map_err(storage)?,
                None => table.remove(key.as_slice()).map_err(storage)?,
            };
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), Error> {
        match self.open.take() {
            // redb's default durability: on disk when `commit` returns.
            Some(open) => open.commit().map_err(any),
            None => Ok(()),
        }
    }
}

/// Reading is the same in both kinds of transaction, but their tables have no common type.
trait Get {
    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error>;

    fn visit(&self, low: &[u8], high: &[u8], visit: &mut Visit<'_>) -> Result<(), Error>;
}

impl<T: ReadableTable<&'static [u8], &'static [u8]>> Get for T {
    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.get(key).map_err(storage)?.map(|guard| guard.value().to_vec()))
    }

    fn visit(&self, low: &[u8], high: &[u8], visit: &mut Visit<'_>) -> Result<(), Error> {
        for item in self.range(low..high).map_err(storage)? {
            let (key, value) = item.map_err(storage)?;
            if visit(key.value(), value.value()).is_break() {
                break;
            }
        }
        Ok(())
    }
}

fn opening(error: DatabaseError) -> Error {
    match error {
        DatabaseError::DatabaseAlreadyOpen => Error::InUse,
        DatabaseError::Storage(inner) => storage(inner),
        other => Error::damaged(other),
    }
}

fn storage(error: StorageError) -> Error {
    match error {
        // redb says "invalid data" for a file that is none of its own, "unexpected end" for a short one.
        StorageError::Io(io) if is_about_content(io.kind()) => Error::damaged(io),
        StorageError::Io(io) => Error::Disk(io),
        other => Error::damaged(other),
    }
}

fn is_about_content(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::InvalidData | ErrorKind::UnexpectedEof)
}

fn any(error: impl Into<redb::Error>) -> Error {
    match error.into() {
        redb::Error::Io(io) if is_about_content(io.kind()) => Error::damaged(io),
        redb::Error::Io(io) => Error::Disk(io),
        redb::Error::PreviousIo => Error::Disk(std::io::Error::other("failed before")),
        other => Error::damaged(other),
    }
}

//! The log on a map: one batch per step, everything verified when it is opened.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::Path;

use rota_replica::record::{Entry, HardState, Snapshot, SnapshotMeta};
use rota_replica::{Bounds, Budget, LogStore, StoreError, StoreId};

use crate::kv::{Batch, Kv};
use crate::value::{self, Meta};
use crate::{Error, limits};

/// A [`LogStore`] on a database. Terms and links of the entries that are held stay in memory
/// (12 bytes each), as raft asks for terms all the time.
pub struct KvLog<K> {
    kv: K,
    meta: Meta,
    /// Term and link of each entry from `meta.before_index + 1` on.
    held: VecDeque<(u64, u32)>,
}

impl<K: Kv> KvLog<K> {
    pub(crate) fn create(dir: &Path, id: StoreId) -> Result<Self, Error> {
        let meta = Meta { store_id: id.0, ..Meta::default() };
        let mut log = KvLog { kv: K::create(dir)?, meta, held: VecDeque::new() };
        log.write(Batch::new(), log.meta.clone())?;
        log.kv.sync()?;
        Ok(log)
    }

    /// Opens and verifies: every record, the chain of the entries, and that nothing else is there.
    pub(crate) fn open(dir: &Path) -> Result<Self, Error> {
        let kv = K::open(dir)?;
        let meta = kv.get(value::META)?.ok_or_else(|| Error::damaged("its head is missing"))?;
        let meta = value::open_meta(&meta)?;
        let mut log = KvLog { kv, meta, held: VecDeque::new() };
        log.verify_entries()?;
        log.snapshot_data()?;
        Ok(log)
    }

    fn verify_entries(&mut self) -> Result<(), Error> {
        let (mut at, mut link) = (self.meta.before_index, self.meta.before_link);
        let mut term = self.meta.before_term;
        let held = &mut self.held;
        let mut wrong = None;
        self.kv.scan(b"e", b"f", &mut |key, bytes| {
            let next = value::index_of(key)
                .filter(|index| *index == at + 1)
                .ok_or_else(|| Error::damaged(format!("no entry follows {at}")))
                .and_then(|index| value::open_entry(link, index, bytes));
            match next {
                Ok((entry, own)) if entry.term >= term => {
                    (at, link, term) = (entry.index, own, entry.term);
                    held.push_back((term, link));
                    ControlFlow::Continue(())
                }
                Ok((entry, _)) => {
                    wrong = Some(Error::damaged(format!("term falls at entry {}", entry.index)));
                    ControlFlow::Break(())
                }
                Err(error) => {
                    wrong = Some(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        match wrong {
            Some(error) => Err(error),
            None if (at, link) != (self.meta.last_index, self.meta.last_link) => {
                Err(Error::damaged(format!("log ends at {at}, not {}", self.meta.last_index)))
            }
            None => Ok(()),
        }
    }

    fn snapshot_data(&self) -> Result<Vec<u8>, Error> {
        let (generation, pieces) = (self.meta.generation, self.meta.pieces);
        let mut data = Vec::new();
        let mut piece = 0;
        let mut wrong = None;
        self.kv.scan(b"s", b"t", &mut |key, bytes| {
            let here = if key == value::piece_key(generation, piece) {
                value::open_piece(generation, piece, bytes)
            } else {
                Err(Error::damaged("a stray piece of a snapshot"))
            };
            match here {
                Ok(bytes) => {
                    data.extend_from_slice(bytes);
                    piece += 1;
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    wrong = Some(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        match wrong {
            Some(error) => Err(error),
            None if piece != pieces => Err(Error::damaged("a piece of the snapshot is missing")),
            None => Ok(data),
        }
    }

    /// Does one step: the changes and the head that fits them, together.
    fn write(&mut self, mut batch: Batch, meta: Meta) -> Result<(), Error> {
        batch.push((value::META.to_vec(), Some(value::seal_meta(&meta))));
        self.kv.write(batch)?;
        self.meta = meta;
        Ok(())
    }

    fn held_at(&self, index: u64) -> Option<(u64, u32)> {
        if index == self.meta.before_index {
            return Some((self.meta.before_term, self.meta.before_link));
        }
        let at = index.checked_sub(self.meta.before_index + 1)?;
        self.held.get(usize::try_from(at).ok()?).copied()
    }

    fn delete_entries(batch: &mut Batch, range: std::ops::RangeInclusive<u64>) {
        batch.extend(range.map(|index| (value::entry_key(index), None)));
    }

    /// The new snapshot's pieces in, the old one's out.
    fn swap_snapshot(&self, batch: &mut Batch, meta: &mut Meta, snapshot: &Snapshot) {
        for piece in 0..meta.pieces {
            batch.push((value::piece_key(meta.generation, piece), None));
        }
        meta.generation += 1;
        meta.pieces = 0;
        for data in snapshot.data.chunks(limits::PIECE_BYTES) {
            let sealed = value::seal_piece(meta.generation, meta.pieces, data);
            batch.push((value::piece_key(meta.generation, meta.pieces), Some(sealed)));
            meta.pieces += 1;
        }
        meta.snapshot = snapshot.metadata.clone().unwrap_or_default();
    }
}

impl<K: Kv> LogStore for KvLog<K> {
    fn id(&self) -> StoreId {
        StoreId(self.meta.store_id)
    }

    fn renumber(&mut self, id: StoreId) -> Result<(), StoreError> {
        if self.meta.last_index > 0 || self.meta.snapshot.index > 0 {
            return Err(StoreError::Missing(0));
        }
        self.write(Batch::new(), Meta { store_id: id.0, ..self.meta.clone() })?;
        Ok(self.kv.sync()?)
    }

    fn hard_state(&self) -> HardState {
        self.meta.hard
    }

    fn snapshot_meta(&self) -> SnapshotMeta {
        self.meta.snapshot.clone()
    }

    fn snapshot(&self) -> Result<Snapshot, StoreError> {
        if self.meta.snapshot.index == 0 {
            return Err(StoreError::Missing(0));
        }
        let metadata = Some(self.meta.snapshot.clone());
        Ok(Snapshot { data: self.snapshot_data()?, metadata })
    }

    fn bounds(&self) -> Bounds {
        Bounds { first: self.meta.before_index + 1, last: self.meta.last_index }
    }

    fn entries(&self, low: u64, high: u64, bytes_max: u64) -> Result<Vec<Entry>, StoreError> {
        let bounds = self.bounds();
        if low < bounds.first || high > bounds.last + 1 || low > high {
            return Err(StoreError::Missing(low));
        }
        let mut budget = Budget::new(bytes_max);
        let mut entries: Vec<Entry> = Vec::new();
        let mut wrong = None;
        self.kv.scan(&value::entry_key(low), &value::entry_key(high), &mut |_, bytes| {
            match value::read_entry(low + entries.len() as u64, bytes) {
                Ok(entry) if budget.admits(&entry) => entries.push(entry),
                Ok(_) => return ControlFlow::Break(()),
                Err(error) => {
                    wrong = Some(error);
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        })?;
        match wrong {
            Some(error) => Err(error.into()),
            None if entries.is_empty() && low < high => Err(StoreError::Missing(low)),
            None => Ok(entries),
        }
    }

    fn term(&self, index: u64) -> Result<u64, StoreError> {
        self.held_at(index).map(|(term, _)| term).ok_or(StoreError::Missing(index))
    }

    fn append(&mut self, entries: &[Entry], hard: Option<HardState>) -> Result<(), StoreError> {
        let mut meta = self.meta.clone();
        meta.hard = hard.unwrap_or(meta.hard);
        let mut batch = Batch::new();
        let mut added = Vec::with_capacity(entries.len());
        let mut keep = self.held.len();
        if let (Some(first), Some(last)) = (entries.first(), entries.last()) {
            let missing = StoreError::Missing(first.index);
            let before = first.index.checked_sub(1).and_then(|index| self.held_at(index));
            let Some((_, mut link)) = before else { return Err(missing) };
            Self::delete_entries(&mut batch, last.index + 1..=meta.last_index);
            for entry in entries {
                let (sealed, own) = value::seal_entry(link, entry);
                batch.push((value::entry_key(entry.index), Some(sealed)));
                added.push((entry.term, own));
                link = own;
            }
            keep = usize::try_from(first.index - 1 - meta.before_index).unwrap_or(usize::MAX);
            (meta.last_index, meta.last_link) = (last.index, link);
        }
        self.write(batch, meta)?;
        self.held.truncate(keep);
        self.held.extend(added);
        Ok(())
    }

    fn install(&mut self, snapshot: &Snapshot, hard: HardState) -> Result<(), StoreError> {
        let mut meta = self.meta.clone();
        let mut batch = Batch::new();
        Self::delete_entries(&mut batch, meta.before_index + 1..=meta.last_index);
        self.swap_snapshot(&mut batch, &mut meta, snapshot);
        meta.hard = hard;
        (meta.before_index, meta.before_term) = (meta.snapshot.index, meta.snapshot.term);
        (meta.last_index, meta.before_link, meta.last_link) = (meta.before_index, 0, 0);
        self.write(batch, meta)?;
        self.held.clear();
        Ok(())
    }

    fn compact(&mut self, snapshot: &Snapshot, first: u64) -> Result<(), StoreError> {
        let index = snapshot.metadata.as_ref().map_or(0, |meta| meta.index);
        let mut meta = self.meta.clone();
        let old_first = meta.before_index + 1;
        let missing = StoreError::Missing(first);
        let in_order = old_first <= first && first <= index + 1 && index <= meta.last_index;
        let (true, Some((term, link))) = (in_order, self.held_at(first - 1)) else {
            return Err(missing);
        };
        let mut batch = Batch::new();
        Self::delete_entries(&mut batch, old_first..=first - 1);
        self.swap_snapshot(&mut batch, &mut meta, snapshot);
        (meta.before_index, meta.before_term, meta.before_link) = (first - 1, term, link);
        self.write(batch, meta)?;
        self.held.drain(..usize::try_from(first - old_first).unwrap_or(usize::MAX));
        Ok(())
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        Ok(self.kv.sync()?)
    }
}

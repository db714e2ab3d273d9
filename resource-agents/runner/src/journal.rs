//! This host's own memory of its operations, which survives the daemon but not the host.
//!
//! One file of records, each with length and checksum, appended by single writes: what a killed
//! daemon has written is in the page cache, so nothing is synced. A torn or damaged end is cut off
//! when the file is opened. It lives under /run: after a reboot nothing runs and nothing is owed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rota_ids::{Text, WallTime};
use serde::{Deserialize, Serialize};

use crate::limits::{JOURNAL_BYTES, RECORD_BYTES};
use crate::outcome::Outcome;
use crate::request::{Action, Class, OpId};

/// An operation as it was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// The operation.
    pub op: OpId,
    /// What the caller wants back with the result.
    pub note: String,
    /// The resource.
    pub resource: Text,
    /// The class of its agent, which says what an exit code means.
    pub class: Class,
    /// What is done to it.
    pub action: Action,
    /// Its time limit.
    pub timeout: Duration,
    /// When it began, by the clock that counts from the boot (all processes share it).
    pub begun: Duration,
    /// When it began, as people count.
    pub started: WallTime,
}

/// An operation whose result is not yet known to be in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What was begun.
    pub begun: Begun,
    /// How it ended; `None` while nobody knows.
    pub outcome: Option<Outcome>,
}

#[derive(Serialize, Deserialize)]
enum Record {
    Begun(Begun),
    Ended(OpId, Outcome),
    Reported(OpId),
}

/// The journal of this host.
#[derive(Debug)]
pub struct Journal {
    dir: PathBuf,
    file: File,
    bytes: u64,
    open: BTreeMap<OpId, Entry>,
    /// A write failed, perhaps in the middle: what comes behind it would be cut off with it.
    behind: bool,
}

impl Journal {
    /// Opens the journal of a directory, which is made when it is missing.
    ///
    /// # Errors
    /// What the file system says. A damaged end is no error: it is cut off and logged.
    pub fn open(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let path = dir.join("journal");
        let mut file = File::options().read(true).append(true).create(true).open(&path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut open = BTreeMap::new();
        let mut good = 0;
        while let Some((record, length)) = decode(&bytes[good..]) {
            note(&mut open, record);
            good += length;
        }
        if good < bytes.len() {
            tracing::warn!(path = %path.display(), good, found = bytes.len(),
                "the end of the operation journal is damaged and was cut off");
            file.set_len(good as u64)?;
        }
        Ok(Self { dir: dir.to_owned(), file, bytes: good as u64, open, behind: false })
    }

    /// All operations that were begun and not reported, by id.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.open.values()
    }

    /// Where the keeper of an operation writes its result.
    pub fn result_path(&self, op: OpId) -> PathBuf {
        self.dir.join(format!("{}.result", op.0))
    }

    /// An operation begins now; to be called before its process is started.
    ///
    /// # Errors
    /// What the file system says; memory keeps the operation all the same.
    pub fn begin(&mut self, begun: Begun) -> io::Result<()> {
        match fs::remove_file(self.result_path(begun.op)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        self.append(Record::Begun(begun))
    }

    /// An operation has ended. What its keeper wrote is not needed any more.
    ///
    /// # Errors
    /// What the file system says; memory keeps the outcome all the same.
    pub fn end(&mut self, op: OpId, outcome: &Outcome) -> io::Result<()> {
        self.append(Record::Ended(op, outcome.clone()))?;
        match fs::remove_file(self.result_path(op)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// The log holds the outcome: it may be forgotten here. Unknown operations are fine.
    ///
    /// # Errors
    /// What the file system says; the worst that follows is that the outcome is told twice.
    pub fn reported(&mut self, op: OpId) -> io::Result<()> {
        if !self.open.contains_key(&op) {
            return Ok(());
        }
        self.append(Record::Reported(op))?;
        if self.bytes > JOURNAL_BYTES { self.rewrite() } else { Ok(()) }
    }

    fn append(&mut self, record: Record) -> io::Result<()> {
        let bytes = encode(&record)?;
        note(&mut self.open, record);
        if self.behind {
            return self.rewrite();
        }
        if let Err(error) = self.file.write_all(&bytes) {
            self.behind = true;
            return Err(error);
        }
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Writes a file with only the open entries, and puts it in the old one's place.
    fn rewrite(&mut self) -> io::Result<()> {
        let (path, new) = (self.dir.join("journal"), self.dir.join("journal.new"));
        let mut bytes = Vec::new();
        for entry in self.open.values() {
            bytes.extend(encode(&Record::Begun(entry.begun.clone()))?);
            if let Some(outcome) = &entry.outcome {
                bytes.extend(encode(&Record::Ended(entry.begun.op, outcome.clone()))?);
            }
        }
        fs::write(&new, &bytes)?;
        fs::rename(&new, &path)?;
        self.file = File::options().append(true).open(&path)?;
        self.bytes = bytes.len() as u64;
        self.behind = false;
        Ok(())
    }
}

fn note(open: &mut BTreeMap<OpId, Entry>, record: Record) {
    match record {
        Record::Begun(begun) => {
            open.insert(begun.op, Entry { begun, outcome: None });
        }
        Record::Ended(op, outcome) => {
            if let Some(entry) = open.get_mut(&op) {
                entry.outcome = Some(outcome);
            }
        }
        Record::Reported(op) => {
            open.remove(&op);
        }
    }
}

/// Length and CRC-32 of the body, both little-endian, then the body in JSON.
fn encode(record: &Record) -> io::Result<Vec<u8>> {
    let body = serde_json::to_vec(record)?;
    let length = u32::try_from(body.len()).ok().filter(|length| *length <= RECORD_BYTES);
    let length = length.ok_or_else(|| io::Error::other("record too large for the journal"))?;
    let mut bytes = Vec::with_capacity(body.len() + 8);
    bytes.extend(length.to_le_bytes());
    bytes.extend(crc32fast::hash(&body).to_le_bytes());
    bytes.extend(body);
    Ok(bytes)
}

/// The first record of `bytes` and its whole length; `None` when there is no sound one.
fn decode(bytes: &[u8]) -> Option<(Record, usize)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (checksum, rest) = rest.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length);
    if length > RECORD_BYTES {
        return None;
    }
    let body = rest.get(..length as usize)?;
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return None;
    }
    Some((serde_json::from_slice(body).ok()?, body.len() + 8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{OcfCode, Status};

    fn begun(op: u64) -> Begun {
        Begun {
            op: OpId(op),
            note: format!("order {op}"),
            resource: "web".into(),
            class: Class::Ocf,
            action: Action::Start,
            timeout: Duration::from_secs(20),
            begun: Duration::from_millis(1500),
            started: WallTime(1_700_000_000),
        }
    }

    fn ended(reason: &str) -> Outcome {
        Outcome::unstarted(OcfCode::NotRunning, Status::Done, reason.into())
    }

    fn names(journal: &Journal) -> Vec<(u64, bool)> {
        journal.entries().map(|e| (e.begun.op.0, e.outcome.is_some())).collect()
    }

    #[test]
    fn what_was_not_reported_is_there_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(dir.path()).unwrap();
        for op in 1..=3 {
            journal.begin(begun(op)).unwrap();
        }
        journal.end(OpId(1), &ended("told")).unwrap();
        journal.end(OpId(2), &ended("not told")).unwrap();
        journal.reported(OpId(1)).unwrap();
        journal.reported(OpId(99)).unwrap();
        drop(journal);
        let journal = Journal::open(dir.path()).unwrap();
        assert_eq!(names(&journal), [(2, true), (3, false)]);
        let two = journal.entries().next().unwrap();
        assert_eq!(two.begun, begun(2));
        assert_eq!(
            two.outcome,
            Some(ended("not told")).map(|mut o| {
                o.started = two.outcome.as_ref().unwrap().started;
                o
            })
        );
    }

    #[test]
    fn every_torn_end_loses_the_last_record_and_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal");
        let mut journal = Journal::open(dir.path()).unwrap();
        journal.begin(begun(1)).unwrap();
        let one = fs::metadata(&path).unwrap().len() as usize;
        journal.begin(begun(2)).unwrap();
        drop(journal);
        let whole = fs::read(&path).unwrap();
        for cut in one..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let mut journal = Journal::open(dir.path()).unwrap();
            assert_eq!(names(&journal), [(1, false)], "cut at {cut}");
            journal.begin(begun(3)).unwrap();
            drop(journal);
            let journal = Journal::open(dir.path()).unwrap();
            assert_eq!(names(&journal), [(1, false), (3, false)], "cut at {cut}");
        }
    }

    #[test]
    fn what_is_written_behind_a_torn_record_is_not_cut_off_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal");
        let mut journal = Journal::open(dir.path()).unwrap();
        journal.begin(begun(1)).unwrap();
        // The disk is full in the middle of the second record.
        let no_room = File::options().read(true).open(&path).unwrap();
        let mut good = std::mem::replace(&mut journal.file, no_room);
        journal.begin(begun(2)).unwrap_err();
        good.write_all(&encode(&Record::Begun(begun(2))).unwrap()[..20]).unwrap();
        journal.file = good;
        journal.begin(begun(3)).unwrap();
        drop(journal);
        let journal = Journal::open(dir.path()).unwrap();
        assert_eq!(names(&journal), [(1, false), (2, false), (3, false)]);
    }

    #[test]
    fn a_flipped_bit_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal");
        let mut journal = Journal::open(dir.path()).unwrap();
        journal.begin(begun(1)).unwrap();
        drop(journal);
        let whole = fs::read(&path).unwrap();
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, bytes).unwrap();
            assert_eq!(names(&Journal::open(dir.path()).unwrap()), [], "bit {bit}");
        }
    }

    #[test]
    fn it_does_not_grow_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(dir.path()).unwrap();
        journal.begin(begun(0)).unwrap();
        let long = ended(&"x".repeat(2000));
        for op in 1..=500 {
            journal.begin(begun(op)).unwrap();
            journal.end(OpId(op), &long).unwrap();
            journal.reported(OpId(op)).unwrap();
        }
        let size = fs::metadata(dir.path().join("journal")).unwrap().len();
        assert!(size <= JOURNAL_BYTES + 4096, "{size}");
        drop(journal);
        assert_eq!(names(&Journal::open(dir.path()).unwrap()), [(0, false)]);
    }
}

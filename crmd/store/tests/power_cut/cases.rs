//! Which losses to try at each moment, and what to make of the results.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use rota_replica::laws::{Model, observe};
use rota_replica::{LogStore, StoreId};
use rota_store::{Error, Opened};

use crate::disk::{Change, Disk, Op, What};
use crate::workload::{self, Workload};

/// Up to this many changes at risk, all subsets are tried.
const ALL_SUBSETS: usize = 5;
/// Random subsets and torn writes per moment beyond that.
const SAMPLES: u64 = 8;
/// Moments with so many changes at risk get their single losses sampled, too.
const SINGLES_MAX: usize = 24;

/// What came out.
#[derive(Default)]
pub struct Verdict {
    pub cases: usize,
    pub moments: usize,
    /// Cases in which acknowledged state was gone and the store did not notice.
    pub lost: Vec<String>,
    /// Cases in which the store noticed that it is damaged, with the reason.
    pub damaged: Vec<String>,
    pub syncs: usize,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict { cases, moments, lost, damaged, syncs } = self;
        write!(f, "{cases} cases at {moments} moments, {syncs} syncs; ")?;
        write!(f, "{} lost silently, {} damaged", lost.len(), damaged.len())?;
        for text in lost.iter().take(5) {
            write!(f, "\n  LOST {text}")?;
        }
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for text in damaged {
            let why = text.split(" || ").next().unwrap_or(text);
            *kinds.entry(why).or_default() += 1;
        }
        for (why, count) in kinds {
            write!(f, "\n  DAMAGED {count} x {why}")?;
        }
        for text in damaged.iter().take(3) {
            write!(f, "\n  e.g. {text}")?;
        }
        Ok(())
    }
}

/// What the power-cut does to one change that was at risk.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Kept,
    Lost,
    /// Only these units of a write reach the disk: bit n of the mask is unit n modulo 64.
    Torn {
        unit: usize,
        mask: u64,
    },
}

pub fn run_all<S: LogStore>(
    work: Workload,
    ops: &[Op],
    open: impl Fn(&Path) -> Result<Opened<S>, Error>,
) -> Verdict {
    let mut run = Run {
        models: workload::models(work),
        open,
        seen: BTreeSet::new(),
        random: 0,
        verdict: Verdict::default(),
        // Memory, where there is some: thousands of files are made and dropped.
        place: match Path::new("/dev/shm").is_dir() {
            true => tempfile::tempdir_in("/dev/shm").unwrap(),
            false => tempfile::tempdir().unwrap(),
        },
    };
    let mut safe = Disk::default();
    let mut risk: Vec<&Op> = Vec::new();
    let mut acked = None;
    for op in ops {
        match &op.what {
            What::Change(_) => risk.push(op),
            What::Sync(node) => {
                run.verdict.syncs += 1;
                // Order among the safe ones matters only within one file, and is kept.
                let is_safe = |change: &Op| match &change.what {
                    What::Change(one) => one.synced_by() == *node && change.ended < op.began,
                    What::Sync(_) | What::Ack(_) => false,
                };
                risk.iter()
                    .filter(|change| is_safe(change))
                    .for_each(|change| apply(&mut safe, change));
                risk.retain(|change| !is_safe(change));
            }
            What::Ack(step) => acked = Some(*step),
        }
        run.moment(op, &safe, &risk, acked);
    }
    run.verdict
}

fn apply(disk: &mut Disk, op: &Op) {
    if let What::Change(change) = &op.what {
        disk.apply(change);
    }
}

struct Run<F> {
    models: Vec<Model>,
    open: F,
    seen: BTreeSet<((u32, u32), Option<u64>)>,
    random: u64,
    verdict: Verdict,
    place: tempfile::TempDir,
}

impl<F> Run<F> {
    fn draw(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn fates(&mut self, count: usize) -> Vec<Vec<Fate>> {
        use Fate::{Kept, Lost, Torn};
        if count == 0 {
            return vec![Vec::new()];
        }
        let mut all = vec![vec![Kept; count], vec![Lost; count]];
        if count <= ALL_SUBSETS {
            let bit = |set: usize, at: usize| if set >> at & 1 == 1 { Kept } else { Lost };
            all.extend((0..1 << count).map(|set| (0..count).map(|at| bit(set, at)).collect()));
        }
        let singles: Vec<usize> = match count <= SINGLES_MAX {
            true => (0..count).collect(),
            false => (0..SINGLES_MAX).map(|_| self.draw() as usize % count).collect(),
        };
        for at in singles {
            for (one, others) in [(Lost, Kept), (Kept, Lost)] {
                let mut fates = vec![others; count];
                fates[at] = one;
                all.push(fates);
            }
        }
        // The youngest change torn, with all before it there: the plainest of crashes.
        for (unit, mask) in [(512, 1), (512, !1), (4096, 1), (4096, !1)] {
            let mut fates = vec![Kept; count];
            fates[count - 1] = Torn { unit, mask };
            all.push(fates);
        }
        for _ in 0..SAMPLES {
            let fates = (0..count).map(|_| match self.draw() % 8 {
                0..=2 => Kept,
                3..=5 => Lost,
                6 => Torn { unit: 512, mask: self.draw() },
                _ => Torn { unit: 4096, mask: self.draw() },
            });
            all.push(fates.collect());
        }
        all
    }
}

impl<S: LogStore, F: Fn(&Path) -> Result<Opened<S>, Error>> Run<F> {
    fn moment(&mut self, op: &Op, safe: &Disk, risk: &[&Op], acked: Option<u64>) {
        self.verdict.moments += 1;
        for fates in self.fates(risk.len()) {
            let mut disk = safe.clone();
            for (change, fate) in risk.iter().zip(&fates) {
                suffer(&mut disk, change, *fate);
            }
            if self.seen.insert((disk.fingerprint(), acked)) {
                self.case(&disk, acked, || describe(op, risk, &fates));
            }
        }
    }

    fn case(&mut self, disk: &Disk, acked: Option<u64>, what: impl Fn() -> String) {
        self.verdict.cases += 1;
        let root = self.place.path().join(self.verdict.cases.to_string());
        disk.build(&root);
        let outcome = catch_unwind(AssertUnwindSafe(|| self.judge(&root.join("raft"), acked)));
        match outcome {
            Ok(Outcome::Good) => {}
            Ok(Outcome::Damaged(why)) => self.verdict.damaged.push(format!("{why} || {}", what())),
            Ok(Outcome::Lost(why)) => self.verdict.lost.push(format!("{why}: {}", what())),
            Err(_) => self.verdict.lost.push(format!("it panicked when read: {}", what())),
        }
        std::fs::remove_dir_all(&root).unwrap();
    }

    fn judge(&self, dir: &Path, acked: Option<u64>) -> Outcome {
        let mut store = match (self.open)(dir) {
            Ok(Opened::Ready(store)) => store,
            Ok(Opened::Fresh(_)) if acked.is_none() => return Outcome::Good,
            Ok(Opened::Fresh(_)) => return Outcome::Lost("the store is gone".to_owned()),
            Ok(Opened::Damaged { why, .. }) => return Outcome::Damaged(why),
            Err(error) => return Outcome::Damaged(format!("did not open: {error}")),
        };
        if store.id() != StoreId(1) {
            return Outcome::Lost("another store".to_owned());
        }
        let seen = match observe(&store) {
            Ok(seen) => seen,
            Err(error) => return Outcome::Damaged(format!("opened, but: {error}")),
        };
        let oldest = acked.unwrap_or(0);
        let at = self.models.iter().rposition(|model| *model == seen);
        match at {
            None => Outcome::Lost("a state that never was".to_owned()),
            Some(at) if (at as u64) < oldest => {
                Outcome::Lost(format!("acknowledged {oldest}, found {at}"))
            }
            Some(_) => goes_on(&mut store),
        }
    }
}

/// A store that opened must also work.
fn goes_on(store: &mut impl LogStore) -> Outcome {
    let hard = rota_replica::record::HardState { term: 99, vote: 3, commit: 0 };
    match store.append(&[], Some(hard)).and_then(|()| store.sync()) {
        Ok(()) => Outcome::Good,
        Err(error) => Outcome::Damaged(format!("opened, but cannot write: {error}")),
    }
}

enum Outcome {
    Good,
    Damaged(String),
    Lost(String),
}

fn suffer(disk: &mut Disk, op: &Op, fate: Fate) {
    let What::Change(change) = &op.what else { return };
    match (fate, change) {
        (Fate::Kept, change) => disk.apply(change),
        (Fate::Torn { unit, mask }, Change::Write { node, offset, data }) => {
            let mut start = 0;
            while start < data.len() {
                let at = *offset as usize + start;
                let end = (start + unit - at % unit).min(data.len());
                if mask >> (at / unit % 64) & 1 == 1 {
                    let part = data[start..end].to_vec();
                    disk.apply(&Change::Write { node: *node, offset: at as u64, data: part });
                }
                start = end;
            }
        }
        (Fate::Lost | Fate::Torn { .. }, _) => {}
    }
}

fn describe(op: &Op, risk: &[&Op], fates: &[Fate]) -> String {
    let short = |op: &Op| match &op.what {
        What::Change(Change::Write { node, offset, data }) => {
            format!("write(file {node}, {} bytes at {offset})", data.len())
        }
        What::Change(change) => format!("{change:?}"),
        What::Sync(node) => format!("sync({node})"),
        What::Ack(step) => format!("ack {step}"),
    };
    let parts: Vec<String> =
        risk.iter().zip(fates).map(|(op, fate)| format!("{} {fate:?}", short(op))).collect();
    format!("line {}, after {}; {}", op.ended + 1, short(op), parts.join("; "))
}

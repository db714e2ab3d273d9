//! Beginning: a new cluster, a newcomer, or what a store holds.

use std::collections::{BTreeMap, BTreeSet};

use raft::{RawNode, ReadOnlyOption};

use super::{Replica, make_snapshot, open_snapshot};
use crate::elect::Elector;
use crate::members::Roll;
use crate::raft_types::Disk;
use crate::record::{self, HardState};
use crate::{Config, Error, LogStore, check, limits, logger};

impl<S: LogStore> Replica<S> {
    /// Starts the first replica of a new cluster: it is the only voter, and `snapshot` is the state
    /// that everyone begins with.
    ///
    /// # Errors
    /// [`Error::NotEmpty`] if the store holds a log; the disk's.
    pub fn bootstrap(config: Config, mut store: S, snapshot: Vec<u8>) -> Result<Self, Error> {
        if store.snapshot_meta().index != 0 || store.bounds().last != 0 {
            return Err(Error::NotEmpty);
        }
        let me = u64::from(config.me.0);
        let conf = record::ConfState { voters: vec![me], ..record::ConfState::default() };
        let founder = record::Person { node: me, store: store.id().0, votes: true };
        let first = make_snapshot(1, 1, &Roll::new(conf, &[founder]), snapshot);
        // Term 1 stands for the founding; nobody voted in it.
        store.install(&first, HardState { term: 1, vote: 0, commit: 1 })?;
        store.sync()?;
        Self::open(config, store)
    }

    /// Goes on from what the store holds. With an empty store this is a newcomer: it votes for
    /// nobody and waits until a leader that has been told its [`StoreId`] sends the state.
    ///
    /// The first [`Replica::flush`] returns [`Effect::Restore`] and the committed entries behind it.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] if the store contradicts itself; the disk's.
    pub fn open(config: Config, store: S) -> Result<Self, Error> {
        let saved = store.hard_state();
        verify(&store, saved)?;
        let store_id = store.id();
        let meta = store.snapshot_meta();
        let mut to_tell = Vec::new();
        let mut roll = Roll::default();
        if meta.index > 0 {
            let (body, effect) = open_snapshot(store.snapshot()?)?;
            roll = Roll::new(meta.conf_state.clone().unwrap_or_default(), &body);
            to_tell.push(effect);
        }
        let me = u64::from(config.me.0);
        let raw = RawNode::new(
            &raft_config(&config, meta.index),
            Disk::new(store),
            &logger::raft_logger(),
        )
        .map_err(|error| Error::Raft(error.to_string()))?;
        let mut replica = Replica {
            elector: Elector::new(config.seed, config.election_ticks),
            me,
            store_id,
            raw,
            rolls: BTreeMap::new(),
            seen_stores: BTreeMap::new(),
            heard: BTreeMap::new(),
            ticks: 0,
            applied: meta.index,
            saved,
            bytes_since_snapshot: 0,
            wishes: BTreeMap::new(),
            snapshots_sent: BTreeMap::new(),
            waiting: BTreeSet::new(),
            reads: BTreeSet::new(),
            told: None,
            to_tell,
            refused: 0,
            begun: None,
            config,
        };
        if meta.index > 0 {
            replica.adopt(meta.index, roll);
        }
        Ok(replica)
    }
}

fn raft_config(config: &Config, applied: u64) -> raft::Config {
    let election_tick = usize::try_from(config.election_ticks).unwrap_or(usize::MAX);
    raft::Config {
        id: u64::from(config.me.0),
        election_tick,
        heartbeat_tick: usize::try_from(config.heartbeat_ticks).unwrap_or(usize::MAX),
        applied,
        max_size_per_msg: limits::APPEND_BYTES,
        max_inflight_msgs: limits::INFLIGHT_MESSAGES,
        check_quorum: true,
        pre_vote: true,
        // raft's own random timer must never fire: `Elector` decides, repeatably.
        min_election_tick: usize::MAX - 1,
        max_election_tick: usize::MAX,
        read_only_option: ReadOnlyOption::Safe,
        skip_bcast_commit: false,
        batch_append: true,
        priority: 0,
        max_uncommitted_size: limits::UNCOMMITTED_BYTES_MAX,
        max_committed_size_per_ready: limits::COMMITTED_BYTES,
    }
}

/// A log that went back must be found before raft-rs ends the process over it.
fn verify<S: LogStore>(store: &S, hard: HardState) -> Result<(), Error> {
    let (bounds, meta) = (store.bounds(), store.snapshot_meta());
    let wrong = |what: &str| {
        let text = format!("{what} (commit {}, {bounds:?}, snapshot {})", hard.commit, meta.index);
        Err(Error::Inconsistent(text))
    };
    if hard.commit > bounds.last || hard.commit < meta.index {
        return wrong("commit index outside of the log");
    }
    if meta.index + 1 < bounds.first || meta.index > bounds.last {
        return wrong("snapshot does not meet the log");
    }
    if meta.index == 0 && bounds.last > 0 {
        return wrong("log without a beginning");
    }
    if store.term(bounds.last)? > hard.term {
        return wrong("entry from a future term");
    }
    match &meta.conf_state {
        Some(conf) => check::check_conf(conf).or_else(wrong),
        None if meta.index == 0 => Ok(()),
        None => wrong("snapshot without a membership"),
    }
}

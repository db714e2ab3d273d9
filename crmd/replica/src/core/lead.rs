//! What a leader is asked for and does by itself: members, snapshots, barriers, the lease.

use std::collections::BTreeMap;

use raft::{ProgressState, ReadState, SnapshotStatus, StateRole};
use rota_ids::NodeId;

use super::{Replica, make_snapshot};
use crate::members::{self, Standing, Wish};
use crate::raft_types as types;
use crate::{
    Effect, Error, Follower, LogIndex, LogStore, NotLeader, Refused, Role, Seat, StoreId, limits,
};

impl<S: LogStore> Replica<S> {
    /// Brings a node in: it learns first and, with [`Seat::Voter`], votes when it has caught up. A
    /// member that comes with a newer store is taken out first. Also changes a member's seat.
    ///
    /// Forgotten when the leadership ends: look at [`Effect::Members`] and ask again.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn add_member(&mut self, node: NodeId, store: StoreId, seat: Seat) -> Result<(), Refused> {
        self.leading()?;
        let id = u64::from(node.0);
        let roll = self.roll();
        if id == self.me && (store != self.store_id || seat == Seat::Learner) {
            return Err(Refused::LeaderItself);
        }
        let known = roll.store_of(id);
        let seen = self.seen_stores.get(&id).is_some_and(|seen| store < *seen);
        let stale =
            seen || known.is_some_and(|known| store < known || (store == known && !roll.has(id)));
        if stale || store.0 == 0 {
            return Err(Refused::StaleStore);
        }
        let voters = roll.people.values().filter(|p| p.votes && p.node != id && roll.has(p.node));
        let voters_full = seat == Seat::Voter && voters.count() >= limits::VOTERS_MAX;
        let present = roll.people.keys().filter(|peer| **peer != id && roll.has(**peer));
        if voters_full || present.count() >= limits::MEMBERS_MAX {
            return Err(Refused::TooMany);
        }
        let replaces = roll.has(id) && known != Some(store);
        if replaces && !members::keeps_quorum(roll, id, |peer| self.is_heard(peer)) {
            return Err(Refused::WouldLoseQuorum);
        }
        self.wishes.insert(id, Wish::Be { store, seat });
        Ok(())
    }

    /// The smallest number that a new, empty store of this node may have: larger than all that were
    /// seen of it. Its clock may run behind, and with it the number that it chose.
    #[must_use]
    pub fn least_store(&self, node: NodeId) -> StoreId {
        let id = u64::from(node.0);
        let seen = self.seen_stores.get(&id).copied().max(self.roll().store_of(id));
        StoreId(seen.map_or(1, |seen| seen.0.saturating_add(1)))
    }

    /// Gives the empty store of a newcomer another number. Nothing happens to one that holds a log.
    ///
    /// # Errors
    /// The disk's.
    pub fn renumber(&mut self, store: StoreId) -> Result<(), Error> {
        if self.rolls.is_empty() && store > self.store_id {
            self.raw.mut_store().store.renumber(store)?;
            self.store_id = store;
        }
        Ok(())
    }

    /// Takes a node out. It may come back only with a newer, empty store.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn remove_member(&mut self, node: NodeId) -> Result<(), Refused> {
        self.leading()?;
        let id = u64::from(node.0);
        if id == self.me {
            return Err(Refused::LeaderItself);
        }
        if !members::keeps_quorum(self.roll(), id, |peer| self.is_heard(peer)) {
            return Err(Refused::WouldLoseQuorum);
        }
        self.wishes.insert(id, Wish::BeGone);
        Ok(())
    }

    /// Hands the leadership over to that voter. Proposals are refused until it is done or, after
    /// one election time, given up.
    ///
    /// # Errors
    /// When this replica does not lead.
    pub fn transfer_leadership(&mut self, to: NodeId) -> Result<(), NotLeader> {
        self.leading()?;
        self.raw.transfer_leader(u64::from(to.0));
        Ok(())
    }

    /// Asks for proof that this replica still leads (ReadIndex, Raft §6.4): the answer is
    /// [`Effect::ReadReady`] or [`Effect::ReadLost`]. `token` must not be in use.
    ///
    /// # Errors
    /// When this replica is not [`Role::Leader`].
    pub fn read_barrier(&mut self, token: u64) -> Result<(), NotLeader> {
        if self.role() != Role::Leader {
            return Err(NotLeader { leader: self.leader() });
        }
        self.reads.insert(token);
        self.raw.read_index(token.to_be_bytes().to_vec());
        Ok(())
    }

    /// Whether this replica may believe to be with the majority: the leader has heard it, a
    /// follower has heard the leader, within `lease_ticks`. Not a proof; see `read_barrier`.
    #[must_use]
    pub fn is_quorate(&self) -> bool {
        match self.role() {
            Role::Leader => self.members().is_quorum(|node| self.is_heard(u64::from(node.0))),
            Role::Follower => {
                self.leader().is_some_and(|leader| self.is_heard(u64::from(leader.0)))
            }
            Role::Candidate | Role::Elected => false,
        }
    }

    /// Whether the log has grown enough for [`Replica::compact`] to be worth it.
    #[must_use]
    pub fn wants_compaction(&self) -> bool {
        let since = self.applied.saturating_sub(self.store().snapshot_meta().index);
        since >= limits::COMPACT_ENTRIES || self.bytes_since_snapshot >= limits::COMPACT_BYTES
    }

    /// Replaces the log up to `upto`, which was handed out, by the caller's state at that entry.
    /// `keep_entries` older entries stay for followers that are a little late. Flush afterwards.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] if `upto` was not handed out or is older than the last snapshot
    /// (nothing was changed); the disk's.
    pub fn compact(&mut self, upto: LogIndex, snapshot: Vec<u8>) -> Result<(), Error> {
        let index = upto.0;
        let old = self.store().snapshot_meta().index;
        let roll = self.rolls.range(..=index).next_back().map(|(_, roll)| roll);
        let (Some(roll), true) = (roll, index > old && index <= self.applied) else {
            return Err(Error::Inconsistent(format!("no snapshot possible at {index}")));
        };
        let term = self.store().term(index)?;
        let made = make_snapshot(index, term, roll, snapshot);
        let bounds = self.store().bounds();
        let first = (index + 1).saturating_sub(self.config.keep_entries).max(bounds.first);
        if self.saved.commit < index {
            let hard = types::hard_from_raft(&self.raw.raft.hard_state());
            self.save(&[], hard)?;
        }
        let store = &mut self.raw.mut_store().store;
        store.compact(&made, first)?;
        store.sync()?;
        let in_force = self.rolls.range(..=index).next_back().map_or(0, |(at, _)| *at);
        self.rolls = self.rolls.split_off(&in_force);
        self.bytes_since_snapshot = 0;
        for peer in std::mem::take(&mut self.waiting) {
            if self.raw.raft.state == StateRole::Leader && self.raw.raft.prs().get(peer).is_some() {
                self.raw.raft.send_append(peer);
            }
        }
        Ok(())
    }

    /// What a leader knows of the others that have a seat; nothing when this replica does not lead.
    #[must_use]
    pub fn followers(&self) -> Vec<Follower> {
        let raft = &self.raw.raft;
        if raft.state != StateRole::Leader {
            return Vec::new();
        }
        let others = raft.prs().iter().filter(|(node, _)| **node != self.me);
        let follower = |(node, progress): (&u64, &raft::Progress)| {
            Some(Follower {
                node: members::node_id(*node)?,
                has: LogIndex(progress.matched),
                answered: self.heard.get(node).copied(),
                takes_snapshot: progress.state == ProgressState::Snapshot,
            })
        };
        let mut found: Vec<Follower> = others.filter_map(follower).collect();
        found.sort_by_key(|follower| follower.node);
        found
    }

    /// Gives the leadership up, since what this replica sends does not reach the others, and does
    /// not campaign for a while: its log may well be the longest, and nobody has it.
    pub fn step_aside(&mut self) {
        let raft = &mut self.raw.raft;
        if raft.state == StateRole::Leader {
            let term = raft.term;
            raft.become_follower(term, raft::INVALID_ID);
            self.elector.hold_back();
        }
    }

    pub(super) fn is_heard(&self, node: u64) -> bool {
        let lease = u64::from(self.config.lease_ticks);
        node == self.me || self.heard.get(&node).is_some_and(|tick| self.ticks - tick <= lease)
    }

    /// Proposes the next change of membership, one at a time (Raft §4.1).
    pub(super) fn drive_members(&mut self) {
        if self.begun.is_some() {
            return;
        }
        if self.raw.raft.state != StateRole::Leader {
            self.wishes.clear();
            return;
        }
        if self.role() != Role::Leader || self.raw.raft.has_pending_conf() {
            return;
        }
        let mut wishes = std::mem::take(&mut self.wishes);
        let change =
            members::next_change(self.me, self.roll(), &mut wishes, |node| self.standing(node));
        self.wishes = wishes;
        if let Some(change) = change {
            // Refused only while leadership is handed over; asked again at the next flush.
            let _ = self.raw.propose_conf_change(Vec::new(), types::change_to_raft(&change));
        }
    }

    fn standing(&self, node: u64) -> Standing {
        let reachable = self.is_heard(node);
        let committed = self.raw.raft.raft_log.committed;
        let caught_up = self.raw.raft.prs().get(node).is_some_and(|progress| {
            // Not its state: it may stay in "probe" until there is a next entry.
            progress.matched > 0 && progress.matched + limits::CAUGHT_UP_ENTRIES >= committed
        });
        Standing { caught_up: caught_up && reachable }
    }

    /// raft-rs cannot lead a membership without itself.
    pub(super) fn step_down_if_removed(&mut self) {
        let raft = &mut self.raw.raft;
        if raft.state == StateRole::Leader && !raft.promotable() {
            let term = raft.term;
            raft.become_follower(term, raft::INVALID_ID);
        }
    }

    pub(super) fn peer_unreachable(&mut self, peer: u64) {
        self.raw.report_unreachable(peer);
        if self.snapshots_sent.remove(&peer).is_some() {
            self.raw.report_snapshot(peer, SnapshotStatus::Failure);
        }
    }

    /// A snapshot that was lost on its way would be waited for without end.
    pub(super) fn retry_snapshots(&mut self) {
        let patience = u64::from(self.config.snapshot_retry_ticks);
        let ticks = self.ticks;
        let (late, fresh): (BTreeMap<u64, u64>, _) = std::mem::take(&mut self.snapshots_sent)
            .into_iter()
            .partition(|(_, sent)| ticks - sent >= patience);
        self.snapshots_sent = fresh;
        for peer in late.into_keys() {
            self.raw.report_snapshot(peer, SnapshotStatus::Failure);
        }
    }

    pub(super) fn answer_reads(&mut self, states: Vec<ReadState>, out: &mut Vec<Effect>) {
        for state in states {
            let token = state.request_ctx.as_slice().try_into().map(u64::from_be_bytes);
            if let Ok(token) = token
                && self.reads.remove(&token)
            {
                out.push(Effect::ReadReady { token, index: LogIndex(state.index) });
            }
        }
        if self.raw.raft.state != StateRole::Leader {
            let lost = std::mem::take(&mut self.reads);
            out.extend(lost.into_iter().map(|token| Effect::ReadLost { token }));
        }
    }
}

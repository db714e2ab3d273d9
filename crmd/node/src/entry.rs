//! What stands in the log.
//!
//! Entries are MessagePack with field names, so that fields can be added: an older node skips
//! what it does not know, a newer one takes defaults for what is missing (architecture, D11).

use std::collections::BTreeMap;
use std::net::SocketAddr;

use rota_cib::change::{Change, NewValue};
use rota_cib::status::OperationRecord;
use rota_fencing::{HistoryEntry, Verdict};
use rota_ids::{Incarnation, NodeId, NodeName, Text, WallTime};
use rota_membership::View;
use rota_replica::limits::PROPOSAL_BYTES_MAX;
use serde::{Deserialize, Serialize};

use crate::limits::{PROPOSAL_HEAD_BYTES, SAME_CLOCK_S};
use crate::order::OrderId;

/// Names a proposal for ever: asked twice, it is applied once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProposalId {
    /// Who proposes.
    pub node: NodeId,
    /// In which life.
    pub life: Incarnation,
    /// Counts the proposals of that life from 1.
    pub number: u64,
}

/// An entry on its way into the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// Its name.
    pub id: ProposalId,
    /// All earlier proposals of this life up to here have been seen in the log by their
    /// proposer and will not come again.
    pub settled_below: u64,
    /// When it was sent, by the leader's clock (or one that differs little from it), for people and
    /// for what expires.
    pub at: WallTime,
    /// What is to happen.
    pub entry: Entry,
}

/// One step in the history of the cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Entry {
    /// The founder begins the cluster.
    Found {
        /// The cluster's name.
        cluster: Text,
        /// The first node.
        member: Member,
        /// Its life.
        life: Incarnation,
    },
    /// A change of configuration or status.
    Change(Change),
    /// A transient attribute is written that is to be private (`attrd_updater --private`).
    Private {
        /// Whose attribute.
        node: NodeName,
        /// Its name.
        name: Text,
        /// What it becomes.
        value: NewValue,
    },
    /// An operation ended on a node.
    Result(Box<OperationResult>),
    /// A node no longer repeats an operation.
    Cancelled {
        /// Where.
        node: NodeName,
        /// The order that it answers.
        order: OrderId,
        /// The resource.
        resource: Text,
        /// The operation.
        operation: Text,
        /// Its interval in milliseconds.
        interval: u32,
    },
    /// A resource is about to migrate: from now on it may be active on the target, whose own
    /// history does not say so.
    Migrating {
        /// The resource.
        resource: Text,
        /// Where it comes from.
        source: NodeName,
        /// Where it goes.
        target: NodeName,
    },
    /// Who belongs together from now on.
    View(View),
    /// A node was proven off.
    Verdict(Verdict),
    /// Something worth remembering about fencing.
    FencingNote(HistoryEntry),
    /// Somebody asks for a node to be fenced.
    FenceAsked {
        /// The node.
        target: NodeName,
        /// off, reboot or on.
        wish: rota_fencing::Wish,
        /// Who asks.
        by: Text,
        /// The life that is to end: the one that the asked node knew of; none when it is off.
        life: Option<Incarnation>,
    },
    /// A join line was made.
    TokenMade {
        /// Digest of its secret.
        digest: [u8; 32],
        /// It is worthless after this.
        expires: WallTime,
    },
    /// A newcomer with a good secret is given a number. Refused when the secret is not known.
    Admitted {
        /// Digest of its secret.
        digest: [u8; 32],
        /// Its name.
        name: NodeName,
        /// Its addresses.
        links: Vec<SocketAddr>,
    },
    /// A node is taken out for good.
    Removed {
        /// The node.
        node: NodeId,
    },
}

/// A full node and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its number.
    pub id: NodeId,
    /// Its name.
    pub name: NodeName,
    /// Its address on each link.
    pub links: Vec<SocketAddr>,
}

/// How an operation on a resource ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperationResult {
    /// Where.
    pub node: NodeName,
    /// In which life of that node: a result of a life that was fenced is not believed.
    pub life: Incarnation,
    /// The order that it answers; none for a recurring operation that nobody ordered anew.
    pub order: Option<OrderId>,
    /// The resource as the history names it.
    pub resource: Text,
    /// Class of the agent.
    pub class: Text,
    /// Provider of an OCF agent.
    pub provider: Option<Text>,
    /// The agent.
    pub agent: Text,
    /// The exit code that would have been success.
    pub expected_rc: i32,
    /// Whether it only looked.
    pub is_probe: bool,
    /// Whether the record belongs into the history (notifications do not).
    pub recorded: bool,
    /// What happened.
    pub record: OperationRecord,
}

impl OperationResult {
    /// Whether this counts as a failure of the resource: it ended otherwise than it should, and
    /// it was more than a look whether something runs.
    pub fn is_failure(&self) -> bool {
        let cancelled = self.record.op_status == rota_cib::status::CANCELLED;
        !self.is_probe && !cancelled && self.is_unexpected()
    }

    /// Whether it ended otherwise than it should; what is degraded works. What instances answer to
    /// notifications is of no consequence ("Pacemaker Explained", clone notifications).
    pub fn is_unexpected(&self) -> bool {
        self.recorded && rota_cib::status::state_of_exit(self.record.rc) != self.expected_rc
    }
}

/// Members by number.
pub type Roster = BTreeMap<NodeId, Member>;

/// Why bytes are no proposal.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// A newer version wrote something that this one cannot read, or the bytes are damaged.
    #[error("log entry cannot be read")]
    Decode(#[from] rmp_serde::decode::Error),
    /// Something cannot be written as bytes.
    #[error("log entry cannot be written")]
    Encode(#[from] rmp_serde::encode::Error),
}

impl Entry {
    /// Whether the log takes an entry of this size. One that it does not would be sent for ever,
    /// and nobody would say so.
    pub fn fits_into_log(&self) -> bool {
        rmp_serde::to_vec_named(self)
            .is_ok_and(|bytes| bytes.len() + PROPOSAL_HEAD_BYTES <= PROPOSAL_BYTES_MAX)
    }
}

impl Proposal {
    /// The proposal as bytes.
    ///
    /// # Errors
    /// None in practice: all fields can be encoded.
    pub fn encode(&self) -> Result<Vec<u8>, CodecError> {
        Ok(rmp_serde::to_vec_named(self)?)
    }

    /// Puts a proposal that has just arrived at the leader on the leader's clock, which is the one
    /// that plans go by. By a clock that is late a failure would have expired before it was told:
    /// the service would stay down, and be looked at for ever. Whether anything was changed.
    pub fn put_on_clock(&mut self, now: WallTime) -> bool {
        let behind = now.0.saturating_sub(self.at.0);
        if behind.unsigned_abs() <= SAME_CLOCK_S {
            return false;
        }
        self.at = now;
        let shift = |time: &mut i64| *time = time.saturating_add(behind);
        match &mut self.entry {
            Entry::Result(result) => {
                let record = &mut result.record;
                record.last_run.iter_mut().chain(&mut record.last_rc_change).for_each(shift);
            }
            Entry::TokenMade { expires, .. } => shift(&mut expires.0),
            Entry::Found { .. }
            | Entry::Change(_)
            | Entry::Private { .. }
            | Entry::Cancelled { .. }
            | Entry::Migrating { .. }
            | Entry::View(_)
            | Entry::Verdict(_)
            | Entry::FencingNote(_)
            | Entry::FenceAsked { .. }
            | Entry::Admitted { .. }
            | Entry::Removed { .. } => {}
        }
        true
    }

    /// The proposal behind the bytes.
    ///
    /// # Errors
    /// When the bytes are not a proposal that this version knows.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        Ok(rmp_serde::from_slice(bytes)?)
    }
}

//! What nodes say to each other beside raft and heartbeats.

use rota_fencing::{Action, AttemptId, Reply};
use rota_ids::{NodeName, Term, Text};
use serde::{Deserialize, Serialize};

use crate::entry::{CodecError, ProposalId};
use crate::order::{Order, OrderId, Token};

/// A message from node to node. The sender is known from its certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Message {
    /// To the leader: put this into the log ([`crate::entry::Proposal`], encoded).
    Propose(#[serde(with = "serde_bytes")] Vec<u8>),
    /// To the leader, the first time: put this change of a client into the log, unless it changes
    /// nothing. Asked again it is [`Message::Propose`].
    Ask(#[serde(with = "serde_bytes")] Vec<u8>),
    /// From the leader: this change changes nothing, and will not be in the log.
    Unchanged {
        /// Which one.
        id: ProposalId,
        /// How much of the log the leader had applied when that was so.
        applied: u64,
    },
    /// From the DC: do this.
    Order(Box<Order>),
    /// To the DC: the order has arrived (or had arrived before).
    OrderTaken(OrderId),
    /// To the DC: the order is refused, since a newer token has been seen.
    OrderRefused {
        /// Which one.
        order: OrderId,
        /// The newest token seen.
        newest: Token,
    },
    /// From a new DC: what do you have in flight? From now on older orders are refused.
    Sync {
        /// The token that is the oldest acceptable now.
        token: Token,
    },
    /// To the new DC.
    Synced {
        /// The term that was asked.
        term: Term,
        /// Orders taken whose outcome the log does not hold yet.
        in_flight: Vec<Order>,
    },
    /// From the DC: run a fence device.
    RunDevice(Box<DeviceOrder>),
    /// From the DC: the answer is no longer wanted.
    CancelDevice {
        /// Which run.
        attempt: AttemptId,
    },
    /// To the DC: what the device said.
    DeviceReplied {
        /// Which run.
        attempt: AttemptId,
        /// What it said.
        reply: Reply,
    },
    /// To the leader: tell me when there is nothing left to do.
    TellWhenIdle {
        /// The asker's number for the question.
        question: u64,
    },
    /// From the leader: there is nothing left to do.
    IdleNow {
        /// The question.
        question: u64,
    },
    /// To the leader: my store was empty when I started; I must learn before I vote.
    StoreIsNew {
        /// The number of the empty store.
        store: u64,
    },
    /// From the leader: your empty store needs a larger number, since older ones of yours were seen.
    StoreIsStale {
        /// The smallest that will do.
        least: u64,
    },
}

/// A run of a fence device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceOrder {
    /// For the answer.
    pub attempt: AttemptId,
    /// Who may give it.
    pub token: Token,
    /// The device's id.
    pub device: Text,
    /// The fence agent.
    pub agent: Text,
    /// Its parameters.
    pub params: Vec<(Text, Text)>,
    /// What to do.
    pub action: Action,
    /// To whom.
    pub target: NodeName,
    /// How the device names it.
    pub plug: Text,
    /// Milliseconds until the answer is worthless.
    pub timeout_ms: u64,
    /// For "off": the node is to be switched on again afterwards.
    #[serde(default)]
    pub then_on: bool,
}

impl Message {
    /// The message as bytes: MessagePack with field names.
    ///
    /// # Errors
    /// None in practice: all fields can be encoded.
    pub fn encode(&self) -> Result<Vec<u8>, CodecError> {
        Ok(rmp_serde::to_vec_named(self)?)
    }

    /// The message behind the bytes.
    ///
    /// # Errors
    /// When a newer version says something that this one does not know.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        Ok(rmp_serde::from_slice(bytes)?)
    }
}

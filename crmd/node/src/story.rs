//! What is worth telling people: one failover is to be read as one story.

use std::fmt;

use rota_fencing::Proof;
use rota_ids::{NodeId, NodeName, Term, Text, ViewId};
use rota_transition::AbortReason;

/// One sentence of the story, as data; the shell writes it into the log.
#[derive(Clone, Debug, PartialEq)]
pub enum Story {
    /// Another node leads, or nobody.
    Leader {
        /// Who.
        leader: Option<NodeId>,
        /// In which term.
        term: Term,
    },
    /// This node is the DC and knows what everybody is doing.
    InCharge {
        /// In which term.
        term: Term,
    },
    /// A view was installed.
    View {
        /// Its id.
        id: ViewId,
        /// The members.
        members: Vec<NodeName>,
        /// Who left without a goodbye.
        lost: Vec<NodeName>,
    },
    /// The DC made a plan.
    Planned {
        /// Its number.
        transition: u64,
        /// Why it was made.
        why: AbortReason,
        /// Actions that are no pseudo actions, as people read them.
        actions: Vec<Text>,
    },
    /// All that could be done is done.
    Finished {
        /// The plan's number.
        transition: u64,
        /// Whether everything came to a good end.
        complete: bool,
    },
    /// The DC gave an order.
    Ordered {
        /// To whom.
        node: NodeName,
        /// What, as a key.
        key: Text,
        /// Why it is in the plan.
        why: Option<Text>,
    },
    /// An operation's end is in the log.
    Ended {
        /// Where.
        node: NodeName,
        /// What, as a key.
        key: Text,
        /// Whether it ended otherwise than it should.
        unexpected: bool,
    },
    /// A node is heard and does not take part: it counts as lost.
    NotFollowing {
        /// Which.
        node: NodeName,
        /// What it owes.
        why: Text,
    },
    /// This leader's words reach too few: somebody else has to lead.
    NobodyFollows,
    /// What an earlier life of this boot left is about another cluster of this host.
    OtherMemory {
        /// This node.
        node: NodeName,
        /// What it says is running here.
        running: Vec<Text>,
    },
    /// What an earlier life of this boot left cannot be read.
    MemoryLost {
        /// This node.
        node: NodeName,
        /// Why.
        why: Text,
    },
    /// This node refuses an order.
    Refused {
        /// What, as a key.
        key: Text,
        /// The term of who gave it.
        term: Term,
        /// The newest term of which it has seen an order.
        newest: Term,
    },
    /// A configuration named nodes that are none of this cluster.
    LeftOut {
        /// Their names.
        names: Vec<Text>,
    },
    /// A node is to be fenced.
    Fencing {
        /// Which.
        target: NodeName,
        /// Why.
        why: Text,
    },
    /// A node was proven off.
    Proven {
        /// Which.
        target: NodeName,
        /// How.
        proof: Proof,
    },
    /// No device could prove a node off.
    Stuck {
        /// Which.
        target: NodeName,
        /// What the devices said.
        why: Text,
    },
    /// A plan was refused by the checker. Nothing of it is carried out.
    PlanRefused {
        /// What the checker found.
        why: Text,
    },
    /// A plan is being made for long; what is under way goes on meanwhile.
    PlanIsSlow {
        /// For how long.
        since: std::time::Duration,
    },
    /// This node lost its quorum and stops what its policy says.
    QuorumLost,
    /// This node has quorum again.
    QuorumBack,
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leader { leader: Some(leader), term } => {
                write!(f, "node {leader} leads in term {term}")
            }
            Self::Leader { leader: None, term } => write!(f, "nobody leads (term {term})"),
            Self::InCharge { term } => write!(f, "this node is the DC (term {term})"),
            Self::View { id, members, lost } => {
                write!(f, "view {id}: {}", Names(members))?;
                if lost.is_empty() { Ok(()) } else { write!(f, "; lost: {}", Names(lost)) }
            }
            Self::Planned { transition, why, actions } => {
                write!(f, "plan {transition} because {why}: ")?;
                if actions.is_empty() { f.write_str("nothing to do") } else { list(f, actions) }
            }
            Self::Finished { transition, complete: true } => {
                write!(f, "plan {transition} is carried out")
            }
            Self::Finished { transition, complete: false } => {
                write!(f, "plan {transition} ended before its end")
            }
            Self::Ordered { node, key, why: Some(why) } => {
                write!(f, "{node} is to do {key}: {why}")
            }
            Self::Ordered { node, key, why: None } => write!(f, "{node} is to do {key}"),
            Self::Ended { node, key, unexpected: false } => write!(f, "{node} did {key}"),
            Self::Ended { node, key, unexpected: true } => {
                write!(f, "{key} on {node} ended unexpectedly")
            }
            Self::NotFollowing { node, why } => {
                write!(f, "{node} is heard and does not follow: {why}. It counts as lost")
            }
            Self::OtherMemory { node, running } if running.is_empty() => {
                write!(f, "{node} was in another cluster since its boot: that is forgotten")
            }
            Self::OtherMemory { node, running } => {
                write!(
                    f,
                    "{node} was in another cluster since its boot and left there, perhaps still \
                     running: "
                )?;
                list(f, running)?;
                f.write_str(". Nobody watches over it: stop it by hand, or reboot the host")
            }
            Self::MemoryLost { node, why } => write!(
                f,
                "what {node} has begun since its boot cannot be read ({why}): it goes by the log"
            ),
            Self::Refused { key, term, newest } => write!(
                f,
                "{key} is refused: it was ordered in term {term}, and orders of term {newest} have \
                 been seen"
            ),
            Self::LeftOut { names } => {
                f.write_str("left out of the configuration, since they have not joined: ")?;
                list(f, names)
            }
            Self::NobodyFollows => {
                f.write_str("too few follow this leader: somebody else has to lead")
            }
            Self::Fencing { target, why } => write!(f, "{target} is to be fenced: {why}"),
            Self::Proven { target, proof } => write!(f, "{target} is off: {proof}"),
            Self::Stuck { target, why } => write!(
                f,
                "{target} cannot be proven off: {why}. Nothing of it is recovered. If it is off \
                 for certain, say so with 'rota stonith confirm {target}'"
            ),
            Self::PlanRefused { why } => write!(f, "a plan was refused by its checker: {why}"),
            Self::PlanIsSlow { since } => write!(
                f,
                "a plan has been in the making for {} s; what has begun goes on",
                since.as_secs()
            ),
            Self::QuorumLost => f.write_str("quorum is lost"),
            Self::QuorumBack => f.write_str("quorum is back"),
        }
    }
}

struct Names<'a>(&'a [NodeName]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, name) in self.0.iter().enumerate() {
            let gap = if i == 0 { "" } else { ", " };
            write!(f, "{gap}{name}")?;
        }
        Ok(())
    }
}

fn list(f: &mut fmt::Formatter<'_>, actions: &[Text]) -> fmt::Result {
    const SHOWN: usize = 12;
    for (i, action) in actions.iter().take(SHOWN).enumerate() {
        let gap = if i == 0 { "" } else { ", " };
        write!(f, "{gap}{action}")?;
    }
    match actions.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}

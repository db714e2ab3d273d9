//! May these nodes act? A majority of the configured voters, as raft counts it (D3).
//!
//! Corosync's `two_node`, `last_man_standing` and `auto_tie_breaker` let fewer than a majority
//! act. A raft log cannot commit without one, so they are not options of this count: they will be
//! membership changes that the log records, and appear here when they exist.

use std::collections::BTreeSet;

use rota_ids::NodeId;
use serde::{Deserialize, Serialize};

/// What is asked beyond the majority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuorumOptions {
    /// Corosync's `wait_for_all`: after a cold start nobody acts before all voters have been
    /// members together once.
    pub wait_for_all: bool,
}

/// The answer, with the reason in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quorum {
    /// The members may act.
    Quorate {
        /// Voters among the members.
        votes: usize,
        /// Votes that were needed.
        needed: usize,
    },
    /// Too few voters are members.
    TooFew {
        /// Voters among the members.
        votes: usize,
        /// Votes that are needed.
        needed: usize,
    },
    /// A majority is here, but `wait_for_all` waits for these since the cold start.
    WaitingForAll {
        /// The voters that have not been seen yet.
        missing: BTreeSet<NodeId>,
    },
}

impl Quorum {
    /// Whether the members may act.
    pub const fn is_quorate(&self) -> bool {
        matches!(self, Self::Quorate { .. })
    }
}

/// Votes that a majority of `voters` needs; one even for an empty set, which thus has no quorum.
pub(crate) const fn majority(voters: usize) -> usize {
    voters / 2 + 1
}

/// Whether `members` may act for the cluster of `voters`.
///
/// `all_were_here` says whether all voters have been members together since the cold start (the
/// log knows); it matters for `wait_for_all` only.
pub fn quorum(
    members: &BTreeSet<NodeId>,
    voters: &BTreeSet<NodeId>,
    options: QuorumOptions,
    all_were_here: bool,
) -> Quorum {
    let votes = members.intersection(voters).count();
    let needed = majority(voters.len());
    if votes < needed {
        return Quorum::TooFew { votes, needed };
    }
    let missing: BTreeSet<_> = voters.difference(members).copied().collect();
    if options.wait_for_all && !all_were_here && !missing.is_empty() {
        return Quorum::WaitingForAll { missing };
    }
    Quorum::Quorate { votes, needed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(ids: &[u32]) -> BTreeSet<NodeId> {
        ids.iter().map(|&id| NodeId(id)).collect()
    }

    fn plain(members: &[u32], voters: &[u32]) -> Quorum {
        quorum(&nodes(members), &nodes(voters), QuorumOptions::default(), false)
    }

    #[test]
    fn a_majority_of_the_configured_voters_and_nothing_less() {
        assert!(plain(&[1, 2], &[1, 2, 3]).is_quorate());
        assert_eq!(plain(&[1], &[1, 2, 3]), Quorum::TooFew { votes: 1, needed: 2 });
        assert_eq!(plain(&[1, 2], &[1, 2, 3, 4]), Quorum::TooFew { votes: 2, needed: 3 });
        assert_eq!(plain(&[1], &[1, 2]), Quorum::TooFew { votes: 1, needed: 2 });
        assert!(!plain(&[], &[]).is_quorate());
    }

    #[test]
    fn who_has_no_vote_does_not_count() {
        assert_eq!(plain(&[1, 4, 5], &[1, 2, 3]), Quorum::TooFew { votes: 1, needed: 2 });
    }

    #[test]
    fn wait_for_all_waits_once() {
        let options = QuorumOptions { wait_for_all: true };
        let (two, three) = (nodes(&[1, 2]), nodes(&[1, 2, 3]));
        assert_eq!(
            quorum(&two, &three, options, false),
            Quorum::WaitingForAll { missing: nodes(&[3]) }
        );
        assert!(quorum(&three, &three, options, false).is_quorate());
        assert!(quorum(&two, &three, options, true).is_quorate());
    }
}

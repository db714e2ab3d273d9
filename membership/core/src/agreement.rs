//! From who hears whom to the group that the leader should propose as the next view.
//!
//! The largest group in which all hear all is a maximum clique of the hearing graph, which is a
//! maximum independent set of the graph of those *deaf* to each other. Real partitions make that
//! second graph sparse: nodes that hear everybody stand alone in it and are simply taken. What is
//! left is solved exactly, by branching on the node with most deaf neighbours and solving parts
//! that do not touch each other apart. The preferences are digits of one number, so that one
//! maximum settles size and ties together.

use std::collections::{BTreeMap, BTreeSet};

use rota_ids::{Incarnation, NodeId};

use crate::hearing::Hearing;
use crate::limits::NODES_MAX;
use crate::quorum::majority;

/// The members of the view to propose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Who, and which life of it.
    pub members: BTreeMap<NodeId, Incarnation>,
    /// How many of them vote.
    pub votes: usize,
}

/// Why there is no group to propose.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoGroup {
    /// The best group does not hold the majority.
    #[error("the largest group that hears itself has {votes} of {needed} votes")]
    NoMajority {
        /// The best group that there is.
        members: BTreeSet<NodeId>,
        /// Its votes.
        votes: usize,
        /// Votes that a majority needs.
        needed: usize,
    },
    /// More nodes speak than a cluster may have.
    #[error("{0} nodes speak, more than a cluster may have")]
    TooMany(usize),
}

/// The group that `leader` should propose, given who hears whom.
///
/// Of all groups in which everyone hears everyone and which hold a majority of `voters`: the one
/// with most voters, then with most members, then the one with the leader in it, then with most
/// members of the current view (`present`), then with the lowest ids (the smallest id that is in
/// one and not in the other decides). The same inputs give the same group on every node. When the
/// group is without the leader, the leader should hand over.
pub fn choose(
    hearing: &Hearing,
    voters: &BTreeSet<NodeId>,
    present: &BTreeSet<NodeId>,
    leader: NodeId,
) -> Result<Group, NoGroup> {
    if hearing.rows.len() > NODES_MAX {
        return Err(NoGroup::TooMany(hearing.rows.len()));
    }
    let nodes: Vec<NodeId> = hearing.rows.keys().copied().collect();
    let weight = |(rank, node): (usize, &NodeId)| Weight::of(rank, node, voters, present, leader);
    let search = Search {
        weights: nodes.iter().enumerate().map(weight).collect(),
        deaf: deafness(hearing, &nodes),
    };
    let best = search.best(everyone(nodes.len()), &mut BTreeMap::new());
    let in_best = |rank: usize| best & (1 << rank) != 0;
    let members: BTreeSet<NodeId> =
        nodes.iter().enumerate().filter(|&(rank, _)| in_best(rank)).map(|(_, &n)| n).collect();
    let votes = members.intersection(voters).count();
    let needed = majority(voters.len());
    if votes < needed {
        return Err(NoGroup::NoMajority { members, votes, needed });
    }
    let life = |node: &NodeId| hearing.rows.get(node).map(|row| (*node, row.incarnation));
    Ok(Group { members: members.iter().filter_map(life).collect(), votes })
}

/// The same, given who is wary of whom, and the present view.
///
/// Who was lost repeatedly stays out while somebody is wary of it: a cable that comes and goes would
/// otherwise cost a fencing each time. The price falls on the newcomer and on nobody else: whoever is
/// wary counts as hearing it, and when there is no majority without the newcomers they are let in at
/// once. (Two of three were fenced, then lost their power together; the third one was wary of both,
/// looked deaf to them, and was shot by the two that it had outlived.)
///
/// # Errors
/// See [`NoGroup`].
pub fn choose_warily(
    hearing: &Hearing,
    voters: &BTreeSet<NodeId>,
    view: &BTreeMap<NodeId, Incarnation>,
    leader: NodeId,
) -> Result<Group, NoGroup> {
    let present = view.keys().copied().collect();
    let newcomers: BTreeSet<NodeId> = hearing
        .suspects()
        .filter(|(node, life)| view.get(node) != Some(life))
        .map(|(node, _)| node)
        .collect();
    let trusting = hearing.trusting();
    if !newcomers.is_empty() {
        let mut without = trusting.clone();
        without.rows.retain(|node, _| !newcomers.contains(node));
        if let Ok(group) = choose(&without, voters, &present, leader) {
            return Ok(group);
        }
    }
    choose(&trusting, voters, &present, leader)
}

/// A set of nodes: bit i is the node with the i-th lowest id.
type Set = u64;

const fn everyone(nodes: usize) -> Set {
    if nodes == NODES_MAX { Set::MAX } else { (1 << nodes) - 1 }
}

/// For each node those that it does not hear or that do not hear it.
fn deafness(hearing: &Hearing, nodes: &[NodeId]) -> Vec<Set> {
    let deaf_to = |&a: &NodeId| {
        let pairs = nodes.iter().enumerate();
        pairs.filter(|&(_, &b)| !hearing.mutual(a, b)).fold(0, |set, (rank, _)| set | 1 << rank)
    };
    nodes.iter().map(deaf_to).collect()
}

/// What one node adds to a group: digits from the most to the least important. Sums of up to 64
/// weights carry nothing from one digit into the next, so comparing sums compares digit by digit.
struct Weight;

impl Weight {
    const VOTER: u128 = 1 << 88;
    const MEMBER: u128 = 1 << 80;
    const LEADER: u128 = 1 << 72;
    const PRESENT: u128 = 1 << 64;

    fn of(
        rank: usize,
        node: &NodeId,
        voters: &BTreeSet<NodeId>,
        present: &BTreeSet<NodeId>,
        leader: NodeId,
    ) -> u128 {
        let digit = |holds: bool, value: u128| if holds { value } else { 0 };
        Self::MEMBER
            + digit(voters.contains(node), Self::VOTER)
            + digit(*node == leader, Self::LEADER)
            + digit(present.contains(node), Self::PRESENT)
            + (1 << (NODES_MAX - 1 - rank))
    }
}

struct Search {
    weights: Vec<u128>,
    deaf: Vec<Set>,
}

impl Search {
    /// The heaviest subset of `of` in which nobody is deaf to another. `known` holds what was
    /// found for parts that come up again.
    fn best(&self, of: Set, known: &mut BTreeMap<Set, Set>) -> Set {
        let mut chosen = 0;
        let mut rest = of;
        while rest != 0 {
            let part = self.part_of(rest);
            rest &= !part;
            chosen |= self.best_of_part(part, known);
        }
        chosen
    }

    /// The connected part of `set` that holds its lowest node.
    fn part_of(&self, set: Set) -> Set {
        let mut part = set & set.wrapping_neg();
        let mut edge = part;
        while edge != 0 {
            let touched = ranks(edge).fold(0, |found, rank| found | self.deaf[rank]);
            edge = touched & set & !part;
            part |= edge;
        }
        part
    }

    fn best_of_part(&self, part: Set, known: &mut BTreeMap<Set, Set>) -> Set {
        if part.is_power_of_two() {
            return part;
        }
        if let Some(&found) = known.get(&part) {
            return found;
        }
        let Some(pivot) = ranks(part).max_by_key(|&rank| (self.deaf[rank] & part).count_ones())
        else {
            return part;
        };
        let pivot_set = 1 << pivot;
        let with = pivot_set | self.best(part & !pivot_set & !self.deaf[pivot], known);
        let without = self.best(part & !pivot_set, known);
        let best = if self.weigh(with) > self.weigh(without) { with } else { without };
        known.insert(part, best);
        best
    }

    fn weigh(&self, set: Set) -> u128 {
        ranks(set).map(|rank| self.weights[rank]).sum()
    }
}

/// The ranks in a set, lowest first.
fn ranks(set: Set) -> impl Iterator<Item = usize> {
    let mut rest = set;
    std::iter::from_fn(move || {
        if rest == 0 {
            return None;
        }
        let rank = rest.trailing_zeros() as usize;
        rest &= rest - 1;
        Some(rank)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether chance makes `a` and `b` deaf to each other in the world of this seed.
    fn by_chance(seed: u64, percent: u64, a: usize, b: usize) -> bool {
        let mut mixed = seed;
        for part in [a.min(b) as u64, a.max(b) as u64] {
            mixed = (mixed ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        }
        a != b && (mixed >> 20) % 100 < percent
    }

    fn search(deaf: impl Fn(usize, usize) -> bool) -> Search {
        let row = |a| (0..NODES_MAX).filter(|&b| deaf(a, b)).fold(0, |set, b| set | 1 << b);
        let everyone = (0..64).map(NodeId).collect();
        let weigh = |rank: usize| {
            let node = NodeId(u32::try_from(rank).unwrap());
            Weight::of(rank, &node, &everyone, &everyone, NodeId(0))
        };
        Search {
            weights: (0..NODES_MAX).map(weigh).collect(),
            deaf: (0..NODES_MAX).map(row).collect(),
        }
    }

    /// How many different parts had to be solved.
    fn cost(search: &Search) -> usize {
        let mut known = BTreeMap::new();
        let best = search.best(Set::MAX, &mut known);
        assert!(ranks(best).all(|rank| search.deaf[rank] & best == 0));
        known.len()
    }

    #[test]
    fn the_largest_cluster_is_solved_whatever_is_deaf_to_what() {
        let pairs = search(|a, b| a != b && a / 2 == b / 2);
        assert!(cost(&pairs) <= 32);
        let rings_of_five =
            search(|a, b| a / 5 == b / 5 && a < 60 && b < 60 && matches!(a.abs_diff(b), 1 | 4));
        assert!(cost(&rings_of_five) <= 60);
        let one_ring = search(|a, b| matches!(a.abs_diff(b), 1 | 63));
        assert!(cost(&one_ring) < 5_000);
        for seed in 1..=20 {
            for percent in [1, 2, 3, 5, 8, 12, 20, 30, 50, 80] {
                let parts = cost(&search(|a, b| by_chance(seed, percent, a, b)));
                assert!(parts < 100_000, "seed {seed}, {percent} % deaf: {parts} parts");
            }
        }
    }
}

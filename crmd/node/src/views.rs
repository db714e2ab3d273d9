//! Who is heard, and which view should come next.

use std::collections::{BTreeMap, BTreeSet};

use rota_ids::{Incarnation, NodeId, NodeName};
use rota_membership::{Hearing, Report, Row, View, choose_warily};
use rota_replica::Members;

use crate::following::Following;
use crate::state::ClusterState;

/// What this life knows of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Heard(Incarnation),
    Lost,
    Left(Incarnation),
    Absent,
}

/// What is to be done about the membership.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Propose this view.
    Propose(View),
    /// The best group is without us: somebody in it should lead.
    HandOver(NodeId),
}

/// The peers, as the membership layer reports them.
pub struct Neighbours {
    me: NodeId,
    hearing: Hearing,
    standing: BTreeMap<NodeId, Standing>,
}

impl Neighbours {
    /// Nobody has been heard yet.
    pub fn new(me: NodeId, life: Incarnation) -> Self {
        let own = Row::deaf(life);
        let hearing = Hearing { rows: BTreeMap::from([(me, own)]) };
        Self { me, hearing, standing: BTreeMap::new() }
    }

    /// Takes in a report.
    pub fn hear(&mut self, report: &Report) {
        match report {
            Report::PeerHeard { peer, incarnation, .. } => {
                self.standing.insert(*peer, Standing::Heard(*incarnation));
            }
            Report::PeerLost { peer, .. } => {
                self.standing.insert(*peer, Standing::Lost);
            }
            Report::PeerLeft { peer, incarnation } => {
                self.standing.insert(*peer, Standing::Left(*incarnation));
            }
            Report::PeerAbsent { peer } => {
                self.standing.insert(*peer, Standing::Absent);
            }
            Report::HearingChanged(hearing) => self.hearing = hearing.clone(),
            Report::LinkChanged { .. }
            | Report::BestLinkChanged { .. }
            | Report::Overslept { .. }
            | Report::Departed => {}
        }
    }

    /// Who hears whom.
    pub fn hearing(&self) -> &Hearing {
        &self.hearing
    }

    /// Whether this node hears the peer now.
    pub fn hears(&self, peer: NodeId) -> bool {
        matches!(self.standing.get(&peer), Some(Standing::Heard(_)))
    }

    /// Which life of the peer is heard now.
    pub fn life_of(&self, peer: NodeId) -> Option<Incarnation> {
        match self.standing.get(&peer) {
            Some(Standing::Heard(life)) => Some(*life),
            Some(Standing::Lost | Standing::Left(_) | Standing::Absent) | None => None,
        }
    }

    /// Peers that are heard now.
    pub fn heard(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.standing
            .iter()
            .filter(|(_, standing)| matches!(standing, Standing::Heard(_)))
            .map(|(peer, _)| *peer)
    }

    /// Peers that are heard now, and which life of each.
    pub fn lives(&self) -> impl Iterator<Item = (NodeId, Incarnation)> + '_ {
        self.standing.iter().filter_map(|(peer, standing)| match standing {
            Standing::Heard(life) => Some((*peer, *life)),
            Standing::Lost | Standing::Left(_) | Standing::Absent => None,
        })
    }

    /// Our place among the voters that we hear when `gone` is lost: the first campaigns first.
    pub fn rank_without(&self, gone: NodeId, members: &Members) -> u32 {
        let before = members
            .voters
            .iter()
            .filter(|&&voter| voter != gone && voter < self.me && self.hears(voter))
            .count();
        u32::try_from(before).unwrap_or(u32::MAX)
    }

    /// What the leader should do about the membership, if anything.
    ///
    /// Nothing is proposed while a member of the present view is neither heard nor known to be
    /// gone: after a cold start hosts come up at their own pace, and who is merely slower must
    /// not be fenced for it. Nor is a node taken back in that is being fenced in that very boot, and
    /// who is heard and does not follow is as good as not heard (architecture, D15).
    pub fn next(
        &self,
        state: &ClusterState,
        members: &Members,
        being_fenced: &BTreeSet<NodeName>,
        following: &Following,
    ) -> Option<Next> {
        let present: BTreeSet<NodeId> = state.view.members.keys().copied().collect();
        if present.iter().any(|node| *node != self.me && !self.standing.contains_key(node)) {
            return None;
        }
        let mut hearing = self.hearing.clone();
        hearing.rows.retain(|node, row| {
            let follows = *node == self.me || following.may_belong(*node, present.contains(node));
            state.roster.contains_key(node)
                && follows
                && !is_being_fenced(state, *node, row.incarnation, being_fenced)
        });
        let group = choose_warily(&hearing, &members.voters, &state.view.members, self.me).ok()?;
        if let Some(first) =
            group.members.keys().next().filter(|_| !group.members.contains_key(&self.me))
        {
            return Some(Next::HandOver(*first));
        }
        if group.members == state.view.members {
            return None;
        }
        let goodbyes = self
            .standing
            .iter()
            .filter_map(|(peer, standing)| match standing {
                Standing::Left(life) => Some((*peer, *life)),
                Standing::Heard(_) | Standing::Lost | Standing::Absent => None,
            })
            .collect();
        Some(Next::Propose(state.view.next(group.members, &goodbyes)))
    }
}

fn is_being_fenced(
    state: &ClusterState,
    node: NodeId,
    life: Incarnation,
    being_fenced: &BTreeSet<NodeName>,
) -> bool {
    let same_boot = |old: Option<&Incarnation>| old.is_some_and(|old| old.boot == life.boot);
    let named = state.name_of(node).is_some_and(|name| being_fenced.contains(name));
    // A goodbye is no sentence: a daemon that was stopped in good order may be started again.
    let went_well = state.view.left.get(&node).is_some_and(|old| old.start < life.start)
        && state.view.left.get(&node) == state.ended.get(&node);
    (named && same_boot(state.unclean.get(&node)))
        || (same_boot(state.ended.get(&node)) && !went_well)
}

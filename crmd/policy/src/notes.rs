//! Reasons: what speaks for and against each node, kept for people.
//!
//! Notes are data; words are made from them elsewhere.

use rota_cib::Text;
use serde::{Deserialize, Serialize};

use crate::model::World;

/// Something that counted when a place was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Note {
    /// A location constraint gives a node a score.
    Location {
        /// The constraint.
        constraint: Text,
        /// The resource (or what contains it).
        resource: Text,
        /// The node.
        node: Text,
        /// The score; plus or minus 1,000,000 is infinity.
        score: i32,
        /// Whether it is about the promoted role only.
        promoted: bool,
    },
    /// A colocation ties a resource to another.
    Colocation {
        /// The constraint.
        constraint: Text,
        /// Who depends.
        resource: Text,
        /// On whom.
        with: Text,
        /// The score.
        score: i32,
    },
    /// The resource stays gladly where it is.
    Stickiness {
        /// The resource.
        resource: Text,
        /// Where it is.
        node: Text,
        /// The score.
        score: i32,
    },
    /// A failure keeps the resource off a node until it is cleaned up.
    Failure {
        /// The resource.
        resource: Text,
        /// The node.
        node: Text,
        /// What kind of failure.
        why: Text,
    },
    /// The resource failed on a node so often that it may not run there.
    Threshold {
        /// The resource.
        resource: Text,
        /// The node.
        node: Text,
        /// How often it failed.
        count: i32,
        /// How often it may.
        limit: i32,
    },
    /// A ticket is missing that the resource needs.
    Ticket {
        /// The constraint.
        constraint: Text,
        /// The ticket.
        ticket: Text,
        /// The resource.
        resource: Text,
    },
    /// A node can run nothing.
    Unusable {
        /// The node.
        node: Text,
        /// Why.
        why: Text,
    },
}

/// Gathers what counts, before anything is chosen.
pub(crate) fn gather(world: &World<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    let name = |nid: usize| world.nodes[nid].name.clone();
    let resource = |rid: usize| world.rscs[rid].id.clone();
    for node in &world.nodes {
        let why = if node.unclean {
            node.fence_reason.as_deref().unwrap_or("it is unclean")
        } else if node.standby {
            "it is in standby"
        } else if node.maintenance {
            "it is in maintenance"
        } else if node.pending {
            "it is still joining"
        } else if node.shutdown {
            "it is shutting down"
        } else if !node.online {
            "it is offline"
        } else {
            continue;
        };
        notes.push(Note::Unusable { node: node.name.clone(), why: why.into() });
    }
    for location in &world.constraints.locations {
        for &(nid, score) in &location.nodes {
            notes.push(Note::Location {
                constraint: location.id.clone(),
                resource: resource(location.rid),
                node: name(nid),
                score,
                promoted: location.role == Some(rota_cib::constraint::Role::Promoted),
            });
        }
    }
    for coloc in &world.constraints.colocations {
        notes.push(Note::Colocation {
            constraint: coloc.id.clone(),
            resource: resource(coloc.dependent),
            with: resource(coloc.primary),
            score: coloc.score,
        });
    }
    for ban in &world.constraints.bans {
        notes.push(Note::Failure {
            resource: resource(ban.rid),
            node: name(ban.nid),
            why: ban.why.into(),
        });
    }
    for need in &world.constraints.tickets {
        let info = world.tickets.get(&need.ticket);
        if info.is_none_or(|i| !i.granted || i.standby) {
            notes.push(Note::Ticket {
                constraint: need.id.clone(),
                ticket: need.ticket.clone(),
                resource: resource(need.rid),
            });
        }
    }
    for (rid, rsc) in world.rscs.iter().enumerate() {
        if rsc.is_primitive() && rsc.managed && rsc.stickiness != 0 && rsc.running_on.len() == 1 {
            notes.push(Note::Stickiness {
                resource: rsc.id.clone(),
                node: name(rsc.running_on[0]),
                score: rsc.stickiness,
            });
        }
        for &(nid, count) in &rsc.fail_counts {
            let limit = rsc.meta.migration_threshold;
            if limit > 0 && count.count >= limit {
                notes.push(Note::Threshold {
                    resource: resource(rid),
                    node: name(nid),
                    count: count.count,
                    limit,
                });
            }
        }
    }
    notes
}

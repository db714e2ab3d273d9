//! What speaks for and against a resource on a node.

use rota_cib::constraint::{Constraint, Role};
use rota_cib::rule::Rule;
use rota_cib::{Text, rule_words};
use smol_str::format_smolstr;

use super::ledger::{Entry, Source};
use super::reason::{Fact, NodeState, Reason};
use super::words::About;
use super::{compare, failure, whole};
use crate::assign::{colocs_as_dependent, fail_count, usable};
use crate::constraints::LocationC;
use crate::model::{Kind, Nid, Rid, World};
use crate::options::Health;
use crate::score::INF;

/// How far "because" goes from resource to resource.
const DEPTH: usize = 4;

/// The names for words about a resource on a node.
pub(super) fn about<'w>(world: &'w World<'_>, rid: Rid, nid: Nid) -> About<'w> {
    let rsc = &world.rscs[rid];
    let resource = if rsc.anonymous { &rsc.conf_id } else { &rsc.id };
    About { resource, node: &world.nodes[nid].name }
}

/// Everything that counts, the strongest first.
pub(super) fn of(world: &World<'_>, rid: Rid, nid: Nid) -> Vec<Fact> {
    with_depth(world, rid, nid, DEPTH)
}

pub(super) fn with_depth(world: &World<'_>, rid: Rid, nid: Nid, depth: usize) -> Vec<Fact> {
    let mut found = Found { world, rid, nid, facts: Vec::new() };
    for reason in states(world, nid) {
        found.push(reason, None);
    }
    found.locations();
    found.failures();
    found.health();
    found.colocations(depth);
    found.others();
    let mut facts = found.facts;
    facts.sort_by_key(|fact| {
        let strength = match (&fact.reason, fact.score) {
            (_, Some(score)) => i64::from(score).abs() * 2,
            (Reason::Colocation { .. } | Reason::GroupMember { .. }, None) => 0,
            (_, None) => i64::from(INF) * 3,
        };
        let against = i64::from(fact.score.is_some_and(|s| s < 0));
        -(strength + against)
    });
    for fact in &mut facts {
        fact.decisive = bars(fact);
    }
    facts
}

/// Whether a fact alone keeps the resource off the node.
pub(super) fn bars(fact: &Fact) -> bool {
    match fact.reason {
        Reason::Node { .. } | Reason::OptIn | Reason::Unsuitable => true,
        _ => fact.score.is_some_and(|s| s <= -INF),
    }
}

/// Why a node can run nothing, all that applies.
pub(super) fn states(world: &World<'_>, nid: Nid) -> Vec<Reason> {
    let node = &world.nodes[nid];
    let mut states = Vec::new();
    if node.unclean {
        states.push(NodeState::Unclean);
    } else if node.shutdown && node.online && !node.is_remote() {
        states.push(NodeState::Leaving);
    } else if !node.online && !node.pending {
        states.push(if node.is_remote() { NodeState::Unconnected } else { NodeState::Offline });
    } else if node.pending {
        states.push(NodeState::Joining);
    }
    if node.standby_by_failure {
        states.push(NodeState::StandbyByFailure);
    } else if node.standby {
        states.push(NodeState::Standby);
    }
    if node.maintenance {
        states.push(NodeState::Maintenance);
    }
    if states.is_empty() && !usable(world, nid) {
        states.push(NodeState::Unconnected);
    }
    let why = |state| match state {
        NodeState::Unclean => node.fence_reason.as_deref().map(Text::from),
        _ => None,
    };
    let reason = |state| Reason::Node { node: node.name.clone(), state, why: why(state) };
    states.into_iter().map(reason).collect()
}

/// Where a resource will be as seen from a node: of a clone, here if any of it is here.
pub(super) fn place_of(world: &World<'_>, rid: Rid, seen_from: Nid) -> Option<Nid> {
    match &world.rscs[rid].kind {
        Kind::Primitive => world.rscs[rid].assigned,
        Kind::Group { .. } => world.rscs[rid].children.iter().find_map(|&c| world.rscs[c].assigned),
        Kind::Clone(_) | Kind::Bundle(_) => {
            let places: Vec<Nid> =
                world.leaves(rid).iter().filter_map(|&l| world.rscs[l].assigned).collect();
            places.iter().copied().find(|&p| p == seen_from).or(places.first().copied())
        }
    }
}

/// Whether what is said of `of` counts for `rid`: itself or what contains it. A group speaks
/// through its first member.
pub(super) fn speaks_for(world: &World<'_>, of: Rid, rid: Rid) -> bool {
    speakers(world, rid).contains(&of)
}

/// A resource and what contains it, as far as it speaks for it.
fn speakers(world: &World<'_>, rid: Rid) -> Vec<Rid> {
    let mut found = vec![rid];
    let mut at = rid;
    while let Some(parent) = world.rscs[at].parent {
        if let Kind::Group { colocated: true, .. } = world.rscs[parent].kind
            && world.rscs[parent].children.first() != Some(&at)
        {
            break;
        }
        found.push(parent);
        at = parent;
    }
    found
}

/// A location constraint with the names that people gave it.
pub(super) fn location_reason(world: &World<'_>, location: &LocationC, score: i32) -> Reason {
    let configured = world.cib.config.constraints.iter().find_map(|c| match c {
        Constraint::Location(l) if l.id == location.id => Some(l),
        _ => None,
    });
    // The resource as the constraint names it, not the clone around it.
    let named = configured.and_then(|l| l.rsc.clone());
    let resource = named.unwrap_or_else(|| world.rscs[location.rid].id.clone());
    let rules = configured.map_or(&[][..], |l| &l.rules);
    let gives = |rule: &&Rule| rule.score.is_none_or(|s| s.value() == score);
    let rule = rules.iter().find(gives).map(|rule| rule_words::to_words(rule).into());
    let (constraint, manual) = (location.id.clone(), location.id.starts_with("cli-"));
    Reason::Location { constraint, resource, manual, rule }
}

/// What a change did to a score, as a number to add.
fn effect(entry: &Entry) -> i32 {
    match (entry.before.present, entry.after.score) {
        (_, after) if after <= -INF => -INF,
        (_, after) if after >= INF => INF,
        (true, after) => after - entry.before.score,
        (false, after) => after,
    }
}

struct Found<'w, 'a> {
    world: &'w World<'a>,
    rid: Rid,
    nid: Nid,
    facts: Vec<Fact>,
}

impl Found<'_, '_> {
    fn push(&mut self, reason: Reason, score: Option<i32>) {
        let fact = Fact::new(reason, score, about(self.world, self.rid, self.nid));
        if !self.facts.contains(&fact) {
            self.facts.push(fact);
        }
    }

    /// What the ledger says of one source here, in sum.
    fn entered(&self, wanted: Source) -> Option<i32> {
        let ledger = self.world.ledger.as_ref()?;
        let entries = ledger.of(self.rid, self.nid).filter(|e| e.source == wanted);
        entries.map(effect).reduce(crate::score::sum)
    }

    fn locations(&mut self) {
        let (world, nid) = (self.world, self.nid);
        let Some(ledger) = &world.ledger else { return };
        let mut indices: Vec<usize> =
            speakers(world, self.rid).iter().flat_map(|&r| ledger.locations_of(r)).collect();
        indices.sort_unstable();
        for location in indices.into_iter().map(|i| &world.constraints.locations[i]) {
            if location.role.is_some() {
                continue;
            }
            for &(_, score) in location.nodes.iter().filter(|&&(n, s)| n == nid && s != 0) {
                self.push(location_reason(world, location, score), Some(score));
            }
        }
    }

    fn failures(&mut self) {
        let world = self.world;
        if let Some(ledger) = &world.ledger {
            let nid = self.nid;
            for ban in ledger.bans().iter().filter(|ban| ban.nid == nid) {
                if speaks_for(world, ban.rid, self.rid) {
                    let failure = self.failure(ban.rid);
                    let consequence = Text::new_static(match ban.why {
                        "stop-failed" => "it could not be stopped",
                        "hard-error" => "it cannot run there as it is",
                        other => other,
                    });
                    self.push(Reason::Failed { failure, consequence }, Some(-INF));
                }
            }
        }
        let alike = match world.rscs[self.rid].anonymous {
            true => world.instance_owner(self.rid).map_or_else(Vec::new, |o| world.leaves(o)),
            false => world.leaves(self.rid),
        };
        for leaf in alike {
            let rsc = &world.rscs[leaf];
            let limit = rsc.meta.migration_threshold;
            let count = fail_count(world, leaf, self.nid);
            if limit > 0 && count >= limit && !rsc.failure_ignored {
                let last = rsc.fail_counts.iter().find(|(n, _)| *n == self.nid).map(|(_, c)| c);
                let timeout = rsc.meta.failure_timeout_s;
                let expires = last
                    .filter(|c| timeout > 0 && c.last_failure > 0)
                    .map(|c| c.last_failure + timeout);
                let failure = failure::find(world, leaf, self.nid);
                // Told already as what bans it from here.
                let told = |fact: &Fact| match &fact.reason {
                    Reason::Failed { failure: told, .. } => *told == failure,
                    _ => false,
                };
                let failure = failure.clone().filter(|_| !self.facts.iter().any(told));
                let reason = Reason::Threshold { count, limit, failure, expires };
                self.push(reason, Some(-INF));
            }
        }
    }

    fn failure(&self, rid: Rid) -> Option<failure::Failure> {
        self.world.leaves(rid).iter().find_map(|&l| failure::find(self.world, l, self.nid))
    }

    fn health(&mut self) {
        let (world, node) = (self.world, &self.world.nodes[self.nid]);
        let strategy = match world.opts.health {
            Health::None => return,
            Health::MigrateOnRed => "migrate-on-red",
            Health::OnlyGreen => "only-green",
            Health::Progressive => "progressive",
            Health::Custom => "custom",
        };
        let top = whole::top_of(world, self.rid);
        if node.health == 0 || world.rscs[top].meta.allow_unhealthy {
            return;
        }
        let mut attributes: Vec<Text> = node
            .attributes
            .iter()
            .filter(|(name, value)| name.starts_with("#health") && *value != "green")
            .map(|(name, value)| format_smolstr!("{name}={value}"))
            .collect();
        attributes.sort();
        let score = node.health;
        self.push(Reason::Health { attributes, strategy: strategy.into() }, Some(score));
    }

    fn colocations(&mut self, depth: usize) {
        let world = self.world;
        for i in colocs_as_dependent(world, self.rid) {
            let coloc = &world.constraints.colocations[i];
            let place = place_of(world, coloc.primary, self.nid);
            let single =
                !matches!(world.rscs[coloc.primary].kind, Kind::Clone(_) | Kind::Bundle(_));
            let plain = coloc.dependent_role.is_none()
                && coloc.primary_role.is_none()
                && coloc.attribute.is_none();
            let known = match place {
                _ if !single || !plain => None,
                // Being together is a matter of course: it keeps off the others, and adds nothing.
                Some(p) if p == self.nid && coloc.score >= INF => Some(None),
                Some(p) if p == self.nid => Some(Some(coloc.score)),
                Some(_) | None if coloc.score >= INF => Some(Some(-INF)),
                Some(_) | None => None,
            };
            let entered = self.entered(Source::Colocation(i)).map(Some);
            let Some(score) = entered.or(known) else { continue };
            let with_node = place.map(|p| world.nodes[p].name.clone());
            let with = world.rscs[coloc.primary].id.clone();
            let reason = match world.rscs[self.rid].parent {
                Some(parent) if coloc.id == "#group-members" => {
                    let group = world.rscs[parent].conf_id.clone();
                    Reason::GroupMember { group, with, with_node }
                }
                _ => {
                    let (constraint, score) = (coloc.id.clone(), coloc.score);
                    Reason::Colocation { constraint, with, with_node, score }
                }
            };
            let mut fact = Fact::new(reason, score, about(world, self.rid, self.nid));
            if score.is_some_and(|s| s <= -INF) && coloc.score > 0 && depth > 0 {
                fact.because = match place {
                    // It is here and no company all the same: it failed and is blocked.
                    Some(p) if p == self.nid => blocked_here(world, coloc.primary, p),
                    Some(_) | None => not_here(world, coloc.primary, self.nid, depth - 1),
                };
            }
            self.facts.push(fact);
        }
    }

    /// What only the ledger knows.
    fn others(&mut self) {
        let world = self.world;
        let rsc = &world.rscs[self.rid];
        if !rsc.allowed[self.nid].present {
            let reason = if world.opts.symmetric { Reason::Unsuitable } else { Reason::OptIn };
            self.push(reason, None);
        }
        let Some(ledger) = &world.ledger else { return };
        let entries: Vec<Entry> = ledger.of(self.rid, self.nid).copied().collect();
        for entry in &entries {
            let reason = match entry.source {
                Source::Lock => {
                    let node = rsc.lock_node.map(|n| world.nodes[n].name.clone());
                    Reason::Locked { node: node.unwrap_or_default() }
                }
                Source::NodeScore => Reason::NodeScore,
                Source::Discovery => Reason::Exclusive,
                Source::Stickiness if rsc.blocked => {
                    let failure = failure::anywhere(world, self.rid);
                    Reason::Blocked { failure, why: rsc.blocked_why.into() }
                }
                Source::Stickiness if !rsc.managed => whole::unmanaged(world, self.rid),
                Source::Stickiness => Reason::Stickiness,
                Source::NotOnItself => Reason::Unsuitable,
                Source::WantedBy(i) => {
                    let coloc = &world.constraints.colocations[i];
                    let by = world.rscs[coloc.dependent].id.clone();
                    let constraint = match coloc.id.as_str() {
                        "#group-members" => {
                            format_smolstr!("group {}", whole::parent_name(world, coloc.dependent))
                        }
                        _ => coloc.id.clone(),
                    };
                    Reason::WantedBy { constraint, by }
                }
                Source::Utilization => whole::utilization(world, self.rid, self.nid),
                Source::Promotion => {
                    Reason::Promotion { attribute: format_smolstr!("master-{}", rsc.conf_id) }
                }
                Source::Location(_)
                | Source::Ban(_)
                | Source::Threshold
                | Source::Health
                | Source::Ticket
                | Source::Colocation(_)
                | Source::Stopped
                | Source::CloneNode
                | Source::CloneEnough
                | Source::Undone => continue,
            };
            self.push(reason, Some(effect(entry)));
        }
    }
}

/// Why nothing can be with a resource although it is here.
fn blocked_here(world: &World<'_>, rid: Rid, nid: Nid) -> Vec<Fact> {
    let mut leaves = world.leaves(rid).into_iter();
    let here = leaves.find(|&l| world.rscs[l].assigned == Some(nid) && world.rscs[l].blocked);
    here.map_or_else(Vec::new, |leaf| whole::of(world, leaf))
}

/// Why a resource is not on a node, nothing but what decides.
fn not_here(world: &World<'_>, rid: Rid, nid: Nid, depth: usize) -> Vec<Fact> {
    let leaf = world.leaves(rid).first().copied().unwrap_or(rid);
    let rsc = &world.rscs[leaf];
    let fixed = rsc.blocked || !rsc.managed;
    if fixed || rsc.next_role.unwrap_or(Role::Stopped) == Role::Stopped {
        let facts = whole::of(world, leaf);
        if !facts.is_empty() {
            return facts;
        }
    }
    let mut facts = with_depth(world, leaf, nid, depth);
    facts.retain(bars);
    if facts.is_empty()
        && let Some(there) = world.rscs[leaf].assigned
    {
        facts.extend(compare::better(world, leaf, nid, there));
    }
    facts
}

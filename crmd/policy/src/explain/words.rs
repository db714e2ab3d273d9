//! Reasons in words, and the commands that would change them.

use super::reason::{Fact, NodeState, Reason};
use crate::score;

/// Who is being explained, and where.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub resource: &'a str,
    pub node: &'a str,
}

impl Fact {
    /// A fact in words.
    pub(super) fn new(reason: Reason, score: Option<i32>, about: About<'_>) -> Self {
        let text = words(&reason, score, about);
        let command = command(&reason, score, about);
        Self { reason, score, decisive: false, text, command, because: Vec::new() }
    }
}

/// A length of time as people say it.
pub(super) fn span(seconds: i64) -> String {
    match seconds {
        s if s % 3600 == 0 && s > 0 => format!("{} h", s / 3600),
        s if s % 60 == 0 && s > 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

/// What a state of a node means.
pub(super) fn node_words(node: &str, state: NodeState, why: Option<&str>) -> String {
    match (state, why) {
        (NodeState::Unclean, Some(why)) => format!("{node} is to be fenced: {why}"),
        (NodeState::Unclean, None) => format!("{node} is unclean and to be fenced"),
        (NodeState::Standby, _) => format!("{node} is in standby"),
        (NodeState::StandbyByFailure, _) => {
            format!("{node} is in standby because of a failure there (on-fail=standby)")
        }
        (NodeState::Maintenance, _) => format!("{node} is in maintenance"),
        (NodeState::Joining, _) => format!("{node} is heard but not yet a member"),
        (NodeState::Leaving, _) => format!("{node} is shutting down"),
        (NodeState::Offline, _) => format!("{node} is offline"),
        (NodeState::Unconnected, _) => format!("{node} has no connection"),
    }
}

/// A reason in words.
pub(super) fn words(reason: &Reason, score: Option<i32>, about: About<'_>) -> String {
    let at = |node: &Option<rota_cib::Text>| match node {
        Some(node) if node == about.node => "is here".to_owned(),
        Some(node) => format!("is on {node}"),
        None => "has no node".to_owned(),
    };
    let against = score.is_some_and(|s| s < 0);
    match reason {
        Reason::Node { node, state, why } => node_words(node, *state, why.as_deref()),
        Reason::Location { constraint, resource, manual, rule } => {
            let verb = if against { "keeps" } else { "wants" };
            let there = match against {
                true if about.node.is_empty() => "away",
                true => "off this node",
                false => "here",
            };
            let of = if resource == about.resource {
                String::new()
            } else {
                format!(" (of {resource})")
            };
            let left = if *manual { ", left by 'resource move' or 'resource ban'" } else { "" };
            let rule = rule.as_ref().map_or_else(String::new, |rule| format!(", where {rule}"));
            format!("location {constraint}{of} {verb} it {there}{rule}{left}")
        }
        Reason::Stickiness => "stickiness: it is active here".into(),
        Reason::Colocation { constraint, with, with_node, score } => {
            let how = if *score < 0 { "apart from" } else { "with" };
            let must = if score.abs() >= score::INF { "must be" } else { "would be" };
            format!("colocation {constraint}: {must} {how} {with}, which {}", at(with_node))
        }
        Reason::GroupMember { group, with, with_node } => {
            format!("group {group}: must be with {with}, which {}", at(with_node))
        }
        Reason::WantedBy { constraint, by } => {
            let wish = if against { "would not come here" } else { "would come here" };
            let kind = if constraint.starts_with("group ") { "" } else { "colocation " };
            format!("{kind}{constraint}: {by}, which is to be with it, {wish}")
        }
        Reason::Threshold { count, limit, failure, expires } => {
            let count = match count {
                c if *c >= score::INF => "it failed fatally".to_owned(),
                1 => "it failed once".to_owned(),
                c => format!("it failed {c} times"),
            };
            let here = if about.node.is_empty() { "" } else { " here" };
            let limit = match limit {
                l if *l >= score::INF => String::from(" (fail count INFINITY)"),
                l => format!(", migration-threshold is {l}"),
            };
            let failure = failure.as_ref().map_or_else(String::new, |f| format!("; {}", f.words()));
            let expires = expires.map_or_else(String::new, |at| {
                format!("; forgotten at {}", crate::simulate::date_text(at))
            });
            format!("{count}{here}{limit}{failure}{expires}")
        }
        Reason::Failed { failure, consequence } => match failure {
            Some(failure) => format!("{} ({consequence})", failure.words()),
            None => format!("it failed ({consequence})"),
        },
        Reason::Health { attributes, strategy } => format!(
            "node health ({strategy}): {}",
            if attributes.is_empty() { "node-health-base".into() } else { attributes.join(", ") }
        ),
        Reason::NodeScore => "the node's own score".into(),
        Reason::Exclusive => {
            "only nodes with resource-discovery=exclusive are allowed, and this is none".into()
        }
        Reason::OptIn => {
            "the cluster is opt-in (symmetric-cluster=false) and nothing allows this node".into()
        }
        Reason::Unsuitable => {
            format!("{} cannot run on a node of this kind", about.resource)
        }
        Reason::Locked { node } => format!("locked to {node} until that is back (shutdown-lock)"),
        Reason::Ticket { constraint, ticket } => {
            format!("ticket {ticket} is not granted here (constraint {constraint})")
        }
        Reason::Utilization { needs, has } => format!(
            "not enough capacity left: needs {}, the node has {} in all",
            list(needs),
            list(has)
        ),
        Reason::Disabled { by } => format!("it is disabled (target-role=Stopped of {by})"),
        Reason::NotToPromote { by } => {
            format!("it is not to be promoted (target-role=Unpromoted of {by})")
        }
        Reason::StopAll => "everything is stopped (stop-all-resources)".into(),
        Reason::Removed => "it is not configured any more".into(),
        Reason::Unmanaged { by } => format!("it is not managed ({by})"),
        Reason::Blocked { failure, why } => match failure {
            Some(failure) if why.is_empty() => format!("blocked: {}", failure.words()),
            Some(failure) => format!("blocked, for {why}: {}", failure.words()),
            None => "blocked by a failure".into(),
        },
        Reason::MultiplyActive { nodes } => format!("it is active on {} at once", list(nodes)),
        Reason::NoQuorum { policy } => format!("there is no quorum (no-quorum-policy={policy})"),
        Reason::CloneNode { clone, limit } => {
            format!("{clone} has {limit} here, as many as it may (clone-node-max)")
        }
        Reason::CloneEnough { clone, limit } => {
            format!("{clone} has all its {limit} elsewhere (clone-max)")
        }
        Reason::Promotion { attribute } => format!("promotion score ({attribute})"),
        Reason::NoPromotionScore { clone } => {
            format!("no promotion score here: the agent of {clone} has not set one")
        }
        Reason::BetterPromoted { limit, from, score_from, to, score_to, .. } => format!(
            "promotion score is {} on {to}, {} on {from} (promoted-max is {limit})",
            score::text(*score_to),
            score::text(*score_from)
        ),
        Reason::Tie { by } => format!("equal scores; {by}"),
        Reason::Better { from, score_from, to, score_to, by } => {
            if score_from == score_to {
                let score = score::text(*score_to);
                return format!("{to} has the same score, {score}, and was taken");
            }
            let by = if by.is_empty() { String::new() } else { format!(": {}", by.join("; ")) };
            format!(
                "{to} has score {}, {from} only {}{by}",
                score::text(*score_to),
                score::text(*score_from)
            )
        }
        Reason::NoNode { nodes } if nodes.is_empty() => "there is no node for it".into(),
        Reason::NoNode { nodes } => format!("no node can run it: {}", nodes.join("; ")),
        Reason::NotRunning => "it does not run and shall".into(),
        Reason::NotPromoted => "it is to be promoted and is not".into(),
        Reason::Unknown => "nobody has looked yet whether it runs there".into(),
        Reason::Definition { resource, changes } if changes.is_empty() => {
            format!("definition change of {resource}")
        }
        Reason::Definition { resource, changes } => {
            format!("definition change of {resource}: {}", changes.join(", "))
        }
        Reason::Dangling => "a live migration was interrupted".into(),
        Reason::Recurring { why } => why.to_string(),
        Reason::Fence { node, why } => format!("{node} is to be fenced: {why}"),
        Reason::Container { container } => format!("{container}, which it lives in, is restarted"),
        Reason::Other { words } => words.to_string(),
    }
}

fn list(parts: &[rota_cib::Text]) -> String {
    if parts.is_empty() { "none".into() } else { parts.join(", ") }
}

/// The command that would change it, if there is one.
pub(super) fn command(reason: &Reason, score: Option<i32>, about: About<'_>) -> Option<String> {
    let resource = about.resource;
    Some(match reason {
        Reason::Node { node, state, .. } => match state {
            NodeState::Standby => format!("rota node unstandby {node}"),
            NodeState::StandbyByFailure => format!("rota resource cleanup node={node}"),
            NodeState::Maintenance => format!("rota node unmaintenance {node}"),
            NodeState::Unclean => format!("rota stonith confirm {node}   (only if it is off)"),
            NodeState::Offline => format!("rota cluster start   (on {node})"),
            NodeState::Joining | NodeState::Leaving | NodeState::Unconnected => return None,
        },
        Reason::Location { resource, manual: true, .. } => {
            format!("rota resource clear {resource}")
        }
        Reason::Location { constraint, .. } if score.is_some_and(|s| s < 0) => {
            format!("rota constraint delete {constraint}")
        }
        Reason::Threshold { .. } => format!("rota resource cleanup {resource} node={}", about.node),
        Reason::Failed { failure, .. } | Reason::Blocked { failure, .. } => match failure {
            Some(failure) => {
                format!("rota resource cleanup {} node={}", failure.resource, failure.node)
            }
            None => format!("rota resource cleanup {resource}"),
        },
        Reason::Health { attributes, .. } => {
            let name = attributes.first()?.split('=').next()?.to_owned();
            format!("rota node attribute {} '{name}=green'", about.node)
        }
        Reason::OptIn | Reason::Exclusive => {
            format!("rota constraint location {resource} prefers {}=0", about.node)
        }
        Reason::Locked { node } => format!("rota resource refresh {resource} node={node}"),
        Reason::Ticket { ticket, .. } => {
            format!("rota compat crm_ticket --ticket {ticket} --grant --force")
        }
        Reason::Utilization { needs, .. } => {
            let name = needs.first().and_then(|n| n.split('=').next()).unwrap_or("NAME");
            format!("rota node utilization {} {name}=MORE", about.node)
        }
        Reason::Disabled { by } => format!("rota resource enable {by}"),
        Reason::NotToPromote { by } => format!("rota resource meta {by} target-role="),
        Reason::StopAll => "rota property unset stop-all-resources".into(),
        Reason::Unmanaged { by } if by == "maintenance-mode" => {
            "rota property unset maintenance-mode".into()
        }
        Reason::Unmanaged { by } if by.starts_with("node ") => {
            format!("rota node unmaintenance {}", by.trim_start_matches("node "))
        }
        Reason::Unmanaged { by } => format!("rota resource manage {by}"),
        Reason::CloneNode { clone, limit } => {
            format!("rota resource meta {clone} clone-node-max={}", limit + 1)
        }
        Reason::CloneEnough { clone, limit } => {
            format!("rota resource meta {clone} clone-max={}", limit + 1)
        }
        Reason::BetterPromoted { clone, limit, .. } => {
            format!("rota resource meta {clone} promoted-max={}", limit + 1)
        }
        Reason::Colocation { with, .. } | Reason::GroupMember { with, .. } => {
            format!("rota resource why {with}")
        }
        Reason::Location { .. }
        | Reason::Stickiness
        | Reason::WantedBy { .. }
        | Reason::NodeScore
        | Reason::Unsuitable
        | Reason::Removed
        | Reason::MultiplyActive { .. }
        | Reason::NoQuorum { .. }
        | Reason::Promotion { .. }
        | Reason::NoPromotionScore { .. }
        | Reason::Tie { .. }
        | Reason::Better { .. }
        | Reason::NoNode { .. }
        | Reason::NotRunning
        | Reason::NotPromoted
        | Reason::Unknown
        | Reason::Definition { .. }
        | Reason::Dangling
        | Reason::Recurring { .. }
        | Reason::Fence { .. }
        | Reason::Container { .. }
        | Reason::Other { .. } => return None,
    })
}

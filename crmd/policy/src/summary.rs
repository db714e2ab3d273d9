//! What will change, one line a node or resource, in the words of `crm_simulate`.

use rota_cib::constraint::Role;

use crate::actions::{Actions, Aid, Verb};
use crate::model::{Kind, Multiple, Nid, NodeSort, Rid, World};

/// The lines of "Transition Summary".
pub(crate) fn lines(world: &World<'_>, acts: &Actions) -> Vec<String> {
    let mut out = Vec::new();
    // What came up last first.
    let mut fences: Vec<(Aid, Nid)> = acts.fences.iter().map(|(&nid, &aid)| (aid, nid)).collect();
    fences.sort_unstable_by(|a, b| b.cmp(a));
    for (fence, nid) in fences {
        let (node, act) = (&world.nodes[nid], &acts.acts[fence]);
        if act.optional {
            continue;
        }
        let word = act.extra.as_ref().and_then(|e| e.fence).map_or("reboot", |f| f.as_str());
        let container = match (node.sort, node.container) {
            (NodeSort::Guest, Some(c)) => format!(" (resource: {})", world.rscs[c].id),
            _ => String::new(),
        };
        let reason = act.reason.as_deref().map_or_else(String::new, |r| format!(" '{r}'"));
        out.push(format!("Fence ({word}) {}{container}{reason}", node.name));
    }
    let mut lines = Vec::new();
    let mut widths = Widths { name: 5, detail: 5 };
    for &rid in &world.top {
        resource(world, acts, rid, &mut lines);
    }
    // Columns fit the widest entry; names grow in steps.
    for line in &lines {
        if line.name.len() > widths.name {
            widths.name = line.name.len() + 2;
        }
        widths.detail = widths.detail.max(line.detail.len());
    }
    out.extend(lines.iter().map(|line| line.text(&widths)));
    out
}

/// Columns grow with what was printed before.
struct Widths {
    name: usize,
    detail: usize,
}

fn resource(world: &World<'_>, acts: &Actions, rid: Rid, out: &mut Vec<Line>) {
    match &world.rscs[rid].kind {
        Kind::Primitive => {
            out.extend(leaf(world, acts, rid));
        }
        Kind::Group { .. } | Kind::Clone(_) => {
            for &child in &world.rscs[rid].children {
                resource(world, acts, child, out);
            }
        }
        Kind::Bundle(conf) => {
            for replica in &conf.replicas {
                for part in [replica.ip, Some(replica.container), replica.remote, replica.child]
                    .into_iter()
                    .flatten()
                {
                    resource(world, acts, part, out);
                }
            }
        }
    }
}

struct Line {
    word: &'static str,
    name: String,
    detail: String,
    reason: Option<String>,
    blocked: bool,
}

impl Line {
    fn text(&self, widths: &Widths) -> String {
        let mut text = format!(
            "{:<8}   {:<nw$}   ( {:>dw$} )",
            self.word,
            self.name,
            self.detail,
            nw = widths.name,
            dw = widths.detail
        );
        match (&self.reason, self.blocked) {
            (Some(reason), true) => text.push_str(&format!("  due to {reason} (blocked)")),
            (Some(reason), false) => text.push_str(&format!("  due to {reason}")),
            (None, true) => text.push_str("  blocked"),
            (None, false) => {}
        }
        text
    }
}

fn leaf(world: &World<'_>, acts: &Actions, rid: Rid) -> Vec<Line> {
    let rsc = &world.rscs[rid];
    let next_role = rsc.next_role.unwrap_or(Role::Stopped);
    let there = if next_role > Role::Stopped { rsc.assigned } else { None };
    // Of several places the one that is known first stands for all, save where it just stays.
    let source = rsc.migration_source.filter(|s| there.is_some() && rsc.running_on.contains(s));
    let stays = there.filter(|&t| {
        let start = acts.find(rid, Verb::Start, Some(t));
        let is_kept = rsc.meta.multiple == Multiple::StopUnexpected
            || start.is_none_or(|s| acts.acts[s].optional);
        rsc.running_on.contains(&t) && is_kept
    });
    let here = source.or(stays).or(rsc.running_on.first().copied());
    let name = |nid: usize| world.nodes[nid].name.as_str();
    let get = |verb: Verb, node: Option<usize>| acts.find(rid, verb, node);
    let line = |word: &'static str, detail: String, source: Option<Aid>| -> Line {
        let act = source.map(|a| &acts.acts[a]);
        Line {
            word,
            name: rsc.id.to_string(),
            detail,
            reason: act.and_then(|a| a.reason.clone()),
            blocked: act.is_some_and(|a| !a.runnable),
        }
    };
    if !rsc.managed {
        return Vec::new();
    }
    let mut lines = Vec::new();
    match (here, there) {
        (None, None) => {}
        (None, Some(t)) => {
            let start = get(Verb::Start, Some(t));
            if next_role == Role::Promoted {
                let promote = get(Verb::Promote, Some(t));
                let start_blocked = start.is_some_and(|s| !acts.acts[s].runnable);
                let source = if start_blocked { start } else { promote.or(start) };
                let mut l = line("Promote", format!("Stopped -> Promoted {}", name(t)), source);
                if promote.is_some_and(|p| !acts.acts[p].runnable) && !start_blocked {
                    l = line("Start", name(t).to_owned(), promote);
                    l.blocked = false;
                }
                lines.push(l);
            } else if start.is_some_and(|s| !acts.acts[s].optional) {
                let mut l = line("Start", name(t).to_owned(), start);
                if !l.blocked {
                    l.reason = None;
                }
                lines.push(l);
            }
        }
        (Some(_), None) => {
            for &nid in &rsc.running_on {
                let stop = get(Verb::Stop, Some(nid));
                let role = role_word(shows_role(world, rid), rsc.role);
                let mut l = line("Stop", format!("{role}{}", name(nid)), stop);
                if l.reason.is_none() && rsc.assigned.is_none() {
                    l.reason = Some("node availability".into());
                }
                lines.push(l);
            }
        }
        (Some(h), Some(t)) => both(world, acts, rid, h, t, next_role, &line, &mut lines),
    }
    lines
}

/// Whether the role of an instance is named. What was merely started is unpromoted where that
/// is said of the instance as a whole; in a group with others that say it of themselves it is
/// just started.
fn shows_role(world: &World<'_>, rid: Rid) -> bool {
    let rsc = &world.rscs[rid];
    let more = |&m: &Rid| {
        let member = &world.rscs[m];
        member.role > Role::Started && !(member.role == Role::Unpromoted && member.just_started)
    };
    let grouped = rsc
        .parent
        .is_some_and(|p| world.rscs[p].is_group() && world.rscs[p].children.iter().any(more));
    rsc.promotable && !(rsc.just_started && grouped)
}

fn role_word(promotable: bool, role: Role) -> &'static str {
    match role {
        Role::Promoted => "Promoted ",
        Role::Unpromoted if promotable => "Unpromoted ",
        _ => "",
    }
}

#[expect(clippy::too_many_arguments, reason = "one case of a larger match")]
fn both(
    world: &World<'_>,
    acts: &Actions,
    rid: Rid,
    h: usize,
    t: usize,
    next_role: Role,
    line: &dyn Fn(&'static str, String, Option<Aid>) -> Line,
    lines: &mut Vec<Line>,
) {
    let rsc = &world.rscs[rid];
    let name = |nid: usize| world.nodes[nid].name.as_str();
    let start = acts.find(rid, Verb::Start, Some(t));
    let stop = acts.find(rid, Verb::Stop, Some(h));
    let promote = acts.find(rid, Verb::Promote, Some(t));
    let demote = acts.find(rid, Verb::Demote, Some(h));
    let required = |a: Option<Aid>| a.is_some_and(|a| !acts.acts[a].optional);
    let runnable = |a: Option<Aid>| a.is_none_or(|a| acts.acts[a].runnable);
    let role = if rsc.promotable && !shows_role(world, rid) && next_role == Role::Unpromoted {
        "Started -> Unpromoted "
    } else {
        role_word(shows_role(world, rid), rsc.role)
    };
    let stray = rsc.running_on.iter().copied().find(|&other| {
        other != h && other != t && required(acts.find(rid, Verb::Stop, Some(other)))
    });
    if let Some(other) = stray
        && h == t
        && stop.is_none()
        && rsc.failed
    {
        let cause = acts.find(rid, Verb::Stop, Some(other));
        lines.push(line("Recover", format!("{role}{}", name(t)), cause));
        return;
    }
    let migrating = acts
        .all(rid, Verb::MigrateFrom)
        .iter()
        .any(|&a| acts.acts[a].runnable && !acts.acts[a].optional);
    if h != t {
        let detail = if rsc.role == next_role || !rsc.promotable {
            if rsc.promotable {
                match rsc.role {
                    Role::Promoted => format!("Promoted {} -> {}", name(h), name(t)),
                    _ => format!("{} -> {} {}", name(h), name(t), "Unpromoted"),
                }
            } else {
                format!("{} -> {}", name(h), name(t))
            }
        } else {
            format!("{}{} -> {}{}", role, name(h), role_word(true, next_role), name(t))
        };
        if !runnable(start) {
            let mut l = line("Stop", format!("{role}{}", name(h)), start);
            l.blocked = !runnable(stop);
            lines.push(l);
        } else if migrating {
            lines.push(line("Migrate", detail, start));
        } else if rsc.failed {
            lines.push(line("Recover", detail, stop));
        } else {
            lines.push(line("Move", detail, stop));
        }
        return;
    }
    if required(start) || required(stop) {
        if !runnable(start) && (!required(start) || required(stop)) {
            let mut l = line("Stop", format!("{role}{}", name(h)), start);
            l.blocked = !runnable(stop);
            lines.push(l);
            return;
        }
        if rsc.start_pending && required(start) && !required(stop) {
            lines.push(line("Start", name(t).to_owned(), start));
            return;
        }
        let detail = if rsc.promotable && rsc.role != next_role {
            format!("{}-> {}{}", role, role_word(true, next_role), name(t))
        } else {
            format!("{role}{}", name(t))
        };
        let word = if rsc.failed { "Recover" } else { "Restart" };
        let mut l = line(word, detail, start);
        if word == "Recover" {
            l.reason = None;
        }
        if rsc.blocked || !runnable(stop) {
            l = line("Stop", format!("{role}{}", name(h)), stop);
            l.blocked = true;
        }
        lines.push(l);
        return;
    }
    if required(demote) && next_role == Role::Promoted {
        if runnable(promote) {
            let mut l = line("Re-promote", format!("Promoted {}", name(t)), demote);
            l.reason = None;
            lines.push(l);
        } else {
            lines.push(line("Demote", format!("Promoted -> Unpromoted {}", name(t)), promote));
        }
    } else if required(demote) {
        lines.push(line("Demote", format!("Promoted -> Unpromoted {}", name(t)), demote));
    } else if required(promote) && rsc.role != Role::Promoted {
        lines.push(line("Promote", format!("Unpromoted -> Promoted {}", name(t)), promote));
    } else if required(acts.find(rid, Verb::Reload, Some(t))) {
        lines.push(line("Reload", name(t).to_owned(), acts.find(rid, Verb::Reload, Some(t))));
    }
}

//! Each action of a plan with its first cause, and what stands still with what holds it.

use rota_cib::Text;
use rota_cib::constraint::Role;
use rota_transition::{Graph, Task};
use serde::Serialize;
use smol_str::format_smolstr;

use super::cause::{Causes, Origin};
use super::reason::Reason;
use super::whole;
use super::words::{self, About};
use crate::actions::{Aid, Verb};
use crate::model::Rid;

/// An action and why it is in the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// Its number in the graph.
    pub action: u32,
    /// What is done: `start`, `stop`, `monitor`, `reboot` …
    pub task: Text,
    /// The resource or instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Text>,
    /// The node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<Text>,
    /// Whether what is touched is healthy where it is, and touched for the sake of others or of a
    /// better place only.
    pub needless: bool,
    /// From the action back to the cause.
    pub path: Vec<Text>,
    /// The first cause.
    pub cause: Reason,
    /// All of it in words.
    pub text: String,
}

/// A resource that does not run, or is not as it should be, and what holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stuck {
    /// The resource or instance.
    pub resource: Text,
    /// What holds it.
    pub text: String,
    /// The command that would change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

impl Stuck {
    /// What holds it and what to do, on one line.
    pub fn line(&self) -> String {
        match &self.command {
            Some(command) => format!("{}   -> {command}", self.text),
            None => self.text.clone(),
        }
    }
}

impl Causes<'_, '_> {
    /// Explains every action of the graph that is carried out somewhere.
    pub fn graph(&self, graph: &Graph) -> Vec<Explained> {
        let order = crate::sequence::sequence(self.world, self.acts);
        let real = |action: &&rota_transition::Action| !matches!(action.task, Task::Pseudo { .. });
        graph
            .actions
            .iter()
            .filter(real)
            .filter_map(|action| {
                let aid = *order.get(action.id.index())?;
                let node = action.node.as_ref().map(|n| n.0.clone());
                Some(self.explain(action.id.0, aid, node))
            })
            .collect()
    }

    fn explain(&self, action: u32, aid: Aid, node: Option<Text>) -> Explained {
        let act = &self.acts.acts[aid];
        let origin = self.of(aid);
        let resource = act.rid.map(|rid| self.world.rscs[rid].id.clone());
        let task: Text = match (act.verb, &act.extra) {
            (Verb::Fence, Some(extra)) => {
                extra.fence.map_or("reboot", rota_transition::FenceAction::as_str).into()
            }
            (Verb::Monitor | Verb::Notify, _) => act.name.clone(),
            (verb, _) => verb.name().into(),
        };
        let target = act.node.map(|n| self.world.nodes[n].name.clone());
        let needless = act.rid.is_some_and(|rid| self.is_needless(rid, act.verb, &origin));
        let text = self.sentence(aid, &origin, needless);
        let node = node.or(target);
        Explained {
            action,
            task,
            resource,
            node,
            needless,
            path: origin.path,
            cause: origin.reason,
            text,
        }
    }

    /// Something healthy is stopped for the sake of others, or for a better place.
    fn is_needless(&self, rid: Rid, verb: Verb, origin: &Origin) -> bool {
        let touches = matches!(
            verb,
            Verb::Stop | Verb::Start | Verb::MigrateTo | Verb::MigrateFrom | Verb::Demote
        );
        let for_others = !origin.path.is_empty() || matches!(origin.reason, Reason::Better { .. });
        touches && for_others && self.is_healthy(rid)
    }

    fn sentence(&self, aid: Aid, origin: &Origin, needless: bool) -> String {
        let act = &self.acts.acts[aid];
        let id = act.rid.map_or("", |rid| self.world.rscs[rid].id.as_str());
        // A constraint that is a cause is one that speaks against where it is.
        let against =
            matches!(origin.reason, Reason::Location { .. }).then_some(-crate::score::INF);
        let cause = words::words(&origin.reason, against, About { resource: id, node: "" });
        let moves = matches!(
            act.verb,
            Verb::Stop
                | Verb::Start
                | Verb::Promote
                | Verb::Demote
                | Verb::MigrateTo
                | Verb::MigrateFrom
                | Verb::Reload
        );
        let mut text = match act.rid {
            Some(rid) if moves => self.movement(rid).to_string(),
            _ => String::new(),
        };
        if needless {
            text.push_str("; it is healthy and does so only");
        }
        for step in &origin.path {
            text.push_str(if text.is_empty() { "because " } else { " because " });
            text.push_str(step);
        }
        match text.is_empty() {
            true => cause,
            false if origin.path.is_empty() && !needless => format!("{text}: {cause}"),
            false => format!("{text} because {cause}"),
        }
    }

    /// Whatever does not run, is blocked, or is not managed: one line each.
    pub fn stuck(&self) -> Vec<Stuck> {
        (0..self.world.rscs.len()).filter_map(|rid| self.stuck_one(rid)).collect()
    }

    fn stuck_one(&self, rid: Rid) -> Option<Stuck> {
        let rsc = &self.world.rscs[rid];
        if !rsc.is_primitive() {
            return None;
        }
        let next = rsc.next_role.unwrap_or(Role::Stopped);
        let stays_down = next <= Role::Stopped && rsc.running_on.is_empty();
        let spare = rsc.anonymous
            && self.world.instance_owner(rid).is_some_and(|clone| {
                let leaves = self.world.leaves(clone);
                let alike = |l: &Rid| self.world.rscs[*l].conf_id == rsc.conf_id;
                let active = |l: Rid| self.world.rscs[l].assigned.is_some();
                let mut alike = leaves.into_iter().filter(alike);
                alike.clone().any(active) || alike.next() != Some(rid)
            });
        // Spare instances of a clone that run nowhere are no news, nor is what was removed.
        if stays_down && (spare || rsc.orphan) {
            return None;
        }
        let line = |text: String, command| Stuck { resource: rsc.id.clone(), text, command };
        if let Some(fact) = self.start_blocked(rid).or_else(|| self.stop_blocked(rid)) {
            return Some(line(fact.text, fact.command));
        }
        if !stays_down && rsc.managed && !rsc.blocked {
            return None;
        }
        if let Some(fact) = whole::of(self.world, rid).into_iter().next() {
            return Some(line(fact.text, fact.command));
        }
        let reason = whole::no_node(self.world, rid);
        let about = About { resource: &rsc.id, node: "" };
        let command = format!("rota resource why {}", rsc.conf_id);
        Some(line(format_smolstr!("{}", words::words(&reason, None, about)).into(), Some(command)))
    }
}

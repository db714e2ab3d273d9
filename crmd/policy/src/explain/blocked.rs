//! What keeps an action from happening that the plan would have.

use rota_cib::Text;
use smol_str::format_smolstr;

use super::cause::{Causes, stops};
use super::reason::{Fact, Reason};
use super::words::{self, About};
use super::{facts, whole};
use crate::actions::{Aid, Verb};
use crate::model::{Nid, Rid};

impl Causes<'_, '_> {
    /// What keeps a resource that has a node from being started there.
    pub fn start_blocked(&self, rid: Rid) -> Option<Fact> {
        let rsc = &self.world.rscs[rid];
        let there = rsc.assigned.filter(|_| !rsc.blocked)?;
        let blocked = |verb| {
            let aid = self.acts.find(rid, verb, Some(there))?;
            let act = &self.acts.acts[aid];
            (!act.optional && !act.runnable).then_some(aid)
        };
        let aid = blocked(Verb::Start).or_else(|| blocked(Verb::Promote))?;
        let about = About { resource: &rsc.id, node: &self.world.nodes[there].name };
        let verb = self.acts.acts[aid].verb.name();
        let words = format_smolstr!("cannot {verb}: {}", self.forbidden(aid));
        Some(Fact { decisive: true, ..Fact::new(Reason::Other { words }, None, about) })
    }

    /// What keeps a resource from being stopped that is to be.
    pub fn stop_blocked(&self, rid: Rid) -> Option<Fact> {
        let rsc = &self.world.rscs[rid];
        let stuck = |&nid: &Nid| {
            let aid = self.acts.find(rid, Verb::Stop, Some(nid))?;
            let act = &self.acts.acts[aid];
            (!act.optional && !act.runnable && rsc.managed && !rsc.blocked).then_some((nid, aid))
        };
        let (nid, aid) = rsc.running_on.iter().find_map(stuck)?;
        let about = About { resource: &rsc.id, node: &self.world.nodes[nid].name };
        let words = format_smolstr!("cannot stop: {}", self.forbidden(aid));
        Some(Fact { decisive: true, ..Fact::new(Reason::Other { words }, None, about) })
    }

    /// What an action that cannot happen waits for, back to the first.
    fn forbidden(&self, aid: Aid) -> Text {
        let (mut at, mut steps, mut seen) = (aid, Vec::new(), vec![aid]);
        while let Some(other) = self.forbidder(at).filter(|a| !seen.contains(a)) {
            seen.push(other);
            let act = &self.acts.acts[other];
            if let Some(rid) = act.rid
                && act.rid != self.acts.acts[at].rid
            {
                let id = &self.world.rscs[rid].id;
                steps.push(format_smolstr!("it needs {} of {id} first", act.verb.name()));
            }
            at = other;
        }
        steps.dedup();
        let last = self.impossible(at);
        if steps.is_empty() {
            return last;
        }
        format_smolstr!("{}: {last}", steps.join(", and for that "))
    }

    fn forbidder(&self, aid: Aid) -> Option<Aid> {
        let act = &self.acts.acts[aid];
        let members = act.members.iter().copied().find(|&m| !self.acts.acts[m].runnable);
        self.acts.blame.get(&(aid, true)).copied().or(act.mirrors).or(members)
    }

    /// Why an action cannot happen of itself.
    fn impossible(&self, aid: Aid) -> Text {
        let act = &self.acts.acts[aid];
        if let Some(reason) = act.reason.as_deref().filter(|_| act.why_blocked) {
            return reason.into();
        }
        if let Some(state) = act.node.and_then(|n| facts::states(self.world, n).into_iter().next())
        {
            return words::words(&state, None, About { resource: "", node: "" }).into();
        }
        let Some(rid) = act.rid else { return "the fencing that it needs cannot happen".into() };
        let leaf = self.world.leaves(rid).first().copied().unwrap_or(rid);
        let id = &self.world.rscs[leaf].id;
        let whole = whole::of(self.world, leaf);
        let starts = !matches!(act.verb, Verb::Stop | Verb::Demote);
        // What stops a resource does not keep it from being stopped.
        match whole.into_iter().find(|fact| starts || !stops(&fact.reason)) {
            Some(fact) => format_smolstr!("{id}: {}", fact.text),
            None if self.world.rscs[leaf].assigned.is_none() => {
                let about = About { resource: id, node: "" };
                let words = words::words(&whole::no_node(self.world, leaf), None, about);
                format_smolstr!("{id}: {words}")
            }
            None => "that cannot happen".into(),
        }
    }
}

//! Consequences: what is required and what is forbidden because of other actions.

use super::{Act, Actions, Aid, Collect, Edge, Verb, edge};
use crate::model::{Nid, World};

impl Actions {
    /// Builds the adjacency; edges added later do not take part.
    pub fn link(&mut self) {
        self.outs = vec![Vec::new(); self.acts.len()];
        self.ins = vec![Vec::new(); self.acts.len()];
        self.queued = vec![false; self.acts.len()];
        for (i, edge) in self.edges.iter().enumerate() {
            if edge.kind != edge::ORDER {
                self.outs[edge.first].push(i as u32);
                self.ins[edge.then].push(i as u32);
            }
        }
    }

    fn enqueue(&mut self, aid: Aid) {
        if aid < self.queued.len() && !self.queued[aid] {
            self.queued[aid] = true;
            self.queue.push(aid);
        }
    }

    /// Requires an action (and, of a collective one, its members).
    pub fn require(&mut self, aid: Aid, reason: Option<String>) {
        self.accuse(aid, false, self.acts[aid].optional);
        if !self.acts[aid].members.is_empty() {
            for member in self.acts[aid].members.clone() {
                self.require(member, reason.clone());
            }
        }
        if !self.acts[aid].optional {
            return;
        }
        self.acts[aid].optional = false;
        if self.acts[aid].reason.is_none() {
            self.acts[aid].reason = reason;
        }
        if self.acts[aid].fixed && self.acts[aid].runnable {
            // It would have to be touched, and must not be.
            self.acts[aid].runnable = false;
        }
        self.changed(aid);
    }

    /// Forbids an action (and, of a collective one, its members).
    pub fn forbid(&mut self, aid: Aid, reason: Option<String>) {
        self.accuse(aid, true, self.acts[aid].runnable);
        if !self.acts[aid].members.is_empty() {
            for member in self.acts[aid].members.clone() {
                self.forbid(member, reason.clone());
            }
        }
        if !self.acts[aid].runnable {
            return;
        }
        self.acts[aid].runnable = false;
        if reason.is_some() && (self.acts[aid].reason.is_none() || !self.acts[aid].why_blocked) {
            self.acts[aid].reason = reason;
            self.acts[aid].why_blocked = true;
        }
        self.changed(aid);
    }

    /// Remembers whose consequence it is; members of a collective action share its fate.
    fn accuse(&mut self, aid: Aid, forbidden: bool, news: bool) {
        match self.following {
            Some((first, then)) if aid == then => self.suspect = Some(first),
            Some((first, then)) if aid == first => self.suspect = Some(then),
            Some(_) | None => {}
        }
        if let Some(other) = self.suspect
            && news
        {
            self.blame.entry((aid, forbidden)).or_insert(other);
        }
    }

    fn changed(&mut self, aid: Aid) {
        self.enqueue(aid);
        for owner in self.acts[aid].owners.clone() {
            self.collect(owner);
        }
        for mirror in self.acts[aid].mirrored.clone() {
            self.mirror(mirror);
        }
    }

    /// A collective action follows its members.
    pub fn collect(&mut self, aid: Aid) {
        let act = &self.acts[aid];
        let optional = act.optional && act.members.iter().all(|&m| self.acts[m].optional);
        let able = act.members.iter().filter(|&&m| self.acts[m].runnable).count();
        let runnable = act.runnable
            && match act.collect {
                Collect::No => true,
                // A group sets out if any member may be touched at all; that it is done is
                // another thing, see `mirror`.
                Collect::All => act.members.iter().any(|&m| {
                    let member = &self.acts[m];
                    !member.fixed && !member.never && member.node.is_some()
                }),
                Collect::Least(n) => able >= n.max(1),
            };
        if act.collect == Collect::All {
            for done in act.mirrored.clone() {
                self.mirror(done);
            }
        }
        let act = &self.acts[aid];
        if optional != act.optional || runnable != act.runnable {
            let act = &mut self.acts[aid];
            act.optional = optional;
            act.runnable = runnable;
            self.changed(aid);
        }
    }

    fn mirror(&mut self, aid: Aid) {
        let Some(of) = self.acts[aid].mirrors else { return };
        let (optional, mut runnable) = (self.acts[of].optional, self.acts[of].runnable);
        // A group is done when all its members are.
        let done = matches!(
            self.acts[aid].verb,
            Verb::Running | Verb::Stopped | Verb::Promoted | Verb::Demoted
        );
        if done && self.acts[of].collect == Collect::All {
            runnable &= self.acts[of].members.iter().all(|&m| self.acts[m].runnable);
        }
        let act = &mut self.acts[aid];
        if (act.optional && !optional) || (act.runnable && !runnable) {
            act.optional &= optional;
            act.runnable &= runnable;
            self.changed(aid);
        }
    }

    /// Follows all consequences until nothing changes.
    pub fn settle(&mut self, world: &World<'_>) {
        self.link();
        for aid in 0..self.acts.len() {
            if self.acts[aid].collect != Collect::No {
                self.collect(aid);
            }
        }
        for aid in 0..self.acts.len() {
            if self.acts[aid].mirrors.is_some() {
                self.mirror(aid);
            }
        }
        for aid in (0..self.acts.len()).rev() {
            self.enqueue(aid);
        }
        while let Some(aid) = self.queue.pop() {
            self.queued[aid] = false;
            for i in self.ins[aid].clone() {
                self.update(world, self.edges[i as usize]);
            }
            for i in self.outs[aid].clone() {
                self.update(world, self.edges[i as usize]);
            }
        }
    }

    fn update(&mut self, world: &World<'_>, edge: Edge) {
        use edge::{ANY, FORCES, LOAD, NEEDS, ONEWAY, RESTART, SERIAL, WANTS, WANTS_PROMOTED};
        let kind = edge.kind;
        self.following = Some((edge.first, edge.then));
        if kind & (LOAD | SERIAL) != 0 {
            return;
        }
        let (first, then) = (&self.acts[edge.first], &self.acts[edge.then]);
        if kind & ANY != 0 {
            self.update_any(edge.then);
            return;
        }
        // Of a clone only what is on the other action's node counts.
        // That all were told is no matter of the place where a group starts.
        let asked = if first.verb == Verb::Notice { then.node } else { place(world, then) };
        let (f_optional, f_runnable) = (
            self.optional_on(edge.first, asked),
            first.runnable || self.nothing_to_undo(edge.first),
        );
        let (t_optional, t_runnable) =
            (self.optional_on(edge.then, place(world, first)), self.could_some(edge.then));
        let quiet = kind & edge::QUIET != 0;
        if kind & RESTART != 0 {
            // The start must come or cannot: the stop comes either way.
            let first_rid = first.rid;
            let managed = first_rid.is_none_or(|r| world.rscs[r].managed);
            if f_optional && (!t_optional || (!t_runnable && managed)) {
                let reason = then.reason.clone();
                self.require(edge.first, reason);
            }
            if !f_runnable && t_runnable && !f_optional {
                self.forbid(edge.then, None);
            }
            let stuck = first_rid.is_some_and(|r| world.rscs[r].blocked);
            if !f_optional && t_optional && !stuck {
                let reason = self.acts[edge.first].reason.clone();
                self.require(edge.then, reason);
            }
            return;
        }
        if kind & edge::IF_ABLE != 0 && !f_optional && !f_runnable && t_runnable {
            let why = self.words(world, edge.first, "unrunnable");
            self.forbid(edge.then, Some(why));
            return;
        }
        if kind & ONEWAY != 0 {
            // A running second is not touched by what happens to the first.
            if kind & NEEDS != 0 && !f_runnable && t_runnable && !t_optional {
                let why = self.words(world, edge.first, "unrunnable");
                self.forbid(edge.then, Some(why));
            }
            return;
        }
        let nothing_starts =
            first.verb == Verb::Start && first.collect != Collect::No && first.optional;
        if kind & edge::TOGETHER != 0 && !f_runnable && t_runnable && !nothing_starts {
            let name = first.rid.map_or("", |r| world.rscs[r].id.as_str());
            let why = format!("colocation with {name}");
            self.forbid(edge.then, Some(why));
            return;
        }
        if kind & NEEDS != 0 && !f_runnable && t_runnable {
            let why = (!quiet).then(|| self.reason_of(world, edge, "unrunnable"));
            self.forbid(edge.then, why);
        }
        // A live migration touches nobody, unless something it builds on is started anew, or at
        // all if it is a member of the same group.
        let f_moves = self.acts[edge.first].migratable;
        let t_moves = self.acts[edge.then].migratable;
        if t_moves && !f_moves && !f_optional && kind & (FORCES | NEEDS) != 0 {
            let builds = matches!(
                self.acts[edge.first].verb,
                Verb::Start | Verb::Promote | Verb::Running | Verb::Promoted
            ) || (self.acts[edge.first].verb == Verb::Fence && kind & FORCES != 0);
            let anew = self.acts[edge.first].rid.is_none_or(|r| {
                let group = world.rscs[r].parent.filter(|&p| world.rscs[p].is_group());
                let member = self.acts[edge.then].rid.and_then(|t| world.rscs[t].parent) == group;
                !world.rscs[r].is_primitive()
                    || !world.rscs[r].running_on.is_empty()
                    || (group.is_some() && member)
            });
            if builds
                && anew
                && self.acts[edge.then].verb == Verb::Start
                && self.acts[edge.first].rid != self.acts[edge.then].rid
            {
                let why = self.unmigrateable(world, edge.first);
                self.give_up_migration(edge.then, why);
            }
        }
        if kind & FORCES != 0 && !f_optional && self.spares_some(edge.then) && !f_moves {
            let why = (!quiet).then(|| self.reason_of(world, edge, "required"));
            self.require(edge.then, why);
        }
        // That some instances of a clone end or are demoted is no matter of what comes after it:
        // only when none can be up any more, that stops.
        let some_only =
            kind & edge::USER != 0 && matches!(self.acts[edge.then].collect, Collect::Least(_));
        if kind & WANTS != 0 && !t_optional && f_optional && !t_moves && !some_only {
            let lets_in = self.acts[edge.first].verb == Verb::Fence;
            let word = if lets_in { "required by" } else { "required" };
            let why = (lets_in || !quiet).then(|| self.words(world, edge.then, word));
            self.require(edge.first, why);
        }
        if kind & WANTS_PROMOTED != 0
            && !t_optional
            && f_optional
            && self.acts[edge.first]
                .rid
                .is_some_and(|r| world.rscs[r].role == rota_cib::constraint::Role::Promoted)
        {
            let why = (!quiet).then(|| self.words(world, edge.then, "required"));
            self.require(edge.first, why);
        }
        // A stop that must and cannot happen keeps what comes after it from happening.
        let ordered = kind & FORCES != 0 && kind & edge::USER != 0;
        // (Of a collective action members may go on, so its own word counts: once is enough.)
        if (kind & WANTS != 0 || (ordered && self.acts[edge.first].verb == Verb::Stop))
            && self.acts[edge.then].runnable
            && !t_optional
            && !f_optional
            && !f_runnable
            && ((self.acts[edge.first].fixed && kind & edge::USER == 0)
                || self.acts[edge.first].rid.is_some_and(|r| world.rscs[r].blocked))
        {
            self.accuse(edge.then, true, true);
            self.acts[edge.then].runnable = false;
            self.changed(edge.then);
        }
    }

    /// The resource is stopped and started like any other.
    fn give_up_migration(&mut self, start: Aid, why: String) {
        let Some(rid) = self.acts[start].rid else { return };
        for aid in self.of_rsc[rid].clone() {
            if self.acts[aid].migratable {
                self.acts[aid].migratable = false;
                self.acts[aid].reason.get_or_insert_with(|| why.clone());
                self.changed(aid);
            }
        }
    }

    /// Whether an action, or one that it stands for, is still optional.
    fn spares_some(&self, aid: Aid) -> bool {
        let act = &self.acts[aid];
        act.optional || act.members.iter().any(|&m| self.spares_some(m))
    }

    /// Whether an action stands for the stops or demotions of instances of which there are none:
    /// it is as good as done.
    fn nothing_to_undo(&self, aid: Aid) -> bool {
        let act = &self.acts[self.acts[aid].mirrors.unwrap_or(aid)];
        matches!(act.verb, Verb::Stop | Verb::Demote)
            && matches!(act.collect, Collect::Least(_))
            && act.members.is_empty()
    }

    /// Whether an action, or one that it stands for, can still be carried out.
    fn could_some(&self, aid: Aid) -> bool {
        let act = &self.acts[aid];
        act.runnable || act.members.iter().any(|&m| self.could_some(m))
    }

    /// Whether an action is optional as far as a node is concerned.
    fn optional_on(&self, aid: Aid, node: Option<Nid>) -> bool {
        let act = &self.acts[aid];
        let Some(node) = node else { return act.optional };
        if act.optional {
            return true;
        }
        let of = act.mirrors.unwrap_or(aid);
        match self.acts[of].collect {
            Collect::Least(_) => !self.required_on(of, node),
            Collect::No | Collect::All => false,
        }
    }

    fn required_on(&self, aid: Aid, node: Nid) -> bool {
        self.acts[aid].members.iter().any(|&m| {
            let member = &self.acts[m];
            if member.members.is_empty() {
                !member.optional && member.node == Some(node)
            } else {
                !member.optional && self.required_on(m, node)
            }
        })
    }

    /// A point that needs some of its firsts.
    fn update_any(&mut self, then: Aid) {
        let able = self.ins[then]
            .iter()
            .map(|&i| self.edges[i as usize])
            .filter(|e| e.kind & edge::ANY != 0 && self.acts[e.first].runnable)
            .count();
        if able < self.acts[then].needed && self.acts[then].runnable {
            self.forbid(then, None);
        }
    }

    /// Whether an action will be in the graph.
    pub fn happens(&self, aid: Aid) -> bool {
        let act = &self.acts[aid];
        (!act.optional || act.always) && act.runnable
    }
}

/// Where an action takes place; a group starts in one place.
fn place(world: &World<'_>, act: &Act) -> Option<Nid> {
    act.node.or_else(|| {
        let rsc = &world.rscs[act.rid?];
        (act.verb == Verb::Start && rsc.is_group()).then_some(rsc.assigned).flatten()
    })
}

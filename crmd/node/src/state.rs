//! The cluster's state: the fold of all committed entries, the same on every node.
//!
//! [`ClusterState::apply`] is pure and deterministic. It decides nothing about resources; it
//! writes down what was decided or found out, and says what is new.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use rota_cib::change::{self, Change, OperationFilter};
use rota_cib::status::ResourceHistory;
use rota_cib::{Cib, Version};
use rota_fencing::{History, HistoryEntry, Proof, Verdict};
use rota_ids::{Incarnation, NodeId, NodeName, Text, WallTime};
use rota_membership::{View, ViewChange};
use serde::{Deserialize, Serialize};

mod costly;
mod left_behind;
mod migrations;
mod private;
mod strangers;

pub use private::PrivateAttributes;

use crate::entry::{CodecError, Entry, Member, OperationResult, Proposal, ProposalId, Roster};
use crate::limits::{REMEMBERED_LIVES, TOKENS_MAX};
use crate::order::OrderId;
use crate::{book, entry};

/// Everything the cluster agrees on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClusterState {
    /// The cluster's name.
    pub name: Text,
    /// Configuration and status.
    pub cib: Arc<Cib>,
    /// The full nodes.
    pub roster: Roster,
    /// The highest number ever given to a node; none is given twice.
    pub highest_id: u32,
    /// Who belongs together.
    pub view: View,
    /// Lives that ended without goodbye and are not proven over.
    pub unclean: BTreeMap<NodeId, Incarnation>,
    /// For each node the last life that was proven over.
    pub ended: BTreeMap<NodeId, Incarnation>,
    /// Requests for fencing by people, not yet answered by a verdict.
    pub fence_asked: BTreeMap<NodeName, FenceAsked>,
    /// Nodes that were switched off for a reboot and are not known to be on again.
    #[serde(default)]
    pub owes_on: BTreeSet<NodeName>,
    /// Resources that could not be stopped on a node, which was fenced for it.
    #[serde(default)]
    pub costly: BTreeSet<Text>,
    /// What nodes that said goodbye left running, for it was not managed.
    #[serde(default)]
    pub left_behind: BTreeMap<NodeName, Vec<ResourceHistory>>,
    /// Migrations of which only the source's history tells.
    #[serde(default)]
    pub migrations: BTreeSet<Migration>,
    /// Attributes that stand in no Cib.
    #[serde(default)]
    pub private: PrivateAttributes,
    /// What fencing did.
    pub fencing: History,
    /// Digests of join secrets that are good, and until when.
    pub tokens: VecDeque<([u8; 32], WallTime)>,
    /// Proposals seen, so that none is applied twice.
    seen: BTreeMap<NodeId, Seen>,
    /// The same of the lives before, newest last: what they sent may still arrive.
    #[serde(default)]
    seen_before: BTreeMap<NodeId, VecDeque<Seen>>,
}

/// A request for fencing by somebody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FenceAsked {
    /// off, reboot or on.
    pub wish: rota_fencing::Wish,
    /// Who asks.
    pub by: Text,
    /// The life that is to end: that of the moment of asking. Another boot answers the request.
    pub life: Option<Incarnation>,
}

/// A resource that may be on its way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Migration {
    /// The resource.
    pub resource: Text,
    /// Whence.
    pub source: NodeName,
    /// Where to.
    pub target: NodeName,
}

/// The proposals of one node that the log has shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Seen {
    life: Option<Incarnation>,
    below: u64,
    numbers: BTreeSet<u64>,
}

impl Seen {
    /// Notes a proposal of this life. Whether it had not been seen.
    fn note(&mut self, proposal: &Proposal) -> bool {
        if proposal.id.number < self.below || !self.numbers.insert(proposal.id.number) {
            return false;
        }
        if proposal.settled_below > self.below {
            self.below = proposal.settled_below;
            self.numbers = self.numbers.split_off(&self.below);
        }
        true
    }
}

/// What an entry made new.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// The configuration changed.
    Configuration,
    /// Attributes, tickets or fail counts changed.
    Status,
    /// An operation ended.
    Operation {
        /// The order that it answers.
        order: Option<OrderId>,
        /// Where.
        node: NodeName,
        /// Key such as `vip_start_0`.
        key: Text,
        /// Whether it ended otherwise than it should.
        unexpected: bool,
    },
    /// A new view was installed.
    View(ViewChange),
    /// A life was proven over.
    Ended {
        /// Whose.
        node: NodeName,
        /// What proved it.
        proof: Proof,
    },
    /// A request for fencing stands.
    FenceAsked(NodeName),
    /// Nodes came into the roster or left it.
    Roster,
    /// A configuration named nodes that are none of this cluster; they were left out.
    LeftOut(Vec<Text>),
}

/// The answer to a proposer.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Done; the Cib is at this version.
    Done(Version),
    /// The newcomer has this number.
    Admitted(Member),
    /// Not done; nothing was changed. The text says why and what to do.
    Refused(Text),
}

/// What applying one entry gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// Whose proposal it was.
    pub id: ProposalId,
    /// The answer for its proposer; none when it had been applied before.
    pub answer: Option<Answer>,
    /// What is new.
    pub news: Vec<News>,
}

impl ClusterState {
    /// The state that a new cluster begins with, given its [`Entry::Found`].
    pub fn founded(entry: &Entry, at: WallTime) -> Self {
        let mut state = Self::default();
        // Only a cluster that is there already could refuse.
        let _ = state.carry_out(entry, at, &mut Vec::new());
        state
    }

    /// Applies one committed entry.
    pub fn apply(&mut self, proposal: &Proposal) -> Applied {
        let id = proposal.id;
        if !self.is_new(proposal) {
            return Applied { id, answer: None, news: Vec::new() };
        }
        let mut news = Vec::new();
        let answer = match self.carry_out(&proposal.entry, proposal.at, &mut news) {
            Ok(Some(member)) => Answer::Admitted(member),
            Ok(None) => Answer::Done(self.cib.header.version),
            Err(why) => Answer::Refused(why),
        };
        Applied { id, answer: Some(answer), news }
    }

    /// The state as bytes, for a snapshot.
    ///
    /// # Errors
    /// None in practice: all fields can be encoded.
    pub fn encode(&self) -> Result<Vec<u8>, CodecError> {
        Ok(rmp_serde::to_vec_named(self)?)
    }

    /// The state behind the bytes of a snapshot.
    ///
    /// # Errors
    /// When the bytes are damaged or of a version that this one cannot read.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        Ok(rmp_serde::from_slice(bytes)?)
    }

    /// The full node of this name.
    pub fn node_named(&self, name: &NodeName) -> Option<&Member> {
        self.roster.values().find(|member| member.name == *name)
    }

    /// The name of the full node with this number.
    pub fn name_of(&self, node: NodeId) -> Option<&NodeName> {
        self.roster.get(&node).map(|member| &member.name)
    }

    /// Whether the node is a member of the present view with this very life.
    pub fn is_member(&self, node: NodeId, life: Incarnation) -> bool {
        self.view.members.get(&node) == Some(&life)
    }

    fn is_new(&mut self, proposal: &Proposal) -> bool {
        let ProposalId { node, life, .. } = proposal.id;
        let newest = self.seen.entry(node).or_default();
        if newest.life == Some(life) {
            return newest.note(proposal);
        }
        let before = self.seen_before.entry(node).or_default();
        if let Some(older) = before.iter_mut().find(|seen| seen.life == Some(life)) {
            return older.note(proposal);
        }
        let last = std::mem::replace(newest, Seen { life: Some(life), ..Seen::default() });
        before.extend(last.life.is_some().then_some(last));
        while before.len() > REMEMBERED_LIVES {
            before.pop_front();
        }
        newest.note(proposal)
    }

    fn carry_out(
        &mut self,
        entry: &Entry,
        at: WallTime,
        news: &mut Vec<News>,
    ) -> Result<Option<Member>, Text> {
        if let Some((node, asked)) = self.as_private(entry) {
            self.write_private(node, &asked, at)?;
            return Ok(None);
        }
        match entry {
            Entry::Found { cluster, member, life } => self.found(cluster, member, *life, at, news),
            Entry::Change(change) => self.asked(change, at, news),
            Entry::Private { node, name, value } => {
                let change = self.as_public(node, name, value)?;
                self.asked(&change, at, news)
            }
            Entry::Result(result) => self.result(result, at, news),
            Entry::Cancelled { node, order, resource, operation, interval } => {
                if let Some(id) = self.node_named(node).map(|member| member.id) {
                    self.change(&book::cancelled(id, resource, operation, *interval), at)?;
                }
                news.push(News::Operation {
                    order: Some(*order),
                    node: node.clone(),
                    key: format!("cancel {resource}_{operation}_{interval}").into(),
                    unexpected: false,
                });
                Ok(None)
            }
            Entry::Migrating { resource, source, target } => {
                let (resource, source) = (resource.clone(), source.clone());
                self.migrations.insert(Migration { resource, source, target: target.clone() });
                Ok(None)
            }
            Entry::View(view) => self.install(view, at, news),
            Entry::Verdict(verdict) => self.verdict(verdict, at, news),
            Entry::FencingNote(note) => {
                self.switching_on_ended(note);
                self.note_what_is_owed(note);
                self.fencing.push(at, note.clone());
                Ok(None)
            }
            Entry::FenceAsked { target, wish, by, life } => {
                self.fence_asked(target, FenceAsked { wish: *wish, by: by.clone(), life: *life })?;
                news.push(News::FenceAsked(target.clone()));
                Ok(None)
            }
            Entry::TokenMade { digest, expires } => {
                self.tokens.push_back((*digest, *expires));
                while self.tokens.len() > TOKENS_MAX {
                    self.tokens.pop_front();
                }
                Ok(None)
            }
            Entry::Admitted { digest, name, links } => {
                let member = self.admit(digest, name, links, at)?;
                news.push(News::Roster);
                Ok(Some(member))
            }
            Entry::Removed { node } => self.remove(*node, at, news),
        }
    }

    /// A change that somebody asked for.
    fn asked(
        &mut self,
        change: &Change,
        at: WallTime,
        news: &mut Vec<News>,
    ) -> Result<Option<Member>, Text> {
        self.forgive(change);
        let changed = self.change_by_people(change, at, news)?;
        if let Change::ForgetOperations { resource, filter: OperationFilter::All, .. } = change {
            self.look_at_targets(|open| open.resource == *resource, at, news)?;
        }
        if changed {
            news.extend(book::news_of(&self.cib, change));
        }
        Ok(None)
    }

    /// Whether an entry would leave everything as it is.
    pub fn changes_nothing(&self, entry: &Entry) -> bool {
        if let Some((node, asked)) = self.as_private(entry) {
            return self.private_is_so(node, &asked);
        }
        let Entry::Change(change) = entry else { return false };
        // A migration that is forgotten makes the next plan look at its target.
        let is_migrating = match change {
            Change::ForgetOperations { resource, filter: OperationFilter::All, .. } => {
                self.migrations.iter().any(|open| open.resource == *resource)
            }
            _ => false,
        };
        !is_migrating && change::is_noop(&self.cib, change)
    }

    /// Whether it changed anything.
    fn change(&mut self, change: &Change, at: WallTime) -> Result<bool, Text> {
        self.forget_private(change);
        let before = self.cib.header.version;
        change::apply_live(Arc::make_mut(&mut self.cib), change, at)
            .map(|after| after != before)
            .map_err(|refused| Text::from(refused.to_string()))
    }

    /// A change of which the author may have meant another cluster.
    fn change_by_people(
        &mut self,
        change: &Change,
        at: WallTime,
        news: &mut Vec<News>,
    ) -> Result<bool, Text> {
        if !matches!(change, Change::Configure(_) | Change::ReplaceConfig(_)) {
            return self.change(change, at);
        }
        let before = self.cib.config.nodes.clone();
        let changed = self.change(change, at)?;
        let strangers = strangers::leave_out(Arc::make_mut(&mut self.cib), &before, &self.roster);
        news.extend((!strangers.is_empty()).then_some(News::LeftOut(strangers)));
        Ok(changed)
    }

    fn change_all(&mut self, changes: Vec<Change>, at: WallTime) -> Result<(), Text> {
        changes.iter().try_for_each(|change| self.change(change, at).map(|_changed| ()))
    }

    fn found(
        &mut self,
        cluster: &Text,
        member: &Member,
        life: Incarnation,
        at: WallTime,
        news: &mut Vec<News>,
    ) -> Result<Option<Member>, Text> {
        if !self.roster.is_empty() {
            return Err("the cluster has been founded already".into());
        }
        self.name = cluster.clone();
        self.cib = Arc::new(book::first_cib(cluster));
        self.enroll(member.clone(), at)?;
        let view = self.view.next(BTreeMap::from([(member.id, life)]), &BTreeMap::new());
        news.push(News::Roster);
        self.install(&view, at, news)
    }

    fn result(
        &mut self,
        result: &OperationResult,
        at: WallTime,
        news: &mut Vec<News>,
    ) -> Result<Option<Member>, Text> {
        let node = self
            .node_named(&result.node)
            .map(|member| member.id)
            .ok_or_else(|| Text::from("the result names a node that is not in the cluster"))?;
        if self.ended.get(&node).is_some_and(|life| life.boot == result.life.boot) {
            return Err("the result is of a life that was proven over".into());
        }
        let unexpected = result.is_unexpected();
        self.note_a_stop(result);
        self.change_all(book::changes_of_result(&self.cib, node, result), at)?;
        self.migration_result(result, at, news)?;
        news.push(News::Operation {
            order: result.order,
            node: result.node.clone(),
            key: result.record.key.clone().unwrap_or_else(|| result.record.id.clone()),
            unexpected,
        });
        Ok(None)
    }

    /// Installs a view: who is new begins with an empty history, who left without goodbye is
    /// unclean, who came back under a new boot has proven that the old life is over.
    fn install(
        &mut self,
        view: &View,
        at: WallTime,
        news: &mut Vec<News>,
    ) -> Result<Option<Member>, Text> {
        if view.id <= self.view.id {
            return Err("a newer view has been installed meanwhile".into());
        }
        let change = self.view.change_to(view);
        self.view = view.clone();
        for (node, life) in &change.lost {
            let Some(name) = self.name_of(*node).cloned() else { continue };
            let is_proven = self.ended.get(node).is_some_and(|ended| ended.boot == life.boot);
            if !is_proven {
                self.unclean.insert(*node, *life);
            }
            self.change_all(book::node_lost(*node, &name, is_proven), at)?;
            if is_proven {
                self.migrations_from(&name, at, news)?;
            }
        }
        for (node, life) in &change.left {
            let Some(name) = self.name_of(*node).cloned() else { continue };
            self.ended.insert(*node, *life);
            self.note_what_is_left(&name);
            self.change_all(book::node_ended(*node, &name), at)?;
            self.migrations_from(&name, at, news)?;
        }
        for (node, life) in &change.joined {
            let Some(name) = self.name_of(*node).cloned() else { continue };
            self.owes_on.remove(&name);
            // A request to fence is about the life of its moment; it must not hit the next one.
            let other_life = |asked: &FenceAsked| asked.life.map(|old| old.boot) != Some(life.boot);
            if self.fence_asked.get(&name).is_some_and(other_life) {
                self.fence_asked.remove(&name);
            }
            // Whoever left with a goodbye may come back without a new boot; its life goes on.
            let said_goodbye = self.ended.get(node).is_some_and(|old| old.boot == life.boot);
            if said_goodbye {
                self.ended.remove(node);
            } else {
                self.left_behind.remove(&name);
            }
            let returned = self.unclean.get(node).is_some_and(|old| old.boot == life.boot);
            if let Some(old) = self.unclean.remove(node)
                && !returned
            {
                self.note_what_it_cost(&name);
                self.ended.insert(*node, old);
                let proof = Proof::NewBoot { seen: *life };
                news.push(News::Ended { node: name.clone(), proof });
            }
            self.change_all(book::node_joined(*node, &name, returned), at)?;
            self.recall_what_is_left(*node, at)?;
            if !returned {
                self.migrations_from(&name, at, news)?;
            }
        }
        for (node, _) in &change.restarted {
            let Some(name) = self.name_of(*node).cloned() else { continue };
            self.unclean.remove(node);
            self.change_all(book::node_joined(*node, &name, true), at)?;
        }
        news.push(News::View(change));
        Ok(None)
    }

    fn verdict(
        &mut self,
        verdict: &Verdict,
        at: WallTime,
        news: &mut Vec<News>,
    ) -> Result<Option<Member>, Text> {
        let target = &verdict.target;
        let Some(node) = self.node_named(target).map(|member| member.id) else {
            return Err(Text::from(format!("{target} is not a node of this cluster")));
        };
        let present = self.view.members.get(&node);
        let Some(life) = verdict.incarnation else {
            return self.no_life_ended(node, verdict, at, news);
        };
        // A word was given by what was seen then. Who has come back in that very life since is
        // alive, and a history that is forgotten would be recovered elsewhere.
        let is_word = matches!(verdict.proof, Proof::Administrator { .. });
        let meant = self.unclean.get(&node).copied().or_else(|| self.life_left_behind(node));
        if is_word && meant.is_none_or(|meant| meant.boot != life.boot) {
            return Err(Text::from(format!(
                "{target} is not unclean any more: there is nothing to confirm ('rota status' \
                 shows it)"
            )));
        }
        // A node that came back under another boot is not concerned by the old one's end.
        if present.is_none_or(|now| now.boot == life.boot) {
            self.note_what_it_cost(target);
            self.unclean.remove(&node);
            self.left_behind.remove(target);
            self.change_all(book::node_ended(node, target), at)?;
            self.migrations_from(target, at, news)?;
        }
        self.ended.insert(node, life);
        self.fence_asked.remove(target);
        if let Proof::Administrator { who } = &verdict.proof {
            self.fencing.push(
                at,
                HistoryEntry {
                    target: target.clone(),
                    incarnation: Some(life),
                    wish: rota_fencing::Wish::Off,
                    requested_by: who.clone(),
                    why: "confirmed by hand".into(),
                    outcome: rota_fencing::Outcome::Proven(verdict.proof.clone()),
                    took: std::time::Duration::ZERO,
                },
            );
        }
        news.push(News::Ended { node: target.clone(), proof: verdict.proof.clone() });
        Ok(None)
    }

    /// A node of which no life was known was found off. A life that has begun since, perhaps while
    /// this verdict waited for a quorum, is not over.
    fn no_life_ended(
        &mut self,
        node: NodeId,
        verdict: &Verdict,
        at: WallTime,
        news: &mut Vec<News>,
    ) -> Result<Option<Member>, Text> {
        let target = &verdict.target;
        if self.fence_asked.get(target).is_some_and(|asked| asked.life.is_none()) {
            self.fence_asked.remove(target);
        }
        if !self.view.members.contains_key(&node) && !self.unclean.contains_key(&node) {
            self.change_all(book::node_ended(node, target), at)?;
            news.push(News::Ended { node: target.clone(), proof: verdict.proof.clone() });
        }
        Ok(None)
    }

    /// A request to switch on has no verdict that answers it: it is over when that was tried, or
    /// every leader to come would try it again.
    fn switching_on_ended(&mut self, note: &HistoryEntry) {
        use rota_fencing::Outcome;
        let was_tried = match note.outcome {
            Outcome::TurnedOn | Outcome::OnFailed { .. } | Outcome::Withdrawn => true,
            Outcome::Proven(_) | Outcome::Exhausted { .. } => false,
        };
        let is_on = |asked: &FenceAsked| asked.wish == rota_fencing::Wish::On;
        if was_tried && self.fence_asked.get(&note.target).is_some_and(is_on) {
            self.fence_asked.remove(&note.target);
        }
    }

    /// A reboot is over when the node is on again; until then every leader owes it that.
    fn note_what_is_owed(&mut self, note: &HistoryEntry) {
        use rota_fencing::{Outcome, Wish};
        match (&note.outcome, note.wish) {
            (Outcome::Proven(Proof::PoweredOff { .. }), Wish::Reboot) => {
                self.owes_on.insert(note.target.clone());
            }
            (Outcome::Proven(Proof::PoweredOff { .. }), Wish::Off) | (Outcome::TurnedOn, _) => {
                self.owes_on.remove(&note.target);
            }
            (
                Outcome::Proven(_)
                | Outcome::OnFailed { .. }
                | Outcome::Exhausted { .. }
                | Outcome::Withdrawn,
                _,
            ) => {}
        }
    }

    fn fence_asked(&mut self, target: &NodeName, asked: FenceAsked) -> Result<(), Text> {
        if self.node_named(target).is_none() {
            return Err(Text::from(format!(
                "{target} is not a node of this cluster; 'rota status' lists them"
            )));
        }
        self.fence_asked.insert(target.clone(), asked);
        Ok(())
    }

    fn admit(
        &mut self,
        digest: &[u8; 32],
        name: &NodeName,
        links: &[std::net::SocketAddr],
        at: WallTime,
    ) -> Result<Member, Text> {
        self.tokens.retain(|(_, expires)| *expires > at);
        let Some(place) = self.tokens.iter().position(|(known, _)| known == digest) else {
            return Err("the join line was used already or is too old; make a new one with \
                        'rota cluster token' on a member"
                .into());
        };
        let links_here = self.roster.values().next().map_or(0, |member| member.links.len());
        if links.len() != links_here {
            return Err(Text::from(format!(
                "this cluster has {links_here} links, the newcomer names {}; give --link once \
                 for each",
                links.len()
            )));
        }
        if let Err(why) = name.check() {
            return Err(Text::from(format!("{why}; choose another with --node")));
        }
        if let Some(known) = self.node_named(name) {
            return Err(Text::from(format!(
                "{name} is a node of this cluster already (number {}); choose another name, or \
                 remove it first with 'rota cluster node remove {name}'",
                known.id
            )));
        }
        self.tokens.remove(place);
        let id = NodeId(self.highest_id + 1);
        let member = entry::Member { id, name: name.clone(), links: links.to_vec() };
        self.enroll(member.clone(), at)?;
        Ok(member)
    }

    fn enroll(&mut self, member: Member, at: WallTime) -> Result<(), Text> {
        self.highest_id = self.highest_id.max(member.id.0);
        self.change_all(book::node_enrolled(&member), at)?;
        self.roster.insert(member.id, member);
        Ok(())
    }

    fn remove(
        &mut self,
        node: NodeId,
        at: WallTime,
        news: &mut Vec<News>,
    ) -> Result<Option<Member>, Text> {
        if self.view.members.contains_key(&node) || self.unclean.contains_key(&node) {
            return Err("the node is up, or not proven off; stop it first with 'rota cluster \
                        stop' there, or fence it"
                .into());
        }
        let Some(member) = self.roster.remove(&node) else {
            return Err("there is no such node".into());
        };
        self.ended.remove(&node);
        self.fence_asked.remove(&member.name);
        self.owes_on.remove(&member.name);
        self.private.remove(&member.name);
        self.migrations.retain(|open| open.source != member.name && open.target != member.name);
        self.seen.remove(&node);
        self.seen_before.remove(&node);
        self.change_all(book::node_removed(&member), at)?;
        news.push(News::Roster);
        Ok(None)
    }
}

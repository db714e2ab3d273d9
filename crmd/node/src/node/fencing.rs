//! Fencing: requests of plans and people, the fencer's effects, what devices answer.

use std::collections::BTreeSet;

use rota_fencing::{AttemptId, Chance, Request, RequestDelay, Verdict};
use rota_ids::{Incarnation, NodeName, Text};
use rota_replica::LogStore;
use rota_transition::FenceAction;

use crate::entry::Entry;
use crate::event::{Effect, Now};
use crate::fences;
use crate::message::{DeviceOrder, Message};
use crate::proposals::Purpose;
use crate::story::Story;

use super::Node;

impl<S: LogStore> Node<S> {
    /// A word of an administrator counts for what is not alive: whoever is heard is not off.
    pub(super) fn confirmation(&self, target: &NodeName, by: Text) -> Result<Verdict, Text> {
        let Some(member) = self.state.node_named(target) else {
            return Err(format!("{target} is not a node; 'rota status' lists them").into());
        };
        let unclean = self.state.unclean.get(&member.id).copied();
        let Some(life) = unclean.or_else(|| self.state.life_left_behind(member.id)) else {
            return Err(format!(
                "{target} is not unclean: there is nothing to confirm ('rota status' shows it)"
            )
            .into());
        };
        if self.neighbours.hears(member.id) {
            return Err(format!(
                "{target} is heard at this moment: it is not off. Switch it off first"
            )
            .into());
        }
        let proof = rota_fencing::Proof::Administrator { who: by };
        Ok(Verdict { target: target.clone(), incarnation: Some(life), proof })
    }

    /// The life that somebody means who asks now for a node to be fenced: also that of a node
    /// that is heard and belongs to no view.
    pub(super) fn life_to_end(&self, target: &NodeName) -> Option<Incarnation> {
        let node = self.state.node_named(target)?.id;
        let own = (node == self.config.me).then_some(self.config.life);
        own.or_else(|| self.neighbours.life_of(node)).or_else(|| self.life_of(target))
    }

    pub(super) fn fence_asked(&mut self, now: Now, target: &NodeName) {
        let Some(asked) = self.state.fence_asked.get(target) else { return };
        let request = Request {
            target: target.clone(),
            incarnation: asked.life,
            wish: asked.wish,
            delay: RequestDelay::Skip,
            requested_by: asked.by.clone(),
            why: "asked for by hand".into(),
        };
        self.fence_with(now, request);
    }

    pub(super) fn fence(&mut self, now: Now, target: &NodeName, action: FenceAction, delay_s: u32) {
        let request = Request {
            target: target.clone(),
            incarnation: self.life_of(target),
            wish: fences::wish(action),
            delay: RequestDelay::Add(std::time::Duration::from_secs(u64::from(delay_s))),
            requested_by: self.config.name.0.clone(),
            why: "it left without a goodbye, or a stop failed there".into(),
        };
        self.fence_with(now, request);
    }

    /// Whoever is heard under another boot than the one that was to end is not shot for it: the
    /// old life is over.
    pub(super) fn is_reborn(&self, request: &Request) -> Option<Verdict> {
        let node = self.state.node_named(&request.target)?.id;
        let own = (node == self.config.me).then_some(self.config.life);
        let seen = own.or_else(|| self.neighbours.life_of(node))?;
        if request.incarnation.is_some_and(|old| old.boot == seen.boot) {
            return None;
        }
        let proof = rota_fencing::Proof::NewBoot { seen };
        let (target, incarnation) = (request.target.clone(), request.incarnation);
        request.wish.needs_off().then_some(Verdict { target, incarnation, proof })
    }

    pub(super) fn fence_with(&mut self, now: Now, request: Request) {
        if self.controller.is_none() {
            return;
        }
        if let Some(verdict) = self.is_reborn(&request) {
            return self.proposals.submit(now, Entry::Verdict(verdict), Purpose::Plain);
        }
        self.todo.push(Effect::Tale(Story::Fencing {
            target: request.target.clone(),
            why: request.why.clone(),
        }));
        self.tell_fencer_the_world(now);
        // Two partitions cannot both have quorum, so that nobody needs a random head start.
        let chance = Chance::default();
        self.fencer_step(now, rota_fencing::Event::Asked { request, chance });
    }

    /// Takes back what plans asked for and no longer do: a node that came back in peace must not
    /// be shot for having been away. What people asked for stands.
    pub(super) fn fence_only(&mut self, now: Now, wanted: &BTreeSet<NodeName>) {
        let unwanted: Vec<NodeName> = self
            .fencer
            .jobs()
            .map(|job| job.target.clone())
            .filter(|t| {
                !wanted.contains(t)
                    && !self.state.fence_asked.contains_key(t)
                    && !self.state.owes_on.contains(t)
            })
            .collect();
        for target in unwanted {
            self.withdraw(now, &target);
        }
    }

    /// Nobody waits for the proof any more. A node that is being switched on again is left to it.
    pub(super) fn withdraw(&mut self, now: Now, target: &NodeName) {
        let is_searching = self.fencer.jobs().any(|job| {
            job.target == target && !matches!(job.phase, rota_fencing::Phase::TurningOn)
        });
        if is_searching {
            let target = target.clone();
            self.fencer_step(now, rota_fencing::Event::Withdrawn { target });
        }
    }

    /// Devices and executors may have changed: what is stuck may go on with them.
    pub(super) fn tell_fencer_the_world(&mut self, now: Now) {
        self.fencer_is_behind = false;
        let devices = fences::devices(&self.state.cib);
        let topology = fences::topology(&self.state);
        self.fencer_step(now, rota_fencing::Event::Devices { devices, topology });
        let executors = fences::executors(&self.state);
        self.fencer_step(now, rota_fencing::Event::Nodes(executors));
    }

    pub(super) fn life_of(&self, target: &NodeName) -> Option<Incarnation> {
        let id = self.state.node_named(target)?.id;
        let unclean = self.state.unclean.get(&id);
        let present = unclean.or_else(|| self.state.view.members.get(&id)).copied();
        present.or_else(|| self.state.life_left_behind(id))
    }

    pub(super) fn fencer_step(&mut self, now: Now, event: rota_fencing::Event) {
        if self.controller.is_none() {
            return;
        }
        let mut effects = Vec::new();
        self.fencer.step(now.moment, event, &mut effects);
        for effect in effects {
            self.fencer_effect(now, effect);
        }
    }

    pub(super) fn fencer_effect(&mut self, now: Now, effect: rota_fencing::Effect) {
        use rota_fencing::Effect as E;
        match effect {
            E::Run { attempt, executor, device, action, target, plug, timeout } => {
                let Some(found) =
                    fences::devices(&self.state.cib).into_iter().find(|d| d.id == device)
                else {
                    return;
                };
                let Some(controller) = &self.controller else { return };
                let order = Box::new(DeviceOrder {
                    attempt,
                    token: controller.token(&self.state),
                    device: device.0,
                    agent: found.agent,
                    params: found.params,
                    action,
                    plug,
                    timeout_ms: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX),
                    then_on: action == rota_fencing::Action::Off && self.is_to_reboot(&target),
                    target,
                });
                if executor == self.config.me {
                    self.drive(executor, order);
                } else {
                    let effect = self.asked_devices.ask(now, executor, order);
                    self.todo.push(effect);
                }
            }
            E::Cancel { attempt, executor } => {
                if executor == self.config.me {
                    self.driven_devices.take_back(attempt, &mut self.todo);
                } else {
                    self.asked_devices.forget(attempt);
                    let message = Message::CancelDevice { attempt };
                    self.todo.push(Effect::Peer { to: executor, message });
                }
            }
            E::Proven(verdict) => {
                self.proposals.submit(now, Entry::Verdict(verdict), Purpose::Plain);
            }
            E::Exhausted { target, why, .. } => {
                self.todo.push(Effect::Tale(Story::Stuck { target, why }));
            }
            E::Note(entry) => {
                self.proposals.submit(now, Entry::FencingNote(entry), Purpose::Plain);
            }
            E::WakeAt(_) => {}
        }
    }

    /// Whether a node that is being switched off is to be switched on again.
    fn is_to_reboot(&self, target: &NodeName) -> bool {
        self.fencer.jobs().filter(|job| job.target == target).any(|job| {
            let is_asked = |wish| job.requests.iter().any(|request| request.wish == wish);
            is_asked(rota_fencing::Wish::Reboot) && !is_asked(rota_fencing::Wish::Off)
        })
    }

    pub(super) fn device_ended(
        &mut self,
        now: Now,
        attempt: AttemptId,
        reply: rota_fencing::Reply,
    ) {
        if self.owed.answered(attempt, &reply, now.moment) {
            return;
        }
        let Some((asker, order)) = self.driven_devices.ended(attempt, &reply) else { return };
        if matches!(reply, rota_fencing::Reply::ProvenOff { .. }) {
            self.owed.switched_off(order, now.moment);
        }
        if asker == self.config.me {
            self.fencer_step(now, rota_fencing::Event::Replied { attempt, reply });
        } else {
            let message = Message::DeviceReplied { attempt, reply };
            self.todo.push(Effect::Peer { to: asker, message });
        }
    }

    /// Takes an order for a device, ours or that of another leader.
    pub(super) fn drive(&mut self, asker: rota_ids::NodeId, order: Box<DeviceOrder>) {
        // Whoever asks sees to what is owed.
        self.owed.settled(&order.target);
        self.driven_devices.take(asker, order, &mut self.todo);
    }

    /// Switches on what was switched off for a reboot and was left so.
    pub(super) fn switch_on_what_is_owed(&mut self, now: Now) {
        if self.replica.leader().is_none() {
            let first = AttemptId(u64::from(self.config.life.start.0) << 32);
            self.owed.alone(now.moment, first, &mut self.todo);
        }
        if self.controller.is_none() {
            return;
        }
        let owed: Vec<NodeName> = self.state.owes_on.iter().cloned().collect();
        for target in owed {
            let is_heard =
                self.state.node_named(&target).is_some_and(|m| self.neighbours.hears(m.id));
            let is_at_it = self.fencer.jobs().any(|job| *job.target == target);
            if is_heard || is_at_it || !self.owed.is_due(&target, now.moment) {
                continue;
            }
            let request = Request {
                target,
                incarnation: None,
                wish: rota_fencing::Wish::On,
                delay: RequestDelay::Skip,
                requested_by: self.config.name.0.clone(),
                why: "it was switched off for a reboot and is not on again".into(),
            };
            self.fence_with(now, request);
        }
    }
}

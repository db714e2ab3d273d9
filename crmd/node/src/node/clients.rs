//! Clients on this host: what they ask, and what they are told.

use rota_ids::{NodeId, Text};
use rota_replica::LogStore;

use crate::entry::Entry;
use crate::event::{Ask, Effect, Now, RequestId, Told};
use crate::limits::{CLIENTS_MAX, RESEND_ORDER};
use crate::message::Message;
use crate::proposals::Purpose;
use crate::state::Answer;

use super::Node;

impl<S: LogStore> Node<S> {
    pub(super) fn tell(&mut self, request: RequestId, answer: Answer) {
        let told = match answer {
            Answer::Done(version) => Told::Done(version),
            Answer::Admitted(newcomer) => {
                let members = self.state.roster.values().cloned().collect();
                Told::Admitted { newcomer, members }
            }
            Answer::Refused(why) => Told::Refused(why),
        };
        self.todo.push(Effect::Tell { request, told });
    }

    pub(super) fn asked(&mut self, now: Now, request: RequestId, ask: Ask) {
        let purpose = Purpose::Client(request);
        let entry = match ask {
            Ask::Change(change) => Entry::Change(change),
            Ask::Private { node, name, value } => Entry::Private { node, name, value },
            Ask::Fence { target, wish, by } => {
                let life = self.life_to_end(&target);
                Entry::FenceAsked { target, wish, by, life }
            }
            Ask::Confirm { target, by } => match self.confirmation(&target, by) {
                Ok(verdict) => Entry::Verdict(verdict),
                Err(why) => return self.refuse(request, why),
            },
            Ask::Token { digest, expires } => Entry::TokenMade { digest, expires },
            Ask::Admit { digest, name, links } => Entry::Admitted { digest, name, links },
            Ask::Remove(name) => match self.state.node_named(&name) {
                Some(member) => Entry::Removed { node: member.id },
                None => {
                    return self.refuse(
                        request,
                        format!("{name} is not a node; 'rota status' lists them").into(),
                    );
                }
            },
            Ask::WaitIdle => {
                if self.waiting_for_idle.len() >= CLIENTS_MAX {
                    // The one that has waited longest is the one that has probably gone.
                    let oldest = self.waiting_for_idle.remove(0);
                    self.refuse(oldest, "too many wait for the cluster to be idle".into());
                }
                self.waiting_for_idle.push(request);
                if let Some(leader) = self.replica.leader() {
                    self.ask_for_idle(request, leader);
                }
                return;
            }
            Ask::Leave => {
                self.leaving = true;
                Entry::Change(crate::book::wants_to_leave(self.config.me, now.wall))
            }
        };
        if !entry.fits_into_log() {
            let why = format!(
                "the change is larger than the {} MiB that one entry of the log may have",
                rota_replica::limits::PROPOSAL_BYTES_MAX >> 20
            );
            return self.refuse(request, why.into());
        }
        // Who asked and went away is not heard of: without a quorum there would be no end.
        if self.proposals.of_clients() >= CLIENTS_MAX {
            let why = "too many changes wait for a quorum already; 'rota status' says more";
            return self.refuse(request, why.into());
        }
        if let Some(entry) = self.unless_unchanged(request, entry) {
            self.proposals.submit(now, entry, purpose);
        }
    }

    pub(super) fn refuse(&mut self, request: RequestId, why: Text) {
        self.todo.push(Effect::Tell { request, told: Told::Refused(why) });
    }

    pub(super) fn ask_for_idle(&mut self, request: RequestId, leader: NodeId) {
        if leader == self.config.me {
            if let Some(controller) = &mut self.controller {
                controller.tell_when_idle(leader, request.0);
            }
        } else {
            let message = Message::TellWhenIdle { question: request.0 };
            self.todo.push(Effect::Peer { to: leader, message });
        }
    }

    /// The question or its answer may have been lost.
    pub(super) fn ask_for_idle_again(&mut self, now: Now) {
        let is_due = self.asked_for_idle.is_none_or(|at| now.moment.since(at) >= RESEND_ORDER);
        let leader = self.replica.leader().filter(|leader| *leader != self.config.me);
        if let Some(leader) = leader.filter(|_| is_due && !self.waiting_for_idle.is_empty()) {
            self.asked_for_idle = Some(now.moment);
            for place in 0..self.waiting_for_idle.len() {
                self.ask_for_idle(self.waiting_for_idle[place], leader);
            }
        }
    }

    pub(super) fn idle_now(&mut self, request: RequestId) {
        if let Some(place) = self.waiting_for_idle.iter().position(|r| *r == request) {
            self.waiting_for_idle.remove(place);
            self.todo.push(Effect::Tell { request, told: Told::Idle });
        }
    }
}

//! Carries out what the node wants done, in order.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use rota_ids::NodeId;
use rota_membership::Report;
use rota_membership_net::{Handle, PeerAddresses};
use rota_node::entry::Member;
use rota_node::{Effect, Event, RequestId, Story, Told};
use rota_settings::{Directory, Roster, Settings};
use tokio::sync::oneshot;

use crate::agents::Agents;
use crate::devices::Devices;
use crate::life;
use crate::peers::Peers;
use crate::planner::Planner;

/// The exit code of a node that must not go on: its supervisor may start it anew.
const MUST_NOT_GO_ON: u8 = 100;

/// Whether the loop goes on.
pub enum Flow {
    /// It does.
    GoOn,
    /// It ends.
    End(ExitCode),
}

/// The edges of the world.
pub struct Effects {
    /// Agents on this host.
    pub agents: Agents,
    /// Fence devices.
    pub devices: Devices,
    /// Where plans are made.
    pub planner: Planner,
    /// The other nodes.
    pub peers: Arc<Peers>,
    /// Heartbeats.
    pub heart: Handle,
    /// This host's files.
    pub directory: Directory,
    /// This host's settings.
    pub settings: Settings,
}

impl Effects {
    /// What the edges themselves must know of an event.
    pub fn notice(&self, event: &Event) {
        if let Event::Membership(report) = event {
            match report {
                Report::BestLinkChanged { peer, link } => self.peers.use_link(*peer, *link),
                Report::PeerHeard { peer, incarnation, birth } => {
                    tracing::info!(%peer, %incarnation, ?birth, "heard");
                }
                Report::PeerLost { peer, silent_for, reason, .. } => {
                    tracing::warn!(%peer, ?silent_for, ?reason, "lost");
                }
                Report::PeerLeft { peer, .. } => tracing::info!(%peer, "said goodbye"),
                Report::PeerAbsent { peer } => tracing::warn!(%peer, "was not heard at all"),
                Report::LinkChanged { peer, link, state } => {
                    tracing::info!(%peer, %link, ?state, "link");
                }
                Report::Overslept { by } => tracing::warn!(?by, "was not scheduled in time"),
                Report::HearingChanged(_) | Report::Departed => {}
            }
        }
    }

    /// Carries an effect out.
    pub fn carry_out(
        &self,
        effect: Effect,
        asked: &mut BTreeMap<RequestId, oneshot::Sender<Told>>,
    ) -> Flow {
        match effect {
            Effect::Raft { to, message } => self.peers.send_raft(to, message),
            Effect::Peer { to, message } => self.peers.send(to, &message),
            Effect::RunAgent { run, op } => self.agents.run(run, *op),
            Effect::CancelAgent(run) => self.agents.cancel(run),
            Effect::ForgetRun(run) => self.agents.forget(run),
            Effect::Plan(job) => self.planner.ask(job),
            Effect::RunDevice(order) => self.devices.run(*order),
            Effect::CancelDevice(attempt) => self.devices.cancel(attempt),
            Effect::Tell { request, told } => {
                if let Some(answer) = asked.remove(&request) {
                    // The client may have gone away meanwhile.
                    let _ = answer.send(told);
                }
            }
            Effect::Roster(members) => self.meet(&members),
            Effect::Remember(memory) => self.remember(&memory),
            Effect::Depart => {
                tracing::info!("leaving");
                if let Err(error) = self.heart.leave() {
                    tracing::error!(%error, "goodbye could not be said");
                    return Flow::End(ExitCode::FAILURE);
                }
            }
            Effect::Die(why) => {
                tracing::error!("{why}");
                return Flow::End(ExitCode::from(MUST_NOT_GO_ON));
            }
            Effect::Tale(story) => tell(&story),
        }
        Flow::GoOn
    }

    fn meet(&self, members: &[Member]) {
        if members.is_empty() {
            // A newcomer knows its peers from the join until the log tells it more.
            return;
        }
        let others = members.iter().filter(|member| member.id != self.settings.node_id);
        let addresses: Vec<PeerAddresses> = others
            .map(|member| PeerAddresses {
                peer: member.id,
                addresses: member.links.iter().copied().map(Some).collect(),
            })
            .collect();
        if let Err(error) = self.heart.configure(addresses) {
            tracing::error!(%error, "peers cannot be listened to");
        }
        self.peers.meet(members);
        let members = members
            .iter()
            .map(|member| rota_settings::Member {
                node_id: member.id,
                name: member.name.to_string(),
                links: member.links.clone(),
            })
            .collect();
        if let Err(error) = self.directory.write_roster(&Roster { members }) {
            tracing::error!(%error, "the list of nodes cannot be kept");
        }
    }

    fn remember(&self, memory: &[u8]) {
        if let Err(error) = life::replace(&self.settings.run_dir.join("memory"), memory) {
            tracing::error!("what a restarted daemon must know cannot be kept: {error:#}");
        }
    }

    /// This node's number.
    pub fn me(&self) -> NodeId {
        self.settings.node_id
    }
}

fn tell(story: &Story) {
    match story {
        Story::Stuck { .. } | Story::PlanRefused { .. } | Story::QuorumLost => {
            tracing::error!("{story}");
        }
        Story::Fencing { .. }
        | Story::NotFollowing { .. }
        | Story::NobodyFollows
        | Story::LeftOut { .. }
        | Story::OtherMemory { .. }
        | Story::MemoryLost { .. }
        | Story::Refused { .. }
        | Story::Proven { .. }
        | Story::PlanIsSlow { .. }
        | Story::Ended { unexpected: true, .. } => {
            tracing::warn!("{story}");
        }
        Story::Leader { .. }
        | Story::InCharge { .. }
        | Story::View { .. }
        | Story::Planned { .. }
        | Story::Finished { .. }
        | Story::Ordered { .. }
        | Story::Ended { unexpected: false, .. }
        | Story::QuorumBack => tracing::info!("{story}"),
    }
}

//! The networks in the status report: what the heartbeat thread knows of them.

use rota_ids::Text;
use rota_membership::{LinkState, LinkStatus, LostReason, PeerStatus, Standing};
use rota_membership_net::NetStatus;
use rota_node::report::{DatagramReport, LinkReport, StatusReport};
use rota_node::state::ClusterState;

/// Adds links and datagrams to a report, and a warning for each link that is down although its
/// peer is there.
pub fn add(report: &mut StatusReport, state: &ClusterState, net: &NetStatus) {
    for peer in &net.table.peers {
        let Some(name) = state.name_of(peer.peer) else { continue };
        if let Standing::Returning(left) = peer.standing {
            report.warnings.push(returning(name, left));
        }
        if peer.standing == Standing::Lost(LostReason::Restarting) {
            report.warnings.push(keeps_dying(name));
        }
        for link in &peer.links {
            let found = one(peer, link, name);
            if peer.standing == Standing::Heard && !found.up {
                report.warnings.push(warning(&found));
            }
            report.links.push(found);
        }
    }
    let counters = &net.counters;
    report.datagrams = DatagramReport {
        sent: counters.sent,
        received: counters.received,
        rejected_size: counters.rejected_size,
        rejected_version: counters.rejected_version,
        rejected_address: counters.rejected_address,
        rejected_key: counters.rejected_key,
        rejected_replayed: counters.rejected_replayed,
        rejected_content: counters.rejected_content,
    };
}

fn one(peer: &PeerStatus, link: &LinkStatus, name: &rota_ids::NodeName) -> LinkReport {
    let state = match link.state {
        LinkState::Untried => "untried",
        LinkState::Heard => "heard",
        LinkState::Late => "late",
        LinkState::Lost => "lost",
    };
    LinkReport {
        peer: name.clone(),
        link: link.link.0,
        up: matches!(link.state, LinkState::Heard | LinkState::Late),
        state: state.into(),
        used: peer.best == Some(link.link),
        round_trip_us: link.round_trip.and_then(|time| u64::try_from(time.as_micros()).ok()),
        loss_here_permille: link.loss_here_permille,
        loss_there_permille: link.loss_there_permille,
    }
}

fn returning(name: &rota_ids::NodeName, left: std::time::Duration) -> Text {
    format!(
        "{name} was lost and is heard again. It is taken back in when it has been heard without \
         gaps for another {:.1} s; a node that is lost again and again has to wait longer each \
         time. If that goes on, look at its links: 'rota status --full'",
        left.as_secs_f64()
    )
    .into()
}

fn keeps_dying(name: &rota_ids::NodeName) -> Text {
    format!(
        "the daemon of {name} keeps dying and being started again, so that {name} counts as lost. \
         Its log there (/var/log/rota/rotad.log) says why; a full disk is a usual reason"
    )
    .into()
}

fn warning(link: &LinkReport) -> Text {
    format!(
        "link {} to {} is down ({}); the others carry on. Look at its cable, switch port and \
         firewall: 'rota status --full' shows all links",
        link.link, link.peer, link.state
    )
    .into()
}

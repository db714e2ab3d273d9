//! Where the replicas of a bundle go.

use rota_cib::constraint::Role;

use crate::assign::{self, Assign};
use crate::model::{Cand, Discover, Nid, NodeSort, Rid, World};
use crate::score::INF;

/// Assigns a bundle's replicas: containers like the instances of a clone, the rest with them.
pub(crate) fn assign(world: &mut World<'_>, state: &mut Assign, rid: Rid) {
    if !world.rscs[rid].provisional || world.rscs[rid].allocating {
        return;
    }
    let Some(conf) = world.rscs[rid].bundle_conf().cloned() else { return };
    world.rscs[rid].allocating = true;
    for i in assign::colocs_as_dependent(world, rid) {
        let primary = world.constraints.colocations[i].primary;
        assign::resource(world, state, primary, None);
    }
    if let Some(clone) = conf.clone {
        // Nothing of it is for full members; what is for the replicas is theirs.
        for r in &conf.replicas {
            if let Some(nid) = r.node {
                world.rscs[clone].allowed[nid] =
                    Cand { score: -INF, present: true, discover: Discover::Always };
            }
        }
    }
    show(world, state, rid);
    let containers: Vec<Rid> = conf.replicas.iter().map(|r| r.container).collect();
    assign::distribute(world, state, rid, &containers, conf.max, conf.per_host);
    for r in &conf.replicas {
        if let Some(ip) = r.ip {
            assign::resource(world, state, ip, None);
        }
        let host = world.rscs[r.container].assigned;
        if let Some(remote) = r.remote {
            if let Some(host) = host {
                beside_host(world, remote, host);
            }
            assign::resource(world, state, remote, None);
        }
        if let (Some(child), Some(nid)) = (r.child, r.node) {
            let cand = &mut world.rscs[child].allowed[nid];
            if cand.present && cand.score > -INF {
                cand.score = INF;
            }
        }
    }
    world.rscs[rid].provisional = false;
    if let Some(clone) = conf.clone {
        for nid in 0..world.nodes.len() {
            if !world.rscs[clone].allowed[nid].present {
                continue;
            }
            let inside = conf.replicas.iter().any(|r| r.node == Some(nid));
            world.rscs[clone].allowed[nid].score = if inside { 0 } else { -INF };
        }
        assign::resource(world, state, clone, None);
    }
    let active = containers.iter().any(|&c| world.rscs[c].assigned.is_some());
    world.rscs[rid].next_role = Some(if active { Role::Started } else { Role::Stopped });
    world.rscs[rid].allocating = false;
}

/// Writes down the scores of a bundle and of all that is in it.
pub(crate) fn show(world: &World<'_>, state: &mut Assign, rid: Rid) {
    let Some(conf) = world.rscs[rid].bundle_conf() else { return };
    let parts = conf.replicas.iter().flat_map(|r| [r.ip, Some(r.container), r.remote, r.child]);
    for part in [Some(rid)].into_iter().chain(parts).chain([conf.clone]).flatten() {
        state.show(world, "pcmk__bundle_assign", part);
    }
}

/// The connection to a replica on a remote node goes where that node's own connection is: no
/// other member can reach it.
fn beside_host(world: &mut World<'_>, remote: Rid, host: Nid) {
    let node = &world.nodes[host];
    let (NodeSort::Remote, Some(connection)) = (node.sort, node.connection) else { return };
    let Some(at) = world.rscs[connection].assigned else { return };
    for (nid, cand) in world.rscs[remote].allowed.iter_mut().enumerate() {
        if nid != at && cand.present {
            cand.score = -INF;
        }
    }
}

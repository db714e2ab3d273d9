//! Everything of a history read: role, place and consequences.

use rota_cib::constraint::Role;

use super::on_fail::OnFail;
use super::record::Reading;
use crate::model::{Nid, NodeSort, Rid, World};

/// Everything of the history read: role, place and consequences.
pub(super) fn place(world: &mut World<'_>, nid: Nid, rid: Rid, reading: &Reading, old_role: Role) {
    let mut role = reading.role;
    let managed = world.rscs[rid].managed;
    let node_online = world.nodes[nid].online;
    let node_maintenance = world.nodes[nid].maintenance;
    if role > Role::Stopped && !node_online && !node_maintenance && managed {
        let node = &world.nodes[nid];
        let should = match node.sort {
            NodeSort::Guest => true,
            NodeSort::Remote => {
                let failed = node.connection.is_some_and(|c| world.rscs[c].failed);
                if world.opts.fencing && node.connection.is_some() && !failed {
                    // Another member may reach it: fenced only if none will.
                    world.nodes[nid].unseen = true;
                }
                world.opts.fencing
            }
            NodeSort::Member | NodeSort::Ping => world.opts.fencing,
        };
        if should {
            if world.nodes[nid].sort == NodeSort::Guest {
                world.rscs[rid].failed = true;
                world.rscs[rid].stop_required = true;
            }
            let reason = if world.nodes[nid].unseen && world.nodes[nid].sort == NodeSort::Remote {
                format!(
                    "{} is active there (fencing will be revoked if remote connection can be \
                     re-established elsewhere)",
                    world.rscs[rid].id
                )
            } else {
                format!("{} is thought to be active there", world.rscs[rid].id)
            };
            world.fence(nid, &reason);
        }
    }
    if role > Role::Stopped
        && !node_online
        && !world.nodes[nid].unclean
        && !world.opts.fencing
        && !world.nodes[nid].is_remote()
    {
        // Without fencing a node that left is taken at its word.
        role = Role::Stopped;
    }
    let mut on_fail = reading.on_fail;
    if world.alone {
        on_fail = on_fail.min(OnFail::Recover);
    }
    if world.nodes[nid].unclean && role > Role::Stopped {
        // Whatever failed there, it ends with the node, if that can be ended.
        on_fail = match reading.hopeless && !crate::create::can_fence(world, nid) {
            true => OnFail::Block,
            false => OnFail::Ignore,
        };
    }
    if node_maintenance && !world.rscs[rid].is_clone() {
        // Nothing is done to anything on this node.
        world.rscs[rid].managed &= role <= Role::Stopped;
        on_fail = OnFail::Ignore.max(if role > Role::Stopped { OnFail::Ignore } else { on_fail });
        if reading.on_fail >= OnFail::Recover && role > Role::Stopped {
            world.rscs[rid].failed = true;
        }
    }
    if let Some(next) = reading.fail_next {
        set_next(world, rid, next, "failure");
    }
    match on_fail {
        OnFail::Ignore => {}
        OnFail::Demote => {
            world.rscs[rid].failed = true;
            set_next(world, rid, Role::Unpromoted, "demote");
        }
        OnFail::Fence => {
            world.rscs[rid].failed = true;
            world.rscs[rid].stop_required = true;
            let reason = format!("{} failed there", world.rscs[rid].id);
            world.fence(nid, &reason);
        }
        OnFail::Standby => {
            world.nodes[nid].standby = true;
            world.nodes[nid].standby_by_failure = true;
            if role > Role::Stopped {
                world.rscs[rid].failed = true;
                world.rscs[rid].stop_required = true;
            }
        }
        OnFail::Block => {
            world.rscs[rid].managed = false;
            world.rscs[rid].blocked = true;
            world.rscs[rid].blocked_why = reading.spared;
            world.rscs[rid].failed = true;
        }
        OnFail::Ban => {
            world.ban(rid, nid, "on-fail=ban");
            if role > Role::Stopped {
                world.rscs[rid].failed = true;
                world.rscs[rid].stop_required = true;
            }
        }
        OnFail::Stop => {
            set_next(world, rid, Role::Stopped, "on-fail=stop");
            if role > Role::Stopped {
                world.rscs[rid].failed = true;
                world.rscs[rid].stop_required = true;
            }
        }
        OnFail::Recover => {
            if role > Role::Stopped {
                world.rscs[rid].failed = true;
                world.rscs[rid].stop_required = true;
            }
        }
        OnFail::RestartContainer => {
            world.rscs[rid].failed = true;
            world.rscs[rid].stop_required = true;
            if let Some(container) = world.rscs[rid].container {
                world.rscs[container].stop_required = true;
            }
        }
        OnFail::ResetRemote => {
            world.rscs[rid].failed = true;
            world.rscs[rid].stop_required = true;
            if world.opts.fencing
                && let Some(served) = world.rscs[rid].serves
                && world.nodes[served].sort == NodeSort::Remote
            {
                // Whatever comes of the connection, this is settled by fencing.
                world.nodes[served].unseen = false;
                world.fence(served, "remote connection is unrecoverable");
                world.rscs[rid].managed = managed;
            }
            if role > Role::Stopped && reading.fail_next == Some(Role::Stopped) {
                set_next(world, rid, Role::Stopped, "remote reset");
            }
        }
    }
    let ends = match on_fail {
        OnFail::Ignore | OnFail::Demote | OnFail::Block => false,
        OnFail::Fence
        | OnFail::Standby
        | OnFail::Ban
        | OnFail::Stop
        | OnFail::Recover
        | OnFail::RestartContainer
        | OnFail::ResetRemote => true,
    };
    if role > Role::Stopped {
        if ends {
            world.rscs[rid].stops_for_failure.push(nid);
        }
        world.add_running(rid, nid);
    }
    if !world.rscs[rid].running_on.contains(&nid) && role == Role::Stopped {
        if old_role > Role::Stopped {
            world.rscs[rid].role = old_role;
        }
        return;
    }
    let rsc = &mut world.rscs[rid];
    rsc.role = if old_role > role { old_role } else { role };
}

/// Where it should go because of failures; the stricter wins.
pub(super) fn set_next(world: &mut World<'_>, rid: Rid, next: Role, why: &'static str) {
    let rsc = &mut world.rscs[rid];
    match rsc.next_role {
        Some(current) if current <= next => {}
        _ => {
            rsc.next_role = Some(next);
            rsc.next_role_why = why;
        }
    }
}

/// Consequences that need all histories: containers, several active instances, maintenance.
pub(super) fn finish(world: &mut World<'_>) {
    for rid in 0..world.rscs.len() {
        if world.rscs[rid].running_on.len() > 1
            && world.rscs[rid].is_primitive()
            && world.rscs[rid].migration_target.is_none()
        {
            multiple_active(world, rid);
        }
    }
}

pub(super) fn multiple_active(world: &mut World<'_>, rid: Rid) {
    use crate::model::Multiple;
    match world.rscs[rid].meta.multiple {
        Multiple::StopOnly => {
            set_next(world, rid, Role::Stopped, "multiple-active");
        }
        Multiple::Block => {
            world.rscs[rid].managed = false;
            world.rscs[rid].blocked = true;
            // What belongs together waits together.
            if let Some(parent) = world.rscs[rid].parent
                && world.rscs[parent].is_group()
            {
                for sibling in world.rscs[parent].children.clone() {
                    world.rscs[sibling].managed = false;
                    world.rscs[sibling].blocked = true;
                }
            }
        }
        Multiple::StopStart | Multiple::StopUnexpected => {}
    }
}

impl World<'_> {
    /// Says that a resource is active on a node.
    pub(crate) fn add_running(&mut self, rid: Rid, nid: Nid) {
        if self.rscs[rid].running_on.contains(&nid) {
            return;
        }
        self.rscs[rid].running_on.push(nid);
        if self.rscs[rid].is_primitive() {
            self.nodes[nid].running.push(rid);
            if self.nodes[nid].maintenance {
                self.rscs[rid].managed = false;
            }
        }
        if let Some(parent) = self.rscs[rid].parent {
            self.add_running(parent, nid);
        }
    }

    /// Keeps a resource off a node, whatever else is said.
    pub(crate) fn ban(&mut self, rid: Rid, nid: Nid, why: &'static str) {
        self.constraints.bans.push(crate::constraints::Ban { rid, nid, why });
    }

    /// For anonymous instances the whole clone, else the resource itself.
    pub(crate) fn instance_top(&self, rid: Rid) -> Rid {
        if self.rscs[rid].anonymous { self.instance_owner(rid).unwrap_or(rid) } else { rid }
    }

    /// Whether a resource lives inside a container that is recovered with it.
    pub(crate) fn is_guest_filler(&self, rid: Rid) -> bool {
        self.rscs[rid].container.is_some()
    }
}

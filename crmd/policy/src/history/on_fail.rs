//! What a failure calls for.

use rota_cib::Text;
use rota_cib::constraint::Role;
use rota_cib::status::OperationRecord;

use super::migrated::{failed_migrate_from, failed_migrate_to};
use super::record::{Reading, active_role, status};
use crate::model::{Nid, Rid, World};
use crate::values::get;

/// What a failure calls for; later ones outrank earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OnFail {
    Ignore,
    Demote,
    Recover,
    RestartContainer,
    ResetRemote,
    Ban,
    Block,
    Stop,
    Standby,
    Fence,
}

/// What failures of an operation call for: what the configuration says, except where fencing would
/// be for nothing.
pub(crate) fn on_fail(world: &World<'_>, rid: Rid, op: &OperationRecord) -> OnFail {
    match configured(world, rid, op) {
        OnFail::Fence if spared(world, rid, op).is_some() => OnFail::Block,
        other => other,
    }
}

/// Why a failed stop shall not cost the node its life, if that is so.
pub(super) fn spared(world: &World<'_>, rid: Rid, op: &OperationRecord) -> Option<&'static str> {
    let rsc = &world.rscs[rid];
    if op.operation != "stop" {
        None
    } else if was_not_executed(op) {
        Some("its stop could not be executed at all")
    } else if [&rsc.id, &rsc.conf_id, &rsc.history_id].iter().any(|id| world.spared.contains(*id)) {
        Some("it has cost a node already")
    } else {
        None
    }
}

/// Whether the system refused to execute the agent: a failure of the manager, which every other
/// node would repeat, not of the service.
///
/// The executor records the system's own words then, with the number (`os error 7`). An agent that
/// ran can not say so: its record has another status.
fn was_not_executed(op: &OperationRecord) -> bool {
    // ENOENT, E2BIG, EAGAIN, ENOMEM, EACCES, ENFILE, EMFILE, ETXTBSY
    const REFUSED: [u32; 8] = [2, 7, 11, 12, 13, 23, 24, 26];
    let said = op.exit_reason.as_deref().unwrap_or_default();
    let number = said.rsplit_once("(os error ").and_then(|(_, rest)| rest.strip_suffix(')'));
    op.op_status == status::ERROR
        && number.and_then(|n| n.parse().ok()).is_some_and(|n: u32| REFUSED.contains(&n))
}

/// What the configuration says about failures of an operation.
fn configured(world: &World<'_>, rid: Rid, op: &OperationRecord) -> OnFail {
    let task = op.operation.as_str();
    let configured = world
        .op_conf(rid, task, op.interval_ms)
        .or_else(|| {
            (task == "monitor" && op.interval_ms == 0).then_some(())?;
            None
        })
        .and_then(|o| get(&o.options, "on-fail"))
        .map(Text::as_str);
    let fencing = world.opts.fencing;
    let is_connection =
        world.rscs[rid].serves.is_some() && world.conf(rid).is_some_and(|c| c.is_connection());
    let value = match configured {
        Some("block") => Some(OnFail::Block),
        Some("fence") if fencing => Some(OnFail::Fence),
        Some("fence") if task == "stop" => Some(OnFail::Block),
        Some("fence") => Some(OnFail::Stop),
        Some("standby") => Some(OnFail::Standby),
        Some("ignore" | "nothing") => Some(OnFail::Ignore),
        Some("migrate" | "ban") => Some(OnFail::Ban),
        Some("stop") => Some(OnFail::Stop),
        Some("restart") => Some(OnFail::Recover),
        Some("restart-container") => Some(if world.rscs[rid].container.is_some() {
            OnFail::RestartContainer
        } else {
            OnFail::Recover
        }),
        Some("demote") if task == "monitor" || task == "promote" || task == "demote" => {
            Some(OnFail::Demote)
        }
        Some(_) | None => None,
    };
    // A stop that fails must never be taken lightly.
    if task == "stop" && value == Some(OnFail::Stop) {
        return if fencing { OnFail::Fence } else { OnFail::Block };
    }
    if let Some(value) = value {
        return value;
    }
    if world.rscs[rid].container.is_some() && !is_connection && world.is_guest_filler(rid) {
        return OnFail::RestartContainer;
    }
    if is_connection && task != "stop" && task != "start" {
        // The connection is lost: the remote node is in an unknown state.
        let fence_remote = fencing && world.rscs[rid].container.is_none();
        return if fence_remote {
            OnFail::ResetRemote
        } else if world.rscs[rid].container.is_some() {
            OnFail::RestartContainer
        } else {
            OnFail::Recover
        };
    }
    if is_connection && world.rscs[rid].container.is_some() && task != "stop" {
        return OnFail::RestartContainer;
    }
    if task == "stop" {
        return if fencing { OnFail::Fence } else { OnFail::Block };
    }
    OnFail::Recover
}

pub(super) fn failure(
    world: &mut World<'_>,
    nid: Nid,
    rid: Rid,
    op: &OperationRecord,
    reading: &mut Reading,
    rc: i32,
) {
    let task = op.operation.as_str();
    reading.last_failure = Some((op.operation.clone(), op.interval_ms));
    let mut severity = on_fail(world, rid, op);
    if severity == OnFail::Block {
        reading.spared = spared(world, rid, op).unwrap_or_default();
    }
    if op.op_status == status::NOT_INSTALLED && severity == OnFail::Ignore {
        severity = OnFail::Recover;
    }
    if reading.on_fail < severity {
        reading.on_fail = severity;
        reading.fail_next = match severity {
            OnFail::Stop => Some(Role::Stopped),
            OnFail::Demote => Some(Role::Unpromoted),
            _ => None,
        };
        if severity == OnFail::ResetRemote && reconnect_s(world, rid) > 0 {
            reading.fail_next = Some(Role::Stopped);
        }
    }
    // A probe that finds no agent, or no way to run it, finds nothing running.
    let probe_found_nothing = op.is_probe() && matches!(rc, 2 | 5);
    match task {
        "stop" => {
            reading.hopeless = matches!(rc, 2..=5);
            world.ban(rid, nid, "stop-failed");
        }
        "migrate_to" => failed_migrate_to(world, rid, op),
        "migrate_from" => failed_migrate_from(world, rid, op),
        "promote" => reading.role = Role::Promoted,
        "demote" => {
            if severity == OnFail::Block {
                reading.role = Role::Promoted;
                reading.fail_next = Some(Role::Stopped);
            } else if rc == 7 {
                reading.role = Role::Stopped;
            } else {
                reading.role = Role::Unpromoted;
            }
        }
        _ => {}
    }
    if probe_found_nothing && reading.role < Role::Started {
        world.rscs[rid].probe_error = Some(match rc {
            2 => "Invalid parameter",
            _ => "Not installed",
        });
        if reading.on_fail == OnFail::Recover {
            reading.on_fail = OnFail::Ignore;
        }
        return;
    }
    if reading.role < Role::Started {
        reading.role = active_role(world, rid);
    }
}

/// The `reconnect_interval` of a connection in seconds; 0 when there is none.
pub(super) fn reconnect_s(world: &World<'_>, rid: Rid) -> i64 {
    let text =
        world.conf(rid).and_then(|c| c.params.iter().find_map(|s| s.get("reconnect_interval")));
    text.and_then(|t| crate::values::millis(t)).map_or(0, |ms| (ms / 1000) as i64)
}

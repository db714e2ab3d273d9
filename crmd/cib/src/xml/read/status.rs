//! The `status` section. Its schema allows anything: elements that nobody knows are passed over,
//! attributes that nobody knows are kept.

use super::common::nv_set;
use super::doc::{Doc, Element, Read};
use crate::status::{NodeState, OperationRecord, ResourceHistory, Status, TicketState};

/// The whole section.
pub(super) fn status<'a>(doc: &mut Doc<'a>, section: &Element<'a>) -> Read<Status> {
    let mut status = Status::default();
    let strict = std::mem::replace(&mut doc.strict, false);
    doc.children(section, |doc, element| {
        match element.name() {
            "node_state" => status.nodes.push(node_state(doc, &element)?),
            "tickets" => doc.children(&element, |doc, child| {
                if child.name() != "ticket_state" {
                    return doc.skip(&child);
                }
                status.tickets.push(ticket_state(doc, &child)?);
                Ok(())
            })?,
            _ => doc.skip(&element)?,
        }
        Ok(())
    })?;
    doc.strict = strict;
    Ok(status)
}

fn ticket_state<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<TicketState> {
    let mut a = doc.attributes(element)?;
    let ticket = TicketState {
        id: a.required("id")?,
        granted: a.truth("granted"),
        standby: a.truth("standby"),
        last_granted: a.text("last-granted"),
        other: a.rest(),
    };
    doc.no_children(element)?;
    Ok(ticket)
}

fn node_state<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<NodeState> {
    let mut a = doc.attributes(element)?;
    let mut node = NodeState {
        id: a.text("id").unwrap_or_default(),
        uname: a.text("uname").unwrap_or_default(),
        in_ccm: a.text("in_ccm"),
        crmd: a.text("crmd"),
        join: a.text("join"),
        expected: a.text("expected"),
        ..NodeState::default()
    };
    node.other = a.rest();
    doc.children(element, |doc, child| match child.name() {
        "transient_attributes" => {
            let id = doc.attributes(&child)?.text("id").unwrap_or_default();
            node.attributes_id.get_or_insert(id);
            doc.children(&child, |doc, set| {
                match set.name() {
                    "instance_attributes" => node.attributes.push(nv_set(doc, &set)?),
                    "utilization" => node.utilization.push(nv_set(doc, &set)?),
                    _ => doc.skip(&set)?,
                }
                Ok(())
            })
        }
        "lrm" => lrm(doc, &child, &mut node),
        _ => doc.skip(&child),
    })?;
    Ok(node)
}

fn lrm<'a>(doc: &mut Doc<'a>, element: &Element<'a>, node: &mut NodeState) -> Read<()> {
    let mut a = doc.attributes(element)?;
    node.history_id = Some(a.text("id").unwrap_or_default());
    node.history_other = a.rest();
    doc.children(element, |doc, list| {
        if list.name() != "lrm_resources" {
            return doc.skip(&list);
        }
        node.history_list_id = doc.attributes(&list)?.text("id");
        doc.children(&list, |doc, resource| {
            if resource.name() != "lrm_resource" {
                return doc.skip(&resource);
            }
            node.history.push(history(doc, &resource)?);
            Ok(())
        })
    })
}

fn history<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<ResourceHistory> {
    let mut a = doc.attributes(element)?;
    let mut history = ResourceHistory {
        id: a.take("id").map(|id| doc.shared(&id)).unwrap_or_default(),
        agent: a.take("type").map(|agent| doc.shared(&agent)),
        class: a.text("class"),
        provider: a.text("provider"),
        container: a.take("container").map(|container| doc.shared(&container)),
        shutdown_lock: a.word_if("shutdown-lock", |v| v.parse().ok()),
        ..ResourceHistory::default()
    };
    history.other = a.rest();
    doc.children(element, |doc, child| {
        if child.name() != "lrm_rsc_op" {
            return doc.skip(&child);
        }
        history.operations.push(record(doc, &child)?);
        Ok(())
    })?;
    // Most have one record; a vector would keep room for four of half a kilobyte each.
    history.operations.shrink_to_fit();
    Ok(history)
}

/// One recorded operation. Large clusters have hundreds of thousands of them, so attributes are
/// matched by name in the order in which they come.
fn record<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<OperationRecord> {
    let attributes = doc.attributes(element)?;
    let mut r = OperationRecord { call_id: -1, rc: 193, op_status: -1, ..Default::default() };
    for (name, value) in attributes.list {
        let v = value.as_ref();
        let known = match name {
            "id" => set(&mut r.id, doc.shared(v)),
            "operation_key" => set(&mut r.key, Some(doc.shared(v))),
            "operation" => set(&mut r.operation, v.into()),
            "interval" => number(&mut r.interval_ms, v),
            "call-id" => number(&mut r.call_id, v),
            "rc-code" => number(&mut r.rc, v),
            "op-status" => number(&mut r.op_status, v),
            "transition-key" => set(&mut r.transition_key, Some(v.into())),
            "transition-magic" => set(&mut r.transition_magic, Some(v.into())),
            "on_node" => set(&mut r.on_node, Some(doc.shared(v))),
            "exit-reason" => set(&mut r.exit_reason, Some(doc.shared(v))),
            "last-run" => optional_number(&mut r.last_run, v),
            "last-rc-change" => optional_number(&mut r.last_rc_change, v),
            "exec-time" => optional_number(&mut r.exec_time_ms, v),
            "queue-time" => optional_number(&mut r.queue_time_ms, v),
            "op-digest" => set(&mut r.digest, Some(doc.shared(v))),
            "op-restart-digest" => set(&mut r.restart_digest, Some(doc.shared(v))),
            "op-force-restart" => set(&mut r.force_restart, Some(doc.shared(v))),
            "op-secure-digest" => set(&mut r.secure_digest, Some(doc.shared(v))),
            "op-secure-params" => set(&mut r.secure_params, Some(doc.shared(v))),
            "migrate_source" => set(&mut r.migrate_source, Some(v.into())),
            "migrate_target" => set(&mut r.migrate_target, Some(v.into())),
            "crm_feature_set" => set(&mut r.crm_feature_set, Some(v.into())),
            _ => false,
        };
        if !known {
            r.other.push((name.into(), doc.shared(v)));
        }
    }
    doc.no_children(element)?;
    Ok(r)
}

fn set<T>(field: &mut T, value: T) -> bool {
    *field = value;
    true
}

/// Sets a number that every record has; a value that is none counts as absent.
fn number<T: std::str::FromStr>(field: &mut T, value: &str) -> bool {
    if let Ok(number) = value.parse() {
        *field = number;
    }
    true
}

fn optional_number(field: &mut Option<i64>, value: &str) -> bool {
    value.parse().map(|n| *field = Some(n)).is_ok()
}

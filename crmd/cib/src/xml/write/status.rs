//! The `status` section.

use super::out::Out;
use super::sections::nv_sets;
use crate::status::{NodeState, OperationRecord, ResourceHistory, Status, TicketState};

/// The whole section.
pub(super) fn status(out: &mut Out, status: &Status) {
    out.start("status");
    for node in &status.nodes {
        node_state(out, node);
    }
    if !status.tickets.is_empty() {
        out.start("tickets");
        for ticket in &status.tickets {
            ticket_state(out, ticket);
        }
        out.end("tickets");
    }
    out.end("status");
}

fn ticket_state(out: &mut Out, ticket: &TicketState) {
    out.start("ticket_state");
    out.attr("id", &ticket.id);
    out.opt_bool("granted", ticket.granted);
    out.opt_bool("standby", ticket.standby);
    out.opt("last-granted", &ticket.last_granted);
    out.attrs(&ticket.other);
    out.end("ticket_state");
}

/// An attribute that may be missing where Pacemaker always has it.
fn unless_empty(out: &mut Out, name: &str, value: &str) {
    if !value.is_empty() {
        out.attr(name, value);
    }
}

fn node_state(out: &mut Out, node: &NodeState) {
    out.start("node_state");
    unless_empty(out, "id", &node.id);
    unless_empty(out, "uname", &node.uname);
    out.opt("in_ccm", &node.in_ccm);
    out.opt("crmd", &node.crmd);
    out.opt("join", &node.join);
    out.opt("expected", &node.expected);
    out.attrs(&node.other);
    // What was made in memory has no element of its own to name, and must not be lost for that.
    let attributes = (!node.attributes.is_empty()).then_some(&node.id);
    if let Some(id) = node.attributes_id.as_ref().or(attributes) {
        out.start("transient_attributes");
        unless_empty(out, "id", id);
        nv_sets(out, "instance_attributes", &node.attributes);
        nv_sets(out, "utilization", &node.utilization);
        out.end("transient_attributes");
    }
    let history = (!node.history.is_empty()).then_some(&node.id);
    if let Some(id) = node.history_id.as_ref().or(history) {
        out.start("lrm");
        unless_empty(out, "id", id);
        out.attrs(&node.history_other);
        out.start("lrm_resources");
        out.opt("id", &node.history_list_id);
        for history in &node.history {
            resource_history(out, history);
        }
        out.end("lrm_resources");
        out.end("lrm");
    }
    out.end("node_state");
}

fn resource_history(out: &mut Out, history: &ResourceHistory) {
    out.start("lrm_resource");
    out.attr("id", &history.id);
    out.opt("class", &history.class);
    out.opt("provider", &history.provider);
    out.opt("type", &history.agent);
    out.opt("container", &history.container);
    out.opt_number("shutdown-lock", history.shutdown_lock);
    out.attrs(&history.other);
    for record in &history.operations {
        operation_record(out, record);
    }
    out.end("lrm_resource");
}

fn operation_record(out: &mut Out, r: &OperationRecord) {
    out.start("lrm_rsc_op");
    out.attr("id", &r.id);
    out.opt("operation_key", &r.key);
    out.attr("operation", &r.operation);
    out.opt("crm_feature_set", &r.crm_feature_set);
    out.opt("transition-key", &r.transition_key);
    out.opt("transition-magic", &r.transition_magic);
    out.opt("exit-reason", &r.exit_reason);
    out.opt("on_node", &r.on_node);
    out.number("call-id", r.call_id);
    out.number("rc-code", r.rc);
    out.number("op-status", r.op_status);
    out.number("interval", r.interval_ms);
    out.opt_number("last-run", r.last_run);
    out.opt_number("last-rc-change", r.last_rc_change);
    out.opt_number("exec-time", r.exec_time_ms);
    out.opt_number("queue-time", r.queue_time_ms);
    out.opt("op-digest", &r.digest);
    out.opt("op-force-restart", &r.force_restart);
    out.opt("op-restart-digest", &r.restart_digest);
    out.opt("op-secure-params", &r.secure_params);
    out.opt("op-secure-digest", &r.secure_digest);
    out.opt("migrate_source", &r.migrate_source);
    out.opt("migrate_target", &r.migrate_target);
    out.attrs(&r.other);
    out.end("lrm_rsc_op");
}

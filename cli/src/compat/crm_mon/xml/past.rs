//! What was done: histories of operations, failures, fencing.

use super::super::history::{count, failed, operations, rc_text, status_text};
use super::super::{ctime, iso};
use super::element;
use crate::compat::tree::Element;
use crate::compat::view::{View, without_number};

/// The number of failures after which a resource leaves a node.
pub fn threshold(view: &View, resource: &str) -> String {
    let id = without_number(resource);
    let own = view.cib.config.resource_holding(id);
    let inner = own.and_then(|r| r.primitives().into_iter().find(|p| p.id == id));
    let sets = inner.map(|p| &p.meta).into_iter().chain(own.map(|r| r.meta()));
    let all = sets.chain([&view.cib.config.rsc_defaults]);
    let found = all.flatten().find_map(|set| set.get("migration-threshold"));
    found.map_or_else(
        || "1000000".to_owned(),
        |value| match value.as_str() {
            "INFINITY" | "+INFINITY" => "1000000".to_owned(),
            other => other.to_owned(),
        },
    )
}

pub(super) fn node_history(view: &View) -> Element {
    let mut all = element("node_history", &[]);
    for state in &view.cib.status.nodes {
        if !view.node(&state.uname).is_some_and(|node| node.online) {
            continue;
        }
        let mut shown = element("node", &[("name", &state.uname)]);
        for history in &state.history {
            let done = operations(history);
            let counted = count(state, &history.id);
            if done.is_empty() && counted.number.is_none() {
                continue;
            }
            let limit = threshold(view, &history.id);
            let mut one = element(
                "resource_history",
                &[("id", &history.id), ("orphan", "false"), ("migration-threshold", &limit)],
            );
            if let Some(number) = counted.number {
                one.set("fail-count", &number.value().to_string());
            }
            if let Some(last) = counted.last {
                one.set("last-failure", &ctime(last));
            }
            for op in done {
                let call = op.call_id.to_string();
                let rc = op.rc.to_string();
                let mut entry = element(
                    "operation_history",
                    &[
                        ("call", &call),
                        ("task", &op.operation),
                        ("rc", &rc),
                        ("rc_text", rc_text(op.rc)),
                    ],
                );
                if op.interval_ms > 0 {
                    entry.set("interval", &format!("{}ms", op.interval_ms));
                }
                if let Some(at) = op.last_rc_change {
                    entry.set("last-rc-change", &ctime(at));
                }
                for (name, time) in
                    [("exec-time", op.exec_time_ms), ("queue-time", op.queue_time_ms)]
                {
                    entry.set(name, &format!("{}ms", time.unwrap_or_default()));
                }
                one.children.push(entry);
            }
            shown.children.push(one);
        }
        if !shown.children.is_empty() {
            all.children.push(shown);
        }
    }
    all
}

pub(super) fn failures(view: &View) -> Option<Element> {
    let mut all = element("failures", &[]);
    for found in failed(&view.cib) {
        let op = found.op;
        let mut shown = element(
            "failure",
            &[
                ("op_key", op.key.as_deref().unwrap_or_default()),
                ("node", found.node),
                ("exitstatus", rc_text(op.rc)),
                ("exitreason", op.exit_reason.as_deref().unwrap_or_default()),
                ("exitcode", &op.rc.to_string()),
                ("call", &op.call_id.to_string()),
                ("status", status_text(op.op_status)),
            ],
        );
        if let Some(at) = op.last_rc_change {
            shown.set("last-rc-change", &iso(at));
            shown.set("queued", &op.queue_time_ms.unwrap_or_default().to_string());
            shown.set("exec", &op.exec_time_ms.unwrap_or_default().to_string());
            shown.set("interval", &op.interval_ms.to_string());
            shown.set("task", &op.operation);
        }
        all.children.push(shown);
    }
    Some(all).filter(|all| !all.children.is_empty())
}

/// Events of fencing, as attributes that monitors read.
pub fn fence_event(event: &rota_node::report::FencingReport, via: &str) -> Element {
    let status = if event.proven { "success" } else { "failed" };
    let mut shown = element("fence_event", &[("status", status)]);
    if !event.proven {
        shown.set("exit-reason", &event.outcome);
    }
    for (name, value) in [
        ("action", "reboot"),
        ("target", event.target.as_str()),
        ("client", "rota"),
        ("origin", via),
        ("completed", &iso(event.at.0)),
    ] {
        shown.set(name, value);
    }
    shown
}

pub(super) fn fence_history(view: &View) -> Option<Element> {
    let report = view.report.as_ref()?;
    let mut all = element("fence_history", &[("status", "0")]);
    let events = report.fencing_history.iter().rev();
    all.children = events.map(|event| fence_event(event, report.via.as_str())).collect();
    Some(all).filter(|all| !all.children.is_empty())
}

//! What counts as a failure, and what a failed stop costs.
#![expect(clippy::unwrap_used, reason = "tests may say what they expect")]

use std::collections::BTreeSet;

use rota_cib::Cib;
use rota_ids::WallTime;
use rota_policy::{Options, Plan, plan};
use rota_transition::Task;

const NOW: WallTime = WallTime(1_700_000_000);

/// A cluster of two that can fence; one resource `a`, and what n1 has of it on record.
fn cluster(resource: &str, operations: &str) -> Cib {
    let text = format!(
        r#"<cib validate-with="pacemaker-3.7" crm_feature_set="3.16.1" epoch="1" num_updates="0"
            admin_epoch="0" have-quorum="1" dc-uuid="2"><configuration><crm_config>
            <cluster_property_set id="o"><nvpair id="o1" name="stonith-enabled" value="true"/>
            </cluster_property_set></crm_config>
            <nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes>
            <resources><primitive id="f" class="stonith" type="fence_ipmilan"/>{resource}
            </resources><constraints/></configuration><status>
            <node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member">
            <lrm id="1"><lrm_resources><lrm_resource id="a" class="ocf" provider="pacemaker"
            type="Dummy">{operations}</lrm_resource></lrm_resources></lrm></node_state>
            <node_state id="2" uname="n2" in_ccm="true" crmd="online" join="member" expected="member">
            <lrm id="2"><lrm_resources/></lrm></node_state></status></cib>"#
    );
    rota_cib::xml::read(text.as_bytes()).unwrap()
}

const PRIMITIVE: &str = r#"<primitive id="a" class="ocf" provider="pacemaker" type="Dummy"/>"#;

fn op(slot: &str, operation: &str, call: u8, [rc, status, wanted]: [i32; 3], why: &str) -> String {
    let at = NOW.0 - 10;
    format!(
        r#"<lrm_rsc_op id="a_{slot}" operation="{operation}" interval="0" call-id="{call}"
            rc-code="{rc}" op-status="{status}" transition-key="1:1:{wanted}:x" exit-reason="{why}"
            last-rc-change="{at}" last-run="{at}" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>"#
    )
}

fn started_then(last: String) -> String {
    op("last_0", "start", 1, [0, 0, 0], "") + &last
}

fn fenced(plan: &Plan) -> Vec<String> {
    let target = |task: &Task| match task {
        Task::Fence { target, .. } => Some(target.0.to_string()),
        _ => None,
    };
    plan.graph.actions.iter().filter_map(|action| target(&action.task)).collect()
}

fn stuck(plan: &Plan) -> String {
    let lines =
        plan.stuck.iter().filter(|s| s.resource == "a").map(rota_policy::explain::Stuck::line);
    lines.collect::<Vec<_>>().join("\n")
}

fn explained(cib: &Cib, options: Options) -> Plan {
    plan(cib, NOW, &Options { explain: true, ..options })
}

#[test]
fn a_failed_stop_costs_the_node_its_life() {
    let cib = cluster(
        PRIMITIVE,
        &started_then(op("last_failure_0", "stop", 2, [1, 0, 0], "disk on fire")),
    );
    assert_eq!(fenced(&explained(&cib, Options::default())), ["n1"]);
}

#[test]
fn a_stop_that_the_system_could_not_execute_blocks_the_resource_and_fences_nobody() {
    let refused = [
        "Argument list too long (os error 7)",
        "No such file or directory (os error 2)",
        "Too many open files (os error 24)",
        "Cannot allocate memory (os error 12)",
    ];
    for why in refused {
        let failed = op("last_failure_0", "stop", 2, [1, 4, 0], why);
        let plan = explained(&cluster(PRIMITIVE, &started_then(failed)), Options::default());
        assert_eq!(fenced(&plan), [""; 0], "{why}");
        let line = stuck(&plan);
        assert!(line.contains("its stop could not be executed at all"), "{line}");
        assert!(
            line.contains(why) && line.contains("-> rota resource cleanup a node=n1"),
            "{line}"
        );
        assert_eq!(plan.placements.iter().find(|p| p.resource == "a").unwrap().from.len(), 1);
    }
}

#[test]
fn an_agent_that_ran_cannot_pretend_that_it_was_not_executed() {
    // What it says of errors of its own; and ends that are no refusal, of older versions as well.
    let ends = [
        ([1, 0, 0], "cannot open /x: No such file or directory (os error 2)"),
        ([1, 4, 0], "killed by signal 9"),
        ([1, 4, 0], ""),
        ([1, 4, 0], "Input/output error (os error 5)"),
        ([1, 2, 0], "did not end within its timeout"),
    ];
    for (numbers, why) in ends {
        let failed = op("last_failure_0", "stop", 2, numbers, why);
        let plan = explained(&cluster(PRIMITIVE, &started_then(failed)), Options::default());
        assert_eq!(fenced(&plan), ["n1"], "{why}");
    }
}

#[test]
fn what_has_cost_a_node_does_not_cost_the_next_one() {
    let failed = started_then(op("last_failure_0", "stop", 2, [1, 0, 0], "disk on fire"));
    let spared = |id: &str| Options { spared: BTreeSet::from([id.into()]), ..Options::default() };
    let plain = cluster(PRIMITIVE, &failed);
    let plan = explained(&plain, spared("a"));
    assert_eq!(fenced(&plan), [""; 0]);
    let line = stuck(&plan);
    assert!(line.contains("it has cost a node already"), "{line}");
    assert!(line.contains("-> rota resource cleanup a"), "{line}");
    assert_eq!(fenced(&explained(&plain, spared("b"))), ["n1"], "another one's debt");
    // Also where people ask for fencing, and for instances of a clone by the primitive's name.
    let stop = r#"<operations><op id="s" name="stop" on-fail="fence"/></operations></primitive>"#;
    let asked = PRIMITIVE.replace("/>", ">") + stop;
    assert_eq!(fenced(&explained(&cluster(&asked, &failed), spared("a"))), [""; 0]);
    let cloned = format!(r#"<clone id="c">{PRIMITIVE}</clone>"#);
    assert_eq!(fenced(&explained(&cluster(&cloned, &failed), Options::default())), ["n1"]);
    assert_eq!(fenced(&explained(&cluster(&cloned, &failed), spared("a"))), [""; 0]);
}

#[test]
fn what_works_has_not_failed() {
    let failed = |operation: &str, numbers: [i32; 3]| {
        let cib = cluster(PRIMITIVE, &op("x", operation, 1, numbers, ""));
        let history = &cib.status.nodes[0].history[0];
        history.operations[0].has_failed()
    };
    // Operation, [exit code, status, expected]. A look that finds something has found something.
    for numbers in [[0, 0, 7], [8, 0, 7], [7, 0, 0], [7, 0, 7], [190, 0, 7], [191, 0, 8]] {
        assert!(!failed("monitor", numbers), "probe {numbers:?}");
    }
    for numbers in [[1, 0, 7], [9, 0, 7], [5, 0, 7], [1, 4, 7], [1, 2, 7]] {
        assert!(failed("monitor", numbers), "probe {numbers:?}");
    }
    for numbers in [[0, 0, 0], [190, 0, 0], [190, 4, 0], [191, 0, 8], [191, 4, 8]] {
        assert!(!failed("promote", numbers), "{numbers:?}");
    }
    for numbers in [[1, 0, 0], [191, 0, 0], [190, 0, 8], [7, 0, 0], [3, 0, 0], [99, 0, 0]] {
        assert!(failed("promote", numbers), "{numbers:?}");
    }
}

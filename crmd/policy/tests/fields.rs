//! What a plan carries for those who execute it, and what the checker holds against plans that
//! were tampered with.
#![expect(clippy::unwrap_used, reason = "tests may say what they expect")]

use rota_cib::Cib;
use rota_ids::{NodeName, WallTime};
use rota_policy::agents::AgentParams;
use rota_policy::check::{Finding, check};
use rota_policy::{Options, plan};
use rota_transition::{Digests, Graph, ResourceOp, Task};

const NOW: WallTime = WallTime(1_700_000_000);

/// A cluster of two: resources, constraints, options and what each node ran.
fn cluster(options: &str, resources: &str, constraints: &str, nodes: [&str; 2]) -> Cib {
    let state = |n: usize, inner: &str| {
        let there = if inner.starts_with("lost") {
            r#"in_ccm="false" crmd="offline" join="down" expected="member""#
        } else {
            r#"in_ccm="true" crmd="online" join="member" expected="member""#
        };
        let inner = inner.trim_start_matches("lost");
        format!(
            r#"<node_state id="{n}" uname="n{n}" {there}><lrm id="{n}"><lrm_resources>{inner}
               </lrm_resources></lrm></node_state>"#
        )
    };
    let text = format!(
        r#"<cib validate-with="pacemaker-3.7" crm_feature_set="3.16.1" epoch="1" num_updates="0"
            admin_epoch="0" have-quorum="1" dc-uuid="1"><configuration><crm_config>
            <cluster_property_set id="o">{options}</cluster_property_set></crm_config>
            <nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes>
            <resources>{resources}</resources><constraints>{constraints}</constraints>
            </configuration><status>{}{}</status></cib>"#,
        state(1, nodes[0]),
        state(2, nodes[1]),
    );
    rota_cib::xml::read(text.as_bytes()).unwrap()
}

fn dummy(id: &str, inner: &str) -> String {
    format!(
        r#"<primitive id="{id}" class="ocf" provider="pacemaker" type="Dummy">{inner}</primitive>"#
    )
}

fn record(resource: &str, operation: &str, rc: i32, more: &str) -> String {
    let wanted = if operation == "monitor" { 7 } else { 0 };
    format!(
        r#"<lrm_resource id="{resource}" class="ocf" provider="pacemaker" type="Dummy">
           <lrm_rsc_op id="{resource}_last_0" operation="{operation}" interval="0" call-id="2"
            rc-code="{rc}" op-status="0" transition-key="1:1:{wanted}:x"
            op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8" {more}/></lrm_resource>"#
    )
}

fn operation<'g>(graph: &'g Graph, resource: &str, operation: &str) -> &'g ResourceOp {
    graph
        .actions
        .iter()
        .find_map(|a| match &a.task {
            Task::Resource(op) if op.resource == resource && op.operation == operation => Some(op),
            _ => None,
        })
        .unwrap()
}

/// Moves the start of a resource to another node.
fn move_start(graph: &mut Graph, resource: &str, node: &str) {
    for action in &mut graph.actions {
        if matches!(&action.task, Task::Resource(op)
            if op.resource == resource && op.operation == "start")
        {
            action.node = Some(NodeName(node.into()));
        }
    }
}

const NO_FENCING: &str = r#"<nvpair id="s" name="stonith-enabled" value="false"/>"#;

#[test]
fn fencing_of_the_more_important_half_waits() {
    let options = r#"<nvpair id="p" name="priority-fencing-delay" value="15s"/>"#;
    let device = r#"<primitive id="f" class="stonith" type="fence_dummy"/>"#;
    let heavy = r#"<meta_attributes id="m"><nvpair id="mp" name="priority" value="5"/>
                   </meta_attributes>"#;
    let delay = |runs_on_lost: bool| {
        let runs = record("a", "start", 0, "");
        let lost = if runs_on_lost { format!("lost{runs}") } else { "lost".into() };
        let here = if runs_on_lost { String::new() } else { runs };
        let resources = format!("{device}{}", dummy("a", heavy));
        let cib = cluster(options, &resources, "", [&here, &lost]);
        let made = plan(&cib, NOW, &Options::default());
        made.graph.actions.iter().find_map(|a| match &a.task {
            Task::Fence { target, delay_s, .. } if target.as_str() == "n2" => Some(*delay_s),
            _ => None,
        })
    };
    assert_eq!(delay(true), Some(15));
    assert_eq!(delay(false), Some(0));
}

#[test]
fn digests_for_reloads_and_secrets_come_from_what_the_agent_says_and_stay_as_recorded() {
    let params = r#"<instance_attributes id="i"><nvpair id="i1" name="state" value="/run/a"/>
                    <nvpair id="i2" name="passwd" value="x"/></instance_attributes>"#;
    let resources = dummy("a", params);
    let unknown = cluster(NO_FENCING, &resources, "", ["", ""]);
    let made = plan(&unknown, NOW, &Options::default());
    let start = operation(&made.graph, "a", "start");
    assert_eq!(start.digests.restart, None);

    let agent = AgentParams { fixed: Some(vec!["state".into()]), secret: vec!["passwd".into()] };
    let told = agent.digests(&start.params, 0, false);
    assert_eq!(told.force_restart.as_deref(), Some(" state "));
    assert_eq!(told.secure_params.as_deref(), Some(" passwd "));
    assert_eq!(told.restart, told.secure, "both leave the password out");
    assert_ne!(told.restart.as_ref(), Some(&start.digests.all));

    let names = r#"op-force-restart=" state " op-secure-params=" passwd ""#;
    let recorded = record("a", "stop", 0, names);
    let known = cluster(NO_FENCING, &resources, "", [&recorded, ""]);
    let made = plan(&known, NOW, &Options::default());
    let again = operation(&made.graph, "a", "start").digests.clone();
    assert_eq!(again, Digests { all: start.digests.all.clone(), ..told });
}

#[test]
fn an_agent_that_can_take_up_everything_has_an_empty_list_of_what_forces_a_restart() {
    let agent = AgentParams { fixed: Some(vec![]), secret: vec![] };
    assert_eq!(agent.digests(&[], 0, false).force_restart.as_deref(), Some(" "));
}

#[test]
fn a_start_next_to_what_must_be_elsewhere_is_found() {
    let apart = r#"<rsc_colocation id="c" rsc="b" with-rsc="a" score="-INFINITY"/>"#;
    let resources = format!("{}{}", dummy("a", ""), dummy("b", ""));
    let runs = record("a", "start", 0, "");
    let cib = cluster(NO_FENCING, &resources, apart, [&runs, ""]);
    let mut graph = plan(&cib, NOW, &Options::default()).graph;
    assert_eq!(check(&cib, &graph), []);
    move_start(&mut graph, "b", "n1");
    let found = check(&cib, &graph);
    assert!(matches!(found[..], [Finding::WrongCompany { .. }]), "{found:?}");
    assert!(!found[0].is_grave());
}

#[test]
fn a_lost_order_of_a_clone_or_a_set_is_found() {
    let clone = format!(r#"<clone id="c">{}</clone>"#, dummy("a", ""));
    let constraints = r#"<rsc_order id="o1" first="c" then="b" kind="Mandatory"/>
        <rsc_order id="o2" kind="Mandatory"><resource_set id="s1"><resource_ref id="b"/>
        <resource_ref id="d"/></resource_set></rsc_order>"#;
    let resources = format!("{clone}{}{}", dummy("b", ""), dummy("d", ""));
    let cib = cluster(NO_FENCING, &resources, constraints, ["", ""]);
    let mut graph = plan(&cib, NOW, &Options::default()).graph;
    assert_eq!(check(&cib, &graph), []);
    for action in &mut graph.actions {
        if matches!(&action.task, Task::Resource(op) if op.operation == "start") {
            action.inputs.clear();
        }
    }
    let lost = check(&cib, &graph);
    let of = |id: &str| lost.contains(&Finding::OrderLost { constraint: id.into() });
    assert!(of("o1") && of("o2"), "{lost:?}");
}

#[test]
fn a_start_on_a_standby_node_is_found() {
    let resources = dummy("a", "");
    let mut cib = cluster(NO_FENCING, &resources, "", ["", ""]);
    let graph = plan(&cib, NOW, &Options::default()).graph;
    assert_eq!(check(&cib, &graph), []);
    for node in &mut cib.config.nodes {
        let mut set = rota_cib::nvset::NvSet::default();
        set.pairs.push(rota_cib::nvset::NvPair {
            name: Some("standby".into()),
            value: Some("on".into()),
            ..Default::default()
        });
        node.attributes.push(set);
    }
    assert!(matches!(check(&cib, &graph)[..], [Finding::StartOnStandby { .. }]));
}

#[test]
fn of_a_clone_that_runs_nowhere_one_instance_is_shown_and_beside_running_ones_none() {
    let clone = r#"<clone id="c"><meta_attributes id="c-m"><nvpair id="c-p" name="clone-max" value="2"/>
        </meta_attributes><primitive id="a" class="ocf" provider="pacemaker" type="Dummy"/></clone>"#;
    let shown = |history: &str| -> Vec<(String, usize)> {
        let cib = cluster(NO_FENCING, clone, "", [history, ""]);
        let all = rota_policy::running(&cib, NOW, &rota_cib::zone::UTC);
        all.iter().map(|one| (one.id.to_string(), one.nodes.len())).collect()
    };
    assert_eq!(shown(""), [("a:0".to_owned(), 0)]);
    assert_eq!(shown(&record("a", "start", 0, "")), [("a:0".to_owned(), 1)]);
}

#[test]
fn a_node_alone_stops_again_what_failed_to_stop_and_waits_for_no_fencing() {
    let alone = Options { quorum: Some(false), alone: true, ..Options::default() };
    let together = Options { quorum: Some(false), ..Options::default() };
    for on_fail in ["", "fence", "block", "standby", "stop"] {
        let op = if on_fail.is_empty() {
            String::new()
        } else {
            format!(
                r#"<operations><op id="s" name="stop" interval="0" on-fail="{on_fail}"/>
                   </operations>"#
            )
        };
        let device = r#"<primitive id="f" class="stonith" type="fence_dummy"/>"#;
        let resources = format!("{device}{}", dummy("a", &op));
        let cib = cluster("", &resources, "", [&record("a", "stop", 1, ""), "lost"]);
        let done = |options: &Options| -> Vec<String> {
            let graph = plan(&cib, NOW, options).graph;
            let told = graph.actions.iter().filter_map(|a| match &a.task {
                Task::Resource(op) if op.resource == "a" => Some(format!("{} of a", op.operation)),
                Task::Fence { target, .. } => Some(format!("{target} is fenced")),
                _ => None,
            });
            told.collect()
        };
        assert_eq!(done(&alone), ["stop of a"], "on-fail={on_fail}");
        if on_fail != "standby" {
            assert!(!done(&together).contains(&"stop of a".into()), "on-fail={on_fail}");
        }
    }
}

//! Nodes that nobody can reach hold up nobody, and nobody is shot for them.

use rota_cib::xml;
use rota_ids::WallTime;
use rota_node::unreachable::leave_out;
use rota_transition::Task;

/// Two members that are up; a remote node that was tried in vain, a guest, a bundle.
const IMPORTED: &str = r#"<cib validate-with="pacemaker-3.9" admin_epoch="0" epoch="1" num_updates="0" have-quorum="1" dc-uuid="1">
<configuration><crm_config/><nodes>
<node id="1" uname="n1"/><node id="2" uname="n2"/><node id="r1" uname="r1" type="remote"/></nodes>
<resources>
<primitive id="r1" class="ocf" provider="pacemaker" type="remote"><operations>
<op id="r1-stop" name="stop" interval="0" on-fail="fence"/></operations></primitive>
<primitive id="vm" class="ocf" provider="heartbeat" type="VirtualDomain">
<meta_attributes id="m"><nvpair id="g" name="remote-node" value="g1"/></meta_attributes></primitive>
<bundle id="b"><docker image="i" replicas="2"/><network ip-range-start="10.0.0.9"/>
<primitive id="in" class="ocf" provider="heartbeat" type="Dummy"/></bundle>
<primitive id="r1-2" class="ocf" provider="heartbeat" type="Dummy"/>
<primitive id="cache" class="ocf" provider="heartbeat" type="Dummy"/>
</resources><constraints/></configuration>
<status>
<node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member">
<lrm id="1"><lrm_resources>
<lrm_resource id="r1" class="ocf" provider="pacemaker" type="remote">
<lrm_rsc_op id="r1_last_0" operation_key="r1_start_0" operation="start" call-id="3" rc-code="5" op-status="0" interval="0" transition-key="1:1:0:x" transition-magic="0:5;1:1:0:x"/>
<lrm_rsc_op id="r1_last_failure_0" operation_key="r1_stop_0" operation="stop" call-id="4" rc-code="1" op-status="0" interval="0" transition-key="1:1:0:x" transition-magic="0:1;1:1:0:x"/>
</lrm_resource>
<lrm_resource id="r1-2" class="ocf" provider="heartbeat" type="Dummy">
<lrm_rsc_op id="r1-2_last_0" operation_key="r1-2_start_0" operation="start" call-id="5" rc-code="0" op-status="0" interval="0" transition-key="1:1:0:x" transition-magic="0:0;1:1:0:x"/>
</lrm_resource>
</lrm_resources></lrm></node_state>
<node_state id="2" uname="n2" in_ccm="true" crmd="online" join="member" expected="member"/>
<node_state id="r1" uname="r1" remote_node="true"/><node_state id="g1" uname="g1" remote_node="true"/>
</status></cib>"#;

/// What a plan for this Cib does: fencing, and resources that are acted upon.
fn planned(cib: &rota_cib::Cib) -> (Vec<String>, Vec<String>) {
    let plan = rota_policy::plan(cib, WallTime(1_000), &rota_policy::Options::default());
    let (mut fenced, mut acted) = (Vec::new(), Vec::new());
    for action in &plan.graph.actions {
        match &action.task {
            Task::Fence { target, .. } => fenced.push(target.to_string()),
            Task::Resource(op) => acted.push(op.resource.to_string()),
            _ => {}
        }
    }
    acted.sort();
    acted.dedup();
    (fenced, acted)
}

#[test]
fn nothing_is_planned_for_them_and_the_rest_goes_on() {
    let mut cib = xml::read(IMPORTED.as_bytes()).expect("it is a CIB");
    let (fenced, acted) = planned(&cib);
    assert!(!fenced.is_empty() && acted.iter().any(|id| id == "r1"), "as it was: {fenced:?}");
    leave_out(&mut cib);
    assert_eq!(planned(&cib), (vec![], vec!["cache".into(), "r1-2".into(), "vm".into()]));
    let kept = cib.status.nodes[0].history.iter().map(|history| history.id.as_str());
    assert_eq!(kept.collect::<Vec<_>>(), ["r1-2"], "what runs stays known");
}

#[test]
fn a_configuration_without_them_stays_as_it_is() {
    let mut cib = xml::read(IMPORTED.as_bytes()).expect("it is a CIB");
    leave_out(&mut cib);
    let before = cib.clone();
    leave_out(&mut cib);
    assert_eq!(cib, before);
}

//! Every place of a configuration that can name a node attribute makes planning read it.

#![expect(clippy::unwrap_used, reason = "a test stops where its input is broken")]

use rota_cib::{Cib, xml};
use rota_policy::reads_attribute;

/// A Cib with these parts in its sections.
fn cib(properties: &str, resources: &str, constraints: &str, rest: &str) -> Cib {
    let document = format!(
        "<cib validate-with=\"pacemaker-3.9\" admin_epoch=\"0\" epoch=\"0\" num_updates=\"0\">\
         <configuration><crm_config>{properties}</crm_config><nodes/>\
         <resources>{resources}</resources><constraints>{constraints}</constraints>{rest}\
         </configuration><status/></cib>"
    );
    xml::read(document.as_bytes()).unwrap()
}

const TEST: &str = "<expression id='e' attribute='rack' operation='eq' value='a'/>";

fn rule(inside: &str) -> String {
    format!("<rule id='r' score='5'>{inside}</rule>")
}

fn set(element: &str) -> String {
    let rule = rule(TEST);
    format!("<{element} id='set'>{rule}<nvpair id='p' name='n' value='v'/></{element}>")
}

fn primitive(inside: &str) -> String {
    format!("<primitive id='a' class='ocf' provider='heartbeat' type='Dummy'>{inside}</primitive>")
}

fn location(inside: &str) -> String {
    format!("<rsc_location id='l' rsc='a'>{inside}</rsc_location>")
}

#[test]
fn each_reader_of_the_schema_is_known() {
    let plain = primitive("");
    let param =
        "<expression id='e' attribute='rack' operation='eq' value='x' value-source='param'/>";
    let operation = |inside: String| {
        let op = format!("<op id='o' name='monitor' interval='10s'>{inside}</op>");
        primitive(&format!("<operations>{op}</operations>"))
    };
    let (meta, parameters) = (set("meta_attributes"), set("instance_attributes"));
    let deep = rule(&format!("<rule id='r2'>{TEST}</rule>"));
    let readers = [
        ("rule of a location", cib("", &plain, &location(&rule(TEST)), "")),
        ("rule in a rule", cib("", &plain, &location(&deep), "")),
        ("value of a parameter", cib("", &plain, &location(&rule(param)), "")),
        (
            "score of a rule",
            cib("", &plain, &location("<rule id='r' score-attribute='rack'/>"), ""),
        ),
        (
            "score by pattern",
            cib("", &plain, &location("<rule id='r' score-attribute='ra%1'/>"), ""),
        ),
        (
            "colocation by attribute",
            cib(
                "",
                &plain,
                "<rsc_colocation id='c' rsc='a' with-rsc='a' score='1' node-attribute='rack'/>",
                "",
            ),
        ),
        ("properties", cib(&set("cluster_property_set"), &plain, "", "")),
        ("parameters", cib("", &primitive(&parameters), "", "")),
        ("meta attributes", cib("", &primitive(&meta), "", "")),
        ("needs", cib("", &primitive(&set("utilization")), "", "")),
        ("parameters of an operation", cib("", &operation(parameters.clone()), "", "")),
        ("meta of an operation", cib("", &operation(meta.clone()), "", "")),
        ("group", cib("", &format!("<group id='g'>{meta}{plain}</group>"), "", "")),
        ("clone", cib("", &format!("<clone id='g'>{meta}{plain}</clone>"), "", "")),
        (
            "template",
            cib(
                "",
                &format!("<template id='t' class='ocf' type='D'>{parameters}</template>"),
                "",
                "",
            ),
        ),
        ("defaults", cib("", &plain, "", &format!("<rsc_defaults>{meta}</rsc_defaults>"))),
        (
            "defaults of operations",
            cib("", &plain, "", &format!("<op_defaults>{meta}</op_defaults>")),
        ),
        (
            "fencing level",
            cib(
                "",
                &plain,
                "",
                "<fencing-topology><fencing-level id='f' index='1' devices='a' \
                 target-attribute='rack' target-value='x'/></fencing-topology>",
            ),
        ),
    ];
    for (reader, cib) in &readers {
        assert!(reads_attribute(cib, "rack"), "{reader}");
    }
    let others = readers.iter().filter(|(reader, _)| *reader != "score by pattern");
    for (reader, cib) in others {
        assert!(!reads_attribute(cib, "lsn_location"), "{reader} does not name it");
    }
}

#[test]
fn what_planning_knows_by_itself_is_read_always() {
    let cib = cib("", "", "", "");
    for name in [
        "standby",
        "maintenance",
        "terminate",
        "shutdown",
        "#health-disk",
        "#node-unfenced",
        "master-db",
        "fail-count-db#monitor_10000",
        "last-failure-db#start_0",
        "probe_complete",
        "site-name",
        "resource-discovery-enabled",
    ] {
        assert!(reads_attribute(&cib, name), "{name}");
    }
    assert!(!reads_attribute(&cib, "lsn_location"));
}

//! Validation finds all that is wrong, says where, and finds nothing wrong with what is right.

#![expect(clippy::unwrap_used, reason = "a test stops where its input is broken")]

mod common;

use rota_cib::validate::{Severity, validate};
use rota_cib::{Cib, Config, xml};

/// Findings for resources and constraints, as text.
fn findings(resources: &str, more: &str) -> Vec<String> {
    // Without a schema the reader lets more through, so that validation has something to find.
    let document = format!(
        "<cib validate-with=\"none\"><configuration><resources>{resources}</resources>{more}\
         </configuration></cib>"
    );
    let cib = xml::read(document.as_bytes()).unwrap();
    validate(&cib.config).iter().map(|f| format!("{:?} {f}", f.severity)).collect()
}

const DUMMIES: &str = "<primitive id=\"web\" class=\"ocf\" provider=\"p\" type=\"Dummy\"/>\
                       <primitive id=\"db\" class=\"ocf\" provider=\"p\" type=\"Dummy\"/>";

fn constraint(text: &str) -> Vec<String> {
    findings(DUMMIES, &format!("<constraints>{text}</constraints>"))
}

#[test]
fn a_reference_to_nothing_is_an_error_with_the_nearest_name() {
    let found = constraint("<rsc_location id=\"l\" rsc=\"wbe\" node=\"n1\" score=\"1\"/>");
    assert_eq!(
        found,
        ["Error 'l': refers to the resource 'wbe', which does not exist; did you mean 'web'?"]
    );
    let found = constraint("<rsc_order id=\"o\" first=\"web\" then=\"nothing\"/>");
    assert_eq!(found, ["Error 'o': refers to the resource 'nothing', which does not exist"]);
    let found = constraint("<rsc_colocation id=\"c\" rsc=\"web\"/>");
    assert_eq!(found, ["Error 'c': needs two resources or a resource set"]);
}

#[test]
fn ids_are_unique_and_legal() {
    let twice = format!(
        "{DUMMIES}<group id=\"web\"><primitive id=\"9\" class=\"lsb\" type=\"x\"/></group>"
    );
    let found = findings(&twice, "");
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0], "Error 'web': the id is in use already, choose another one");
    assert!(found[1].starts_with("Error '9': ids begin with a letter"));
}

#[test]
fn an_order_that_waits_for_itself_is_shown_as_a_circle() {
    let found = constraint(
        "<rsc_order id=\"o1\" first=\"web\" then=\"db\"/><rsc_order id=\"o2\" first=\"db\" then=\"web\"/>",
    );
    assert_eq!(found, ["Warning 'o1': the order goes in a circle: db -> web -> db"]);
    let optional = constraint(
        "<rsc_order id=\"o1\" first=\"web\" then=\"db\"/>\
         <rsc_order id=\"o2\" first=\"db\" then=\"web\" kind=\"Optional\"/>",
    );
    assert!(optional.is_empty(), "{optional:?}");
}

#[test]
fn options_are_known_and_their_values_make_sense() {
    let found = findings(
        "<primitive id=\"web\" class=\"ocf\" provider=\"p\" type=\"Dummy\">\
         <meta_attributes id=\"m\"><nvpair id=\"m1\" name=\"migration-treshold\" value=\"3\"/>\
         <nvpair id=\"m2\" name=\"is-managed\" value=\"perhaps\"/></meta_attributes>\
         <operations><op id=\"o1\" name=\"monitor\" interval=\"10s\" timeout=\"soon\"/>\
         <op id=\"o2\" name=\"monitor\" interval=\"10\"/></operations></primitive>",
        "",
    );
    assert_eq!(
        found,
        [
            "Warning 'web': unknown option 'migration-treshold'; did you mean 'migration-threshold'?",
            "Warning 'web': 'perhaps' is no value for 'is-managed', give 'true' or 'false'",
            "Warning 'o1': 'soon' is no value for 'timeout', give a length of time such as 30s, \
             5min or PT1H",
            "Warning 'o2': two 'monitor' operations have the same interval (see 'o1')",
        ]
    );
}

#[test]
fn a_fencing_level_names_fence_devices() {
    let level = |devices: &str| {
        let topology = format!(
            "<fencing-topology><fencing-level id=\"f\" target=\"n1\" index=\"1\" devices=\"{devices}\"/>\
             </fencing-topology>"
        );
        findings(DUMMIES, &topology)
    };
    assert_eq!(
        level("web"),
        ["Error 'f': the device of a fencing level is no fence device (see 'web')"]
    );
    assert_eq!(
        level("ipmi"),
        ["Warning 'f': refers to the fence device 'ipmi', which does not exist"]
    );
}

#[test]
fn what_pacemaker_accepts_has_no_errors() {
    let documents = common::own_documents().into_iter().chain(common::shared_documents());
    for path in documents {
        let cib = xml::read(&std::fs::read(&path).unwrap()).unwrap();
        let mut found = validate(&cib.config);
        found.retain(|finding| finding.severity == Severity::Error);
        assert!(found.is_empty(), "{}: {found:?}", path.display());
    }
}

/// What nobody would act upon, one each.
fn doors() -> [(&'static str, String); 7] {
    let configuration = |properties: &str, resources: &str, rest: &str| {
        format!(
            "<cib validate-with=\"pacemaker-3.9\" admin_epoch=\"0\" epoch=\"0\" num_updates=\"0\">\
             <configuration><crm_config>{properties}</crm_config><nodes/>\
             <resources>{resources}</resources><constraints/>{rest}</configuration><status/></cib>"
        )
    };
    let property = "<cluster_property_set id='o'><nvpair id='p' name='enable-acl' value='yes'/>\
                    </cluster_property_set>";
    let remote = "<primitive id='r1' class='ocf' provider='pacemaker' type='remote'/>";
    let template = "<template id='t' class='ocf' provider='pacemaker' type='remote'/>";
    let guest = "<primitive id='vm' class='ocf' provider='heartbeat' type='VirtualDomain'>\
                 <meta_attributes id='m'><nvpair id='n' name='remote-node' value='g1'/>\
                 </meta_attributes></primitive>";
    let bundle = "<bundle id='b'><docker image='i'/>\
                  <primitive id='in' class='ocf' provider='heartbeat' type='Dummy'/></bundle>";
    let long = format!(
        "<primitive id='big' class='ocf' provider='heartbeat' type='Dummy'>\
         <instance_attributes id='m'><nvpair id='n' name='state' value='{}'/>\
         </instance_attributes></primitive>",
        "x".repeat(128 * 1024)
    );
    let alert = "<alerts><alert id='a' path='/bin/true'/></alerts>";
    [
        ("crm_config", configuration(property, "", "")),
        ("r1", configuration("", remote, "")),
        ("t", configuration("", template, "")),
        ("vm", configuration("", guest, "")),
        ("b", configuration("", bundle, "")),
        ("a", configuration("", "", alert)),
        ("big", configuration("", &long, "")),
    ]
}

#[test]
fn doors_that_lead_nowhere_are_shut_and_what_came_in_before_is_told() {
    use rota_cib::change::{Change, Configure, Refused, ReplaceConfig, apply_live, diff};
    for (id, document) in doors() {
        let closed = xml::read(document.as_bytes()).unwrap();
        let told = validate(&closed.config);
        assert_eq!(told.len(), 1, "{id}: {told:?}");
        assert_eq!(told[0].id, id);
        let config = Box::new(closed.config.clone());
        let replace = ReplaceConfig { config, force: true, ..ReplaceConfig::default() };
        let edits = diff(&Config::default(), &closed.config);
        let configure = Configure { edits, force: true, ..Configure::default() };
        for change in [Change::ReplaceConfig(replace), Change::Configure(configure)] {
            let mut cib = Cib::default();
            let refused = apply_live(&mut cib, &change, rota_ids::WallTime(0));
            assert!(matches!(refused, Err(Refused::NotBuilt(_))), "{id}: {refused:?}");
            assert_eq!(cib, Cib::default());
        }
        // What is there already does not keep people from changing something else.
        let mut cib = closed;
        let mut other = cib.config.clone();
        other.tags.push(rota_cib::tag::Tag { id: "z".into(), references: Vec::new() });
        let config = Box::new(other.clone());
        let replace = ReplaceConfig { config, force: true, ..ReplaceConfig::default() };
        apply_live(&mut cib, &Change::ReplaceConfig(replace), rota_ids::WallTime(0)).unwrap();
        assert_eq!(cib.config, other);
    }
}

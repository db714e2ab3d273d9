//! Validation finds all that is wrong, says where, and finds nothing wrong with what is right.

#![expect(clippy::unwrap_used, reason = "a test stops where its input is broken")]

mod common;

use rota_cib::validate::{Severity, validate};
use rota_cib::xml;

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

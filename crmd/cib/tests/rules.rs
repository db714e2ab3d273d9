//! Rules and sets with rules mean what "Pacemaker Explained" says; dates are checked against
//! `crm_rule` where it is installed.

#![expect(clippy::unwrap_used, reason = "a test stops where its input is broken")]

use std::process::Command;
use std::time::Duration;

use rota_cib::evaluate::{AgentName, RuleContext, resolve};
use rota_cib::index::Index;
use rota_cib::{Cib, date, xml};
use rota_ids::WallTime;

/// A document with one set of properties under a rule.
fn document(inside_rule: &str) -> String {
    format!(
        "<cib validate-with=\"pacemaker-3.9\" admin_epoch=\"0\" epoch=\"1\" num_updates=\"0\"><configuration>\
         <crm_config><cluster_property_set id=\"set\"><rule id=\"rule\">{inside_rule}</rule>\
         <nvpair id=\"pair\" name=\"n\" value=\"v\"/></cluster_property_set></crm_config>\
         <nodes/><resources/><constraints/></configuration><status/></cib>"
    )
}

fn read(document: &str) -> Cib {
    xml::read(document.as_bytes()).unwrap_or_else(|e| panic!("{e}: {}: {document}", e.problem))
}

/// Whether a rule holds with these node attributes.
fn holds(inside_rule: &str, attributes: &[(&str, &str)]) -> bool {
    let cib = read(&document(inside_rule));
    let index = Index::new(&cib.config);
    let lookup = |name: &str| attributes.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
    let parameter = |name: &str| (name == "limit").then_some("7");
    let context = RuleContext {
        attribute: Some(&lookup),
        parameter: Some(&parameter),
        agent: Some(AgentName { class: "ocf", provider: Some("heartbeat"), agent: "IPaddr2" }),
        operation: Some(("monitor", Duration::from_secs(10))),
        captures: &["web3", "3"],
        ..RuleContext::new(WallTime(0), &index)
    };
    cib.config.properties[0].rule.as_ref().unwrap().holds(&context)
}

fn expression(operation: &str, value: &str, more: &str) -> String {
    format!(
        "<expression id=\"e\" attribute=\"a\" operation=\"{operation}\" value=\"{value}\" {more}/>"
    )
}

#[test]
fn sizes_compare_as_numbers_and_equality_as_text_without_case() {
    assert!(holds(&expression("lt", "10", ""), &[("a", "9")]));
    assert!(!holds(&expression("lt", "10", "type=\"string\""), &[("a", "9")]));
    assert!(holds(&expression("lt", "1.25", ""), &[("a", "1.2")]));
    assert!(holds(&expression("eq", "ON", ""), &[("a", "on")]));
    assert!(!holds(&expression("eq", "1.0", ""), &[("a", "1")]));
    assert!(holds(&expression("eq", "1.0", "type=\"number\""), &[("a", "1")]));
    assert!(holds(&expression("gt", "1.9", "type=\"version\""), &[("a", "1.10")]));
    assert!(holds(&expression("gte", "5", ""), &[("a", "5")]));
}

#[test]
fn a_missing_attribute_is_not_equal_and_has_no_size() {
    assert!(!holds(&expression("eq", "x", ""), &[]));
    assert!(holds(&expression("ne", "x", ""), &[]));
    assert!(!holds(&expression("lt", "5", ""), &[]));
    assert!(!holds(&expression("gte", "5", ""), &[]));
    let defined = "<expression id=\"e\" attribute=\"a\" operation=\"defined\"/>";
    assert!(!holds(defined, &[]) && holds(defined, &[("a", "")]));
    let not_defined = "<expression id=\"e\" attribute=\"a\" operation=\"not_defined\"/>";
    assert!(holds(not_defined, &[]) && !holds(not_defined, &[("a", "")]));
}

#[test]
fn a_value_may_come_from_a_parameter_and_a_name_from_a_pattern() {
    assert!(holds(&expression("gt", "limit", "value-source=\"param\""), &[("a", "8")]));
    assert!(!holds(&expression("gt", "limit", "value-source=\"meta\""), &[("a", "8")]));
    let captured = "<expression id=\"e\" attribute=\"load-%1\" operation=\"eq\" value=\"x\"/>";
    assert!(holds(captured, &[("load-3", "x")]));
}

#[test]
fn conditions_combine_with_and_unless_told_otherwise() {
    let inner = |op: &str| {
        format!(
            "<rule id=\"inner\" boolean-op=\"{op}\">\
             <expression id=\"e1\" attribute=\"a\" operation=\"eq\" value=\"1\"/>\
             <expression id=\"e2\" attribute=\"b\" operation=\"eq\" value=\"1\"/></rule>\
             <expression id=\"e3\" attribute=\"c\" operation=\"eq\" value=\"1\"/>"
        )
    };
    assert!(holds(&inner("or"), &[("b", "1"), ("c", "1")]));
    assert!(!holds(&inner("and"), &[("b", "1"), ("c", "1")]));
    assert!(!holds(&inner("or"), &[("a", "1"), ("b", "1")]));
}

#[test]
fn agents_and_operations_are_tested_by_what_is_given() {
    assert!(holds("<rsc_expression id=\"e\" class=\"ocf\" type=\"IPaddr2\"/>", &[]));
    assert!(!holds("<rsc_expression id=\"e\" provider=\"pacemaker\"/>", &[]));
    assert!(holds("<op_expression id=\"e\" name=\"monitor\"/>", &[]));
    assert!(holds("<op_expression id=\"e\" name=\"monitor\" interval=\"10s\"/>", &[]));
    assert!(!holds("<op_expression id=\"e\" name=\"monitor\" interval=\"11s\"/>", &[]));
}

const DATES: [&str; 11] = [
    "<date_expression id=\"d\" operation=\"in_range\" start=\"2024-05-01\" end=\"2024-05-03 12:00:00Z\"/>",
    "<date_expression id=\"d\" operation=\"in_range\" start=\"2024-05-01 10:00:00 +02:00\"><duration id=\"x\" days=\"1\" hours=\"2\"/></date_expression>",
    "<date_expression id=\"d\" operation=\"gt\" start=\"2024-05-01 12:00:00Z\"/>",
    "<date_expression id=\"d\" operation=\"lt\" end=\"2024-05-01 12:00:00Z\"/>",
    "<date_expression id=\"d\" operation=\"in_range\" start=\"2024-122\"/>",
    "<date_expression id=\"d\" operation=\"date_spec\"><date_spec id=\"x\" years=\"2024\" hours=\"9-16\" weekdays=\"1-5\"/></date_expression>",
    "<date_expression id=\"d\" operation=\"date_spec\"><date_spec id=\"x\" years=\"2024-\" months=\"5\" monthdays=\"1-2\"/></date_expression>",
    "<date_expression id=\"d\" operation=\"date_spec\"><date_spec id=\"x\" years=\"2024\" weeks=\"18\"/></date_expression>",
    "<date_expression id=\"d\" operation=\"date_spec\"><date_spec id=\"x\" years=\"2024-2025\" yeardays=\"122\" minutes=\"0-29\"/></date_expression>",
    "<date_expression id=\"d\" operation=\"date_spec\"><date_spec id=\"x\" weekyears=\"2025\"/></date_expression>",
    "<date_expression id=\"d\" operation=\"date_spec\"><date_spec id=\"x\" years=\"2024\" seconds=\"30-\"/></date_expression>",
];

const MOMENTS: [&str; 16] = [
    "2023-12-31 23:59:59Z",
    "2024-04-30 23:59:59Z",
    "2024-05-01 00:00:00Z",
    "2024-05-01 08:00:00Z",
    "2024-05-01 09:29:59Z",
    "2024-05-01 11:59:59Z",
    "2024-05-01 12:00:00Z",
    "2024-05-01 12:00:01Z",
    "2024-05-02 10:00:00Z",
    "2024-05-02 10:00:01Z",
    "2024-05-03 12:00:00Z",
    "2024-05-03 12:00:01Z",
    "2024-05-05 23:30:45Z",
    "2024-05-06 00:00:00Z",
    "2024-12-30 10:00:00Z",
    "2025-05-02 00:10:00Z",
];

fn date_holds(rule: &str, moment: i64) -> bool {
    let cib = read(&document(rule));
    let index = Index::new(&cib.config);
    let context = RuleContext::new(WallTime(moment), &index);
    cib.config.properties[0].rule.as_ref().unwrap().holds(&context)
}

#[test]
fn dates_agree_with_crm_rule() {
    if Command::new("crm_rule").arg("--version").output().is_err() {
        println!("skipped: crm_rule is not installed");
        return;
    }
    let mut compared = 0;
    for rule in DATES {
        for moment in MOMENTS {
            let output = Command::new("crm_rule")
                .env("TZ", "UTC")
                .args(["--check", "--rule", "rule", "--date", moment, "--xml-text"])
                .arg(document(rule))
                .output()
                .unwrap();
            let theirs = match output.status.code() {
                Some(0) => true,
                // Expired, not yet in effect, undetermined.
                Some(110..=112) => false,
                // It does not evaluate some kinds of rules.
                _ => continue,
            };
            let ours = date_holds(rule, date::parse(moment, &rota_cib::zone::UTC).unwrap());
            assert_eq!(ours, theirs, "{rule} at {moment}: {output:?}");
            compared += 1;
        }
    }
    println!("{compared} answers compared");
    assert!(compared >= 6 * MOMENTS.len(), "only {compared} answers compared");
}

#[test]
fn the_next_change_is_where_the_answer_changes() {
    for rule in DATES {
        let cib = read(&document(rule));
        let index = Index::new(&cib.config);
        let rule_read = cib.config.properties[0].rule.as_ref().unwrap();
        for moment in MOMENTS {
            let now = date::parse(moment, &rota_cib::zone::UTC).unwrap();
            let context = |at| RuleContext::new(WallTime(at), &index);
            let answer = rule_read.holds(&context(now));
            let Some(WallTime(change)) = rule_read.next_change(&context(now)) else { continue };
            assert!(change > now, "{rule} at {moment}");
            assert_ne!(rule_read.holds(&context(change)), answer, "{rule} at {moment}: {change}");
            assert_eq!(rule_read.holds(&context(change - 1)), answer, "{rule} at {moment}");
        }
    }
}

/// What a list of property sets gives for `n`.
fn value_of_n(sets: &str, first: Option<&str>) -> Option<String> {
    let cib = read(&format!(
        "<cib validate-with=\"pacemaker-3.9\"><configuration><crm_config>{sets}</crm_config>\
         </configuration></cib>"
    ));
    let index = Index::new(&cib.config);
    let resolved = resolve(&cib.config.properties, first, &RuleContext::new(WallTime(0), &index));
    resolved.get("n").map(|value| value.to_string())
}

fn set(id: &str, attributes: &str, inside: &str) -> String {
    format!("<cluster_property_set id=\"{id}\" {attributes}>{inside}</cluster_property_set>")
}

fn pair(id: &str, value: &str) -> String {
    format!("<nvpair id=\"{id}\" name=\"n\" value=\"{value}\"/>")
}

#[test]
fn of_several_sets_the_highest_score_counts_then_the_later_one() {
    let a = set("a", "", &pair("a1", "a"));
    let b = set("b", "", &pair("b1", "b"));
    let c = set("c", "score=\"5\"", &pair("c1", "c"));
    assert_eq!(value_of_n(&format!("{a}{b}"), None).as_deref(), Some("b"));
    assert_eq!(value_of_n(&format!("{b}{a}"), None).as_deref(), Some("a"));
    assert_eq!(value_of_n(&format!("{c}{a}{b}"), None).as_deref(), Some("c"));
    assert_eq!(value_of_n(&format!("{a}{b}{c}"), Some("a")).as_deref(), Some("a"));
    let twice = set("t", "", &format!("{}{}", pair("t1", "first"), pair("t2", "second")));
    assert_eq!(value_of_n(&twice, None).as_deref(), Some("first"));
}

#[test]
fn references_stand_for_what_they_name() {
    let sets = format!(
        "{}{}",
        set("a", "", "<nvpair id=\"a1\" name=\"m\" value=\"x\"/>"),
        set("b", "", "<nvpair id-ref=\"a1\" name=\"n\"/>")
    );
    assert_eq!(value_of_n(&sets, None).as_deref(), Some("x"));
    let dangling = set("a", "", "<nvpair id-ref=\"nothing\" name=\"n\"/>");
    assert_eq!(value_of_n(&dangling, None), None);
    let whole = format!("{}<cluster_property_set id-ref=\"a\"/>", set("a", "", &pair("a1", "y")));
    assert_eq!(value_of_n(&whole, None).as_deref(), Some("y"));
}

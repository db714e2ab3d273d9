//! What time alone changes: each thing that expires names the moment at which the plan is to be
//! made again, and from that moment on the plan is another one.
#![expect(clippy::unwrap_used, reason = "tests may say what they expect")]

use std::time::Duration;

use rota_cib::Cib;
use rota_cib::zone::Zone;
use rota_ids::WallTime;
use rota_policy::{Options, Plan, plan, recheck_interval};

const NOW: i64 = 1_700_000_000;

/// A cluster of two with one resource `a`.
#[derive(Default)]
struct Case {
    options: String,
    meta: String,
    constraints: String,
    /// Attributes and histories of the nodes.
    nodes: [(String, String); 2],
    /// Whether n1 is there.
    n1_is_gone: bool,
}

impl Case {
    fn cib(&self) -> Cib {
        let Self { options, meta, constraints, nodes, n1_is_gone } = self;
        let there = r#"in_ccm="true" crmd="online" join="member" expected="member""#;
        let gone = r#"in_ccm="false" crmd="offline" join="down" expected="down""#;
        let state = |n: usize| {
            let words = if n == 1 && *n1_is_gone { gone } else { there };
            let (attributes, history) = &nodes[n - 1];
            format!(
                r#"<node_state id="{n}" uname="n{n}" {words}><transient_attributes id="{n}">
                    <instance_attributes id="t{n}">{attributes}</instance_attributes>
                    </transient_attributes><lrm id="{n}"><lrm_resources>{history}</lrm_resources>
                    </lrm></node_state>"#
            )
        };
        let text = format!(
            r#"<cib validate-with="pacemaker-3.7" crm_feature_set="3.16.1" epoch="1" num_updates="0"
                admin_epoch="0" have-quorum="1" dc-uuid="2"><configuration><crm_config>
                <cluster_property_set id="o">{}{options}</cluster_property_set></crm_config>
                <nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes>
                <resources><primitive id="a" class="ocf" provider="pacemaker" type="Dummy">
                <meta_attributes id="m">{meta}</meta_attributes></primitive></resources>
                <constraints>{constraints}</constraints></configuration>
                <status>{}{}</status></cib>"#,
            pair("stonith-enabled", "false"),
            state(1),
            state(2),
        );
        rota_cib::xml::read(text.as_bytes()).unwrap()
    }

    fn plan(&self, at: i64) -> Plan {
        plan(&self.cib(), WallTime(at), &Options::default())
    }

    fn node(&self, at: i64) -> Option<String> {
        let node = self.plan(at).placements[0].node.clone();
        node.map(|node| node.0.to_string())
    }
}

fn pair(name: &str, value: impl std::fmt::Display) -> String {
    format!(r#"<nvpair id="p-{name}" name="{name}" value="{value}"/>"#)
}

/// A record of an operation at a moment, in the slot of the last failure or the last operation.
fn record(slot: &str, operation: &str, rc: i32, at: i64, more: &str) -> String {
    format!(
        r#"<lrm_resource id="a" class="ocf" provider="pacemaker" type="Dummy" {more}><lrm_rsc_op
            id="a_{slot}_0" operation="{operation}" interval="0" call-id="2" rc-code="{rc}"
            op-status="0" transition-key="1:1:0:x" last-rc-change="{at}" last-run="{at}"
            op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/></lrm_resource>"#
    )
}

/// A start that failed for good at a moment, counted as the controller counts it.
fn failed_start(at: i64) -> (String, String) {
    let counts = pair("fail-count-a#start_0", "INFINITY") + &pair("last-failure-a#start_0", at);
    (counts, record("last_failure", "start", 1, at, ""))
}

fn date_rule(expression: &str) -> String {
    format!(
        r#"<rsc_location id="l" rsc="a"><rule id="r" score="-INFINITY">
           <date_expression id="d" {expression}</rule></rsc_location>"#
    )
}

#[test]
fn a_start_that_failed_everywhere_is_tried_again_when_that_is_over() {
    let case = Case {
        meta: pair("failure-timeout", "5s"),
        nodes: [failed_start(NOW), failed_start(NOW + 2)],
        ..Case::default()
    };
    let first = case.plan(NOW + 2);
    assert_eq!(case.node(NOW + 2), None);
    assert_eq!(first.graph.recheck_at, Some(NOW + 5), "the older failure expires first");
    assert_eq!(case.node(NOW + 4), None);
    assert_eq!(case.node(NOW + 5).as_deref(), Some("n1"));
    assert_eq!(case.plan(NOW + 5).graph.recheck_at, Some(NOW + 7));
    assert_eq!(case.plan(NOW + 7).graph.recheck_at, None);
}

#[test]
fn a_count_stands_until_its_last_failure_has_expired() {
    // The monitor failed at NOW; the start after it went well.
    let counts = pair("fail-count-a#monitor_10000", 1) + &pair("last-failure-a#monitor_10000", NOW);
    let case = Case {
        meta: pair("failure-timeout", "60s") + &pair("migration-threshold", 1),
        nodes: [
            (counts, record("last", "start", 0, NOW - 300, "")),
            (String::new(), record("last", "monitor", 7, NOW - 300, "")),
        ],
        ..Case::default()
    };
    assert_eq!(case.plan(NOW + 1).graph.recheck_at, Some(NOW + 60));
    assert_eq!(case.node(NOW + 59).as_deref(), Some("n2"));
    assert_eq!(case.node(NOW + 60).as_deref(), Some("n1"));
}

#[test]
fn whatever_expires_says_when() {
    let lasting = pair("failure-timeout", "0") + &pair("migration-threshold", 3);
    let locked = record("last", "stop", 0, NOW, &format!(r#"shutdown-lock="{NOW}""#));
    let cases: Vec<(&str, Case, Option<i64>)> = vec![
        ("nothing", Case::default(), None),
        (
            "a failure that counts for ever",
            Case {
                meta: lasting,
                nodes: [failed_start(NOW), Default::default()],
                ..Case::default()
            },
            None,
        ),
        (
            "a ban with a lifetime",
            Case {
                constraints: date_rule(r#"operation="lt" end="2023-11-14 22:14:00Z"/>"#),
                ..Case::default()
            },
            Some(NOW + 40),
        ),
        (
            "a rule that begins",
            Case {
                constraints: date_rule(r#"operation="gt" start="2023-11-14 22:14:00Z"/>"#),
                ..Case::default()
            },
            Some(NOW + 41),
        ),
        (
            "hours",
            Case {
                constraints: date_rule(
                    r#"operation="date_spec"><date_spec id="s" hours="23"/></date_expression>"#,
                ),
                ..Case::default()
            },
            Some(NOW + 2800),
        ),
        (
            "a constraint with an old lifetime",
            Case {
                constraints: r#"<rsc_location id="l" rsc="a" node="n1" score="-INFINITY">
                    <lifetime><rule id="r"><date_expression id="d" operation="lt"
                    end="2023-11-14 22:14:00Z"/></rule></lifetime></rsc_location>"#
                    .into(),
                ..Case::default()
            },
            Some(NOW + 40),
        ),
        (
            "a resource that waits for its node",
            Case {
                options: pair("shutdown-lock", true) + &pair("shutdown-lock-limit", "30s"),
                nodes: [(String::new(), locked.clone()), Default::default()],
                n1_is_gone: true,
                ..Case::default()
            },
            Some(NOW + 31),
        ),
        (
            "one that waits without end",
            Case {
                options: pair("shutdown-lock", true),
                nodes: [(String::new(), locked), Default::default()],
                n1_is_gone: true,
                ..Case::default()
            },
            None,
        ),
    ];
    for (what, case, expected) in &cases {
        let before = case.plan(NOW);
        assert_eq!(before.graph.recheck_at, *expected, "{what}");
        if let Some(at) = expected {
            let placed = |at| case.node(at);
            assert_eq!(placed(at - 1), placed(NOW), "{what}: nothing changes before");
            assert_ne!(placed(*at), placed(NOW), "{what}: something changes then");
        }
    }
}

#[test]
fn a_plan_holds_for_a_quarter_of_an_hour_or_as_long_as_people_say() {
    let interval = |options: String| {
        let case = Case { options, ..Case::default() };
        recheck_interval(&case.cib(), WallTime(NOW), &Zone::default())
    };
    let asked = |text: &str| interval(pair("cluster-recheck-interval", text));
    assert_eq!(interval(String::new()), Some(Duration::from_secs(900)));
    assert_eq!(asked("2min"), Some(Duration::from_secs(120)));
    assert_eq!(asked("nonsense"), Some(Duration::from_secs(900)));
    assert_eq!(asked("0"), None);
}

#[test]
fn hours_are_those_of_the_clock_on_the_wall() {
    // 22:13:20 UTC is seven in the morning of the next day in Tokyo.
    let hours = |hours| Case {
        constraints: date_rule(&format!(
            r#"operation="date_spec"><date_spec id="s" hours="{hours}"/></date_expression>"#
        )),
        ..Case::default()
    };
    let runs = |case: &Case, zone: Zone| {
        let options = Options { zone, ..Options::default() };
        plan(&case.cib(), WallTime(NOW), &options).placements[0].node.is_some()
    };
    let tokyo = || Zone::fixed(9 * 3600);
    assert!(!runs(&hours(7), tokyo()));
    assert!(runs(&hours(22), tokyo()));
    assert!(runs(&hours(7), Zone::default()));
    assert!(!runs(&hours(22), Zone::default()));
    let until = |text: &str| Case {
        constraints: date_rule(&format!(r#"operation="lt" end="{text}"/>"#)),
        ..Case::default()
    };
    // An hour ago by Tokyo's clock, eight hours ahead by that of Greenwich.
    assert!(runs(&until("2023-11-15 06:13:20"), tokyo()));
    assert!(!runs(&until("2023-11-15 06:13:20"), Zone::default()));
    assert!(!runs(&until("2023-11-15 06:13:20Z"), tokyo()));
}

//! What the values of options mean to the planner: as Pacemaker reads them, with the default where
//! they make no sense.
#![expect(clippy::unwrap_used, reason = "tests may say what they expect")]

use rota_cib::Cib;
use rota_ids::WallTime;
use rota_policy::{Options, Plan, plan};
use rota_transition::Task;

const NOW: WallTime = WallTime(1_700_000_000);

/// Two nodes, one resource `a`: cluster options, defaults of operations, class and inside of the
/// resource, and what the first node has of it on record.
struct Case {
    options: String,
    op_defaults: String,
    class: &'static str,
    inside: String,
    history: String,
    attributes: String,
}

impl Default for Case {
    fn default() -> Self {
        let class = r#"class="ocf" provider="pacemaker" type="Dummy""#;
        let none = String::new();
        let options = pair("stonith-enabled", "false");
        Self {
            options,
            op_defaults: none.clone(),
            class,
            inside: none.clone(),
            history: none.clone(),
            attributes: none,
        }
    }
}

impl Case {
    fn cib(&self) -> Cib {
        let Self { options, op_defaults, class, inside, history, attributes } = self;
        let state = |n: u8, attributes: &str, history: &str| {
            format!(
                r#"<node_state id="{n}" uname="n{n}" in_ccm="true" crmd="online" join="member"
                    expected="member"><transient_attributes id="{n}"><instance_attributes id="t{n}">
                    {attributes}</instance_attributes></transient_attributes>
                    <lrm id="{n}"><lrm_resources>{history}</lrm_resources></lrm></node_state>"#
            )
        };
        let text = format!(
            r#"<cib validate-with="pacemaker-3.7" crm_feature_set="3.16.1" epoch="1" num_updates="0"
                admin_epoch="0" have-quorum="1" dc-uuid="1"><configuration><crm_config>
                <cluster_property_set id="o">{options}</cluster_property_set></crm_config>
                <nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes>
                <resources><primitive id="a" {class}>{inside}</primitive></resources><constraints/>
                <op_defaults><meta_attributes id="od">{op_defaults}</meta_attributes></op_defaults>
                </configuration><status>{}{}</status></cib>"#,
            state(1, attributes, history),
            state(2, "", ""),
        );
        rota_cib::xml::read(text.as_bytes()).unwrap()
    }

    fn plan(&self) -> Plan {
        plan(&self.cib(), NOW, &Options::default())
    }

    /// The timeout in milliseconds that an operation is ordered with.
    fn timeout(&self, operation: &str) -> Option<u32> {
        self.plan().graph.actions.iter().find_map(|action| match &action.task {
            Task::Resource(op) if op.operation == operation && !op.is_probe => Some(op.timeout_ms),
            _ => None,
        })
    }
}

fn pair(name: &str, value: &str) -> String {
    format!(r#"<nvpair id="p-{name}" name="{name}" value="{value}"/>"#)
}

fn meta(name: &str, value: &str) -> String {
    format!(r#"<meta_attributes id="m">{}</meta_attributes>"#, pair(name, value))
}

/// A record of an operation that failed or not, `ago` seconds ago.
fn record(operation: &str, rc: i32, ago: i64) -> String {
    let at = NOW.0 - ago;
    format!(
        r#"<lrm_resource id="a" class="ocf" provider="pacemaker" type="Dummy"><lrm_rsc_op
            id="a_last_failure_0" operation="{operation}" interval="0" call-id="2" rc-code="{rc}"
            op-status="0" transition-key="1:1:0:x" last-rc-change="{at}" last-run="{at}"
            op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/></lrm_resource>"#
    )
}

/// What a text means as the timeout of a start; the second of 0 and of nonsense is the default.
const TIMEOUTS: [(&str, u32); 14] = [
    ("0", 20_000),
    ("0s", 20_000),
    ("PT0S", 20_000),
    ("PT", 20_000),
    ("20us", 20_000),
    ("soon", 20_000),
    ("-5s", 20_000),
    ("1d", 20_000),
    ("1H", 3_600_000),
    ("1HR", 3_600_000),
    ("10 MIN", 600_000),
    ("500ms", 500),
    ("1.5", 1000),
    ("PT1M30S", 90_000),
];

#[test]
fn a_timeout_is_what_it_is_to_pacemaker_and_never_zero() {
    for (text, expected) in TIMEOUTS {
        let start =
            format!(r#"<operations><op id="s" name="start" timeout="{text}"/></operations>"#);
        let own = Case { inside: start, ..Case::default() };
        assert_eq!(own.timeout("start"), Some(expected), "of the operation: {text}");
        let defaults = Case { op_defaults: pair("timeout", text), ..Case::default() };
        assert_eq!(defaults.timeout("start"), Some(expected), "of all operations: {text}");
    }
}

#[test]
fn a_fence_device_is_started_within_a_limit_that_it_can_keep() {
    let start = |value: &str| {
        let inside = format!(
            r#"<instance_attributes id="i">{}</instance_attributes>"#,
            pair("pcmk_monitor_timeout", value)
        );
        let class = r#"class="stonith" type="fence_ipmilan""#;
        let options = pair("stonith-enabled", "true");
        Case { options, class, inside, ..Case::default() }.timeout("start")
    };
    assert_eq!(start("0"), Some(20_000));
    assert_eq!(start("1M"), Some(60_000));
}

#[test]
fn a_failure_counts_as_long_as_it_is_written_with_any_unit() {
    // A start that failed 300 s ago, with no limit for further attempts on the node but this.
    let counts = |text: &str| {
        let case = Case {
            inside: meta("failure-timeout", text),
            history: record("start", 1, 300),
            attributes: pair("fail-count-a#start_0", "INFINITY")
                + &pair("last-failure-a#start_0", &(NOW.0 - 300).to_string()),
            ..Case::default()
        };
        let plan = case.plan();
        let node = plan.placements[0].node.clone().unwrap();
        node.0 == "n2"
    };
    for long in ["1H", "1HR", "10 MIN", "PT1H", "0", "PT", "1d", "-1"] {
        assert!(counts(long), "{long}");
    }
    for short in ["299", "100s", "1.5", "PT1M"] {
        assert!(!counts(short), "{short}");
    }
}

#[test]
fn only_what_is_said_to_be_managed_is_managed() {
    let starts = |value: &str| {
        let case = Case { inside: meta("is-managed", value), ..Case::default() };
        case.timeout("start").is_some()
    };
    for yes in ["true", "True", "on", "YES", "y", "1"] {
        assert!(starts(yes), "{yes}");
    }
    for no in ["false", "never", " false", " true", "tru", ""] {
        assert!(!starts(no), "'{no}'");
    }
}

#[test]
fn operations_and_values_that_do_not_mean_what_they_seem_are_warned_of() {
    let warnings = |inside: String| {
        let cib = Case { inside, ..Case::default() }.cib();
        let findings = rota_cib::validate::validate(&cib.config);
        findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    assert!(warnings(meta("is-managed", "never")).contains("is-managed"));
    assert!(warnings(meta("failure-timeout", "1h30m")).contains("failure-timeout"));
    assert_eq!(warnings(meta("failure-timeout", "10 MIN")), "");
}

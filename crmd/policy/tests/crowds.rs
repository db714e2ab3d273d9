//! Configurations of many ties: whatever people write, a plan is made.
#![expect(clippy::unwrap_used, reason = "tests may say what they expect")]

use rota_cib::Cib;
use rota_ids::WallTime;
use rota_policy::{Options, plan};

/// Three nodes, so many resources, and colocations `(dependent, primary, score)`.
fn cluster(resources: usize, meta: &str, ties: impl Iterator<Item = (usize, usize, i32)>) -> Cib {
    let resources: String = (0..resources)
        .map(|n| {
            format!(
                r#"<primitive id="r{n:04}" class="ocf" provider="pacemaker" type="Dummy">
                   <meta_attributes id="m{n}">{}</meta_attributes></primitive>"#,
                meta.replace("N", &n.to_string())
            )
        })
        .collect();
    let ties: String = ties
        .map(|(d, p, score)| {
            format!(
                r#"<rsc_colocation id="c{d}-{p}" rsc="r{d:04}" with-rsc="r{p:04}" score="{score}"/>"#
            )
        })
        .collect();
    let node = |n: u8| format!(r#"<node id="{n}" uname="n{n}"/>"#);
    let state = |n: u8| {
        format!(
            r#"<node_state id="{n}" uname="n{n}" in_ccm="true" crmd="online" join="member"
                expected="member"><lrm id="{n}"><lrm_resources/></lrm></node_state>"#
        )
    };
    let text = format!(
        r#"<cib validate-with="pacemaker-3.7" crm_feature_set="3.16.1" epoch="1" num_updates="0"
            admin_epoch="0" have-quorum="1" dc-uuid="1"><configuration><crm_config>
            <cluster_property_set id="o"><nvpair id="o1" name="stonith-enabled" value="false"/>
            </cluster_property_set></crm_config><nodes>{}{}{}</nodes>
            <resources>{resources}</resources><constraints>{ties}</constraints></configuration>
            <status>{}{}{}</status></cib>"#,
        node(1),
        node(2),
        node(3),
        state(1),
        state(2),
        state(3),
    );
    rota_cib::xml::read(text.as_bytes()).unwrap()
}

fn loads(cib: &Cib) -> Vec<usize> {
    let plan = plan(cib, WallTime(1_700_000_000), &Options::default());
    let on = |name: &str| {
        plan.placements.iter().filter(|p| p.node.as_ref().is_some_and(|n| n.0 == name)).count()
    };
    vec![on("n1"), on("n2"), on("n3")]
}

/// Without a bound sixty take longer than the universe is old. They are placed as few are, of whom
/// all can be asked (and as Pacemaker places those).
#[test]
fn sixty_resources_that_avoid_each_other_are_placed_as_nine_are() {
    let pairs = |n: usize| (0..n).flat_map(|a| (0..a).map(move |b| (a, b, -10)));
    assert_eq!(loads(&cluster(9, "", pairs(9))), [1, 1, 7]);
    assert_eq!(loads(&cluster(60, "", pairs(60))), [1, 1, 58]);
    let stopped = r#"<nvpair id="sN" name="target-role" value="Stopped"/>"#;
    assert_eq!(loads(&cluster(60, stopped, pairs(60))), [0, 0, 0]);
}

#[test]
fn sixty_resources_that_like_each_other_are_together() {
    let pairs = (0..60).flat_map(|a| (0..a).map(move |b| (a, b, 10)));
    assert_eq!(loads(&cluster(60, "", pairs)), [60, 0, 0]);
}

/// Along a chain there is one way only: wishes are followed to its end.
#[test]
fn the_last_of_a_long_chain_is_heard() {
    let length = 200;
    let chain = (1..length).map(|n| (n, n - 1, 1_000_000));
    let mut cib = cluster(length, "", chain);
    let wish = r#"<cib><configuration><constraints><rsc_location id="l" rsc="r0199" node="n3"
        score="100"/></constraints></configuration></cib>"#;
    let wish = rota_cib::xml::read(wish.as_bytes()).unwrap();
    cib.config.constraints.extend(wish.config.constraints);
    assert_eq!(loads(&cib), [0, 0, length]);
}

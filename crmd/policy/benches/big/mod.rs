//! Big regular clusters, for measuring how planning grows.
//!
//! A third of the instances are single resources that each prefer a node, a third stands in groups
//! of five of which every second follows the one before it, the rest are clones that run everywhere
//! and follow the first of them.

use std::fmt::Write;

use rota_cib::Cib;
use rota_ids::WallTime;
use rota_policy::{Options, plan, simulate};

/// A date in 2023.
pub const NOW: WallTime = WallTime(1_700_000_000);

/// What is known of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// All nodes are there, nothing was looked for.
    Start,
    /// Everything runs, and the last node was just lost.
    Failed,
}

/// The cluster as a document.
pub fn document(nodes: usize, instances: usize) -> String {
    let singles = instances / 3;
    let groups = instances / 3 / 5;
    let clones = ((instances - singles - groups * 5) / nodes).max(1);
    let (mut list, mut resources, mut constraints) = Default::default();
    for node in 1..=nodes {
        line(&mut list, format_args!("<node id='{node}' uname='node{node}'/>"));
    }
    line(&mut resources, format_args!("{}", fencing(nodes)));
    for clone in 0..clones {
        let meta = format!(
            "<meta_attributes id='c{clone}-m'><nvpair id='c{clone}-i' name='interleave' \
             value='true'/></meta_attributes>"
        );
        let inner = primitive(&format!("ci{clone}"));
        line(&mut resources, format_args!("<clone id='c{clone}'>{meta}{inner}</clone>"));
        if clone > 0 {
            line(&mut constraints, follow(&format!("c{clone}"), "c0", "INFINITY").as_str());
        }
    }
    for group in 0..groups {
        let members: String = (0..5).map(|m| primitive(&format!("g{group}r{m}"))).collect();
        line(&mut resources, format_args!("<group id='g{group}'>{members}</group>"));
        if group % 2 == 1 {
            let first = format!("g{}", group - 1);
            line(&mut constraints, follow(&format!("g{group}"), &first, "200").as_str());
        }
    }
    for single in 0..singles {
        line(&mut resources, primitive(&format!("s{single}")).as_str());
        let node = single % nodes + 1;
        line(
            &mut constraints,
            format_args!(
                "<rsc_location id='l{single}' rsc='s{single}' node='node{node}' score='100'/>"
            ),
        );
    }
    format!(
        "<cib crm_feature_set='3.16.1' validate-with='pacemaker-3.7' epoch='1' num_updates='0' \
         admin_epoch='0' have-quorum='1' dc-uuid='1'><configuration><crm_config>\
         <cluster_property_set id='o'><nvpair id='o-f' name='stonith-enabled' value='true'/>\
         </cluster_property_set></crm_config><nodes>{list}</nodes><resources>{resources}</resources>\
         <constraints>{constraints}</constraints></configuration><status/></cib>"
    )
}

fn line(out: &mut String, what: impl std::fmt::Display) {
    // Writing into a String cannot fail.
    let _ = writeln!(out, "{what}");
}

fn primitive(id: &str) -> String {
    format!(
        "<primitive id='{id}' class='ocf' provider='pacemaker' type='Dummy'><operations>\
         <op id='{id}-m' name='monitor' interval='10s' timeout='20s'/></operations></primitive>"
    )
}

fn fencing(nodes: usize) -> String {
    let names: Vec<String> = (1..=nodes).map(|node| format!("node{node}")).collect();
    format!(
        "<primitive id='fencing' class='stonith' type='fence_xvm'><instance_attributes id='f-i'>\
         <nvpair id='f-l' name='pcmk_host_list' value='{}'/></instance_attributes></primitive>",
        names.join(" ")
    )
}

fn follow(what: &str, whom: &str, score: &str) -> String {
    format!(
        "<rsc_colocation id='{what}-with' rsc='{what}' with-rsc='{whom}' score='{score}'/>\
         <rsc_order id='{what}-after' first='{whom}' then='{what}'/>"
    )
}

/// The cluster in memory. A running one is what comes of carrying plans out.
///
/// # Panics
/// When the document above is wrong: there is nothing to measure then.
#[expect(clippy::expect_used, reason = "the document is part of this program")]
pub fn cluster(nodes: usize, instances: usize, known: Known) -> Cib {
    let text = document(nodes, instances);
    let mut cib = rota_cib::xml::read(text.as_bytes()).expect("the generated document is good");
    let member = ["true", "online", "member", "member"];
    for node in 1..=nodes {
        simulate::set_node(&mut cib, &format!("node{node}"), member);
    }
    if known == Known::Failed {
        let made = plan(&cib, NOW, &Options::default());
        simulate::execute(&mut cib, &made.graph, &Vec::new(), NOW);
        let lost = ["false", "offline", "down", "member"];
        simulate::set_node(&mut cib, &format!("node{nodes}"), lost);
    }
    cib
}

//! Two nodes for one resource: what makes the difference.

use rota_cib::Text;
use smol_str::format_smolstr;

use super::facts::{about, with_depth};
use super::reason::{Fact, Reason};
use crate::model::{Nid, Rid, World};

/// How many differences are told.
const TOLD: usize = 4;

/// Whether two facts, on two nodes, are about the same thing.
fn alike(a: &Fact, b: &Fact) -> bool {
    match (&a.reason, &b.reason) {
        (Reason::Colocation { constraint: x, .. }, Reason::Colocation { constraint: y, .. }) => {
            x == y
        }
        (x, y) => x == y,
    }
}

/// That another node has the higher score, and what makes the difference.
pub(super) fn better(world: &World<'_>, rid: Rid, from: Nid, to: Nid) -> Option<Fact> {
    if from == to {
        return None;
    }
    let score = |nid: Nid| world.rscs[rid].allowed[nid].effective();
    let name = |nid: Nid| world.nodes[nid].name.clone();
    let (here, there) = (with_depth(world, rid, from, 0), with_depth(world, rid, to, 0));
    // What counts the same on both makes no difference.
    let told = |facts: &[Fact], others: &[Fact], wanted: fn(i32) -> bool, at: Text| -> Vec<Text> {
        let common = |f: &Fact| others.iter().any(|o| o.score == f.score && alike(o, f));
        let differs = facts.iter().filter(|f| f.score.is_some_and(wanted) && !common(f));
        differs.map(|f| format_smolstr!("{at}: {}", f.text)).take(TOLD).collect()
    };
    let mut by = told(&there, &here, |s| s > 0, name(to));
    by.extend(told(&here, &there, |s| s < 0, name(from)));
    let (score_from, score_to) = (score(from), score(to));
    let reason = Reason::Better { from: name(from), score_from, to: name(to), score_to, by };
    Some(Fact { decisive: true, ..Fact::new(reason, None, about(world, rid, from)) })
}

//! Small operations on the candidates of a resource.

use crate::model::{Cand, Nid, Rid, World};
use crate::score::{INF, sum};

impl World<'_> {
    /// Adds to the score of a candidate; makes it one if it was not.
    pub(crate) fn add_score(&mut self, rid: Rid, nid: Nid, score: i32) {
        let cand = &mut self.rscs[rid].allowed[nid];
        if cand.present {
            cand.score = sum(cand.score, score);
        } else {
            *cand = Cand { score, present: true, discover: cand.discover };
        }
    }

    /// Minus infinity everywhere; nodes that were no candidates are listed, too.
    pub(crate) fn ban_all(&mut self, rid: Rid) {
        for cand in &mut self.rscs[rid].allowed {
            *cand = Cand { score: -INF, present: true, discover: cand.discover };
        }
    }
}

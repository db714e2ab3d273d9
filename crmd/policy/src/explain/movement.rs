//! What a resource does in a plan, in words, and whether anything was wrong with it.

use rota_cib::Text;
use rota_cib::constraint::Role;
use smol_str::format_smolstr;

use super::cause::Causes;
use crate::actions::Verb;
use crate::assign::usable;
use crate::model::{Nid, Rid};

impl Causes<'_, '_> {
    /// What a resource does in this plan: `web moves from n1 to n2`.
    pub fn movement(&self, rid: Rid) -> Text {
        let (world, rsc) = (self.world, &self.world.rscs[rid]);
        let id = &rsc.id;
        if !rsc.is_primitive() {
            let does = |verb| self.acts.all(rid, verb).iter().any(|&a| self.acts.happens(a));
            return match (does(Verb::Stop), does(Verb::Start)) {
                (true, true) => format_smolstr!("{id} is stopped and started"),
                (true, false) => format_smolstr!("{id} is stopped"),
                (false, true) => format_smolstr!("{id} is started"),
                (false, false) if does(Verb::Promote) => format_smolstr!("{id} is promoted"),
                (false, false) if does(Verb::Demote) => format_smolstr!("{id} is demoted"),
                (false, false) => id.clone(),
            };
        }
        let name = |nid: Nid| &world.nodes[nid].name;
        let next = rsc.next_role.unwrap_or(Role::Stopped);
        let there = rsc.assigned.filter(|_| next > Role::Stopped);
        let here = there.filter(|t| rsc.running_on.contains(t)).or(rsc.running_on.first().copied());
        let happens = |verb| self.acts.all(rid, verb).iter().any(|&a| self.acts.happens(a));
        match (here, there) {
            (Some(h), _) if rsc.blocked => format_smolstr!("{id} is blocked on {}", name(h)),
            (Some(h), Some(t)) if h != t && happens(Verb::MigrateFrom) => {
                format_smolstr!("{id} migrates from {} to {}", name(h), name(t))
            }
            (Some(h), Some(t)) if h != t && happens(Verb::Start) => {
                format_smolstr!("{id} moves from {} to {}", name(h), name(t))
            }
            (Some(h), Some(_)) if happens(Verb::Stop) && happens(Verb::Start) => {
                format_smolstr!("{id} restarts on {}", name(h))
            }
            (Some(h), _) if happens(Verb::Stop) => format_smolstr!("{id} stops on {}", name(h)),
            (_, Some(t)) if happens(Verb::Start) && next == Role::Promoted => {
                format_smolstr!("{id} starts on {} and is promoted", name(t))
            }
            (_, Some(t)) if happens(Verb::Start) => format_smolstr!("{id} starts on {}", name(t)),
            (_, Some(t)) if happens(Verb::Promote) => {
                format_smolstr!("{id} is promoted on {}", name(t))
            }
            (Some(h), _) if happens(Verb::Demote) => {
                format_smolstr!("{id} is demoted on {}", name(h))
            }
            (Some(h), _) if happens(Verb::Reload) => {
                format_smolstr!("{id} takes up its new parameters on {}", name(h))
            }
            (Some(h), _) => format_smolstr!("{id} is on {}", name(h)),
            (None, _) => format_smolstr!("{id} is not running"),
        }
    }

    /// Whether nothing is wrong with a resource and the node where it is.
    pub fn is_healthy(&self, rid: Rid) -> bool {
        let rsc = &self.world.rscs[rid];
        let fine = |&n: &Nid| usable(self.world, n);
        rsc.is_primitive()
            && !rsc.failed
            && !rsc.blocked
            && !rsc.orphan
            && rsc.role > Role::Stopped
            && rsc.running_on.len() == 1
            && rsc.running_on.iter().all(fine)
    }
}

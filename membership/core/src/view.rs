//! A membership that the log has committed, and how two of them differ.

use std::collections::BTreeMap;

use rota_ids::{Incarnation, NodeId, ViewId};
use serde::{Deserialize, Serialize};

/// Who belongs together. It holds from the moment the log has committed it, on every node the same.
///
/// In Totem's words the id is the ring id, and installing a view in log order gives what agreed
/// delivery gives there: between two views all members see the same changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Grows by one with each view.
    pub id: ViewId,
    /// The members and which of their lives is meant.
    pub members: BTreeMap<NodeId, Incarnation>,
    /// Those that left with a goodbye and have not come back: they are off by their own word.
    pub left: BTreeMap<NodeId, Incarnation>,
}

/// What a new view means for those in the old one. Each list is in the order of node ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewChange {
    /// New members, or members whose host was booted anew.
    pub joined: Vec<(NodeId, Incarnation)>,
    /// Members whose daemon was restarted within the same boot; their resources still run.
    pub restarted: Vec<(NodeId, Incarnation)>,
    /// Lives that ended without goodbye: unclean until proven off.
    ///
    /// A booted host is here with its old life and in `joined` with the new one.
    pub lost: Vec<(NodeId, Incarnation)>,
    /// Lives that ended with a goodbye.
    pub left: Vec<(NodeId, Incarnation)>,
}

impl View {
    /// The view that follows this one with these members; those of `goodbyes` left in peace.
    ///
    /// Earlier leavers stay named until they are members again.
    pub fn next(
        &self,
        members: BTreeMap<NodeId, Incarnation>,
        goodbyes: &BTreeMap<NodeId, Incarnation>,
    ) -> Self {
        let mut left = self.left.clone();
        left.extend(goodbyes.iter().map(|(&node, &life)| (node, life)));
        left.retain(|node, _| !members.contains_key(node));
        Self { id: ViewId(self.id.0.saturating_add(1)), members, left }
    }

    /// How `new` differs from this view.
    pub fn change_to(&self, new: &Self) -> ViewChange {
        let mut change = ViewChange::default();
        for (&node, &life) in &new.members {
            match self.members.get(&node) {
                Some(&old) if old == life => {}
                Some(&old) if old.boot == life.boot => change.restarted.push((node, life)),
                Some(_) | None => change.joined.push((node, life)),
            }
        }
        for (&node, &old) in &self.members {
            match new.members.get(&node) {
                Some(life) if life.boot == old.boot => {}
                Some(_) => change.lost.push((node, old)),
                None if new.left.get(&node) == Some(&old) => change.left.push((node, old)),
                None => change.lost.push((node, old)),
            }
        }
        change
    }
}

#[cfg(test)]
mod tests {
    use rota_ids::{BootId, StartId};

    use super::*;

    fn life(boot: u64, start: u32) -> Incarnation {
        Incarnation { boot: BootId(boot), start: StartId(start) }
    }

    fn members(of: &[(u32, Incarnation)]) -> BTreeMap<NodeId, Incarnation> {
        of.iter().map(|&(node, life)| (NodeId(node), life)).collect()
    }

    #[test]
    fn each_way_to_go_and_to_come_has_its_own_list() {
        let old = View::default().next(
            members(&[
                (1, life(1, 1)),
                (2, life(2, 1)),
                (3, life(3, 1)),
                (4, life(4, 1)),
                (5, life(5, 1)),
            ]),
            &BTreeMap::new(),
        );
        let new = old.next(
            members(&[(1, life(1, 1)), (2, life(2, 2)), (3, life(33, 1)), (6, life(6, 1))]),
            &members(&[(4, life(4, 1))]),
        );
        assert_eq!(
            old.change_to(&new),
            ViewChange {
                joined: vec![(NodeId(3), life(33, 1)), (NodeId(6), life(6, 1))],
                restarted: vec![(NodeId(2), life(2, 2))],
                lost: vec![(NodeId(3), life(3, 1)), (NodeId(5), life(5, 1))],
                left: vec![(NodeId(4), life(4, 1))],
            }
        );
        assert_eq!(new.id, ViewId(2));
    }

    #[test]
    fn a_goodbye_of_an_earlier_life_does_not_excuse_a_later_one() {
        let old = View::default().next(members(&[(1, life(1, 2))]), &BTreeMap::new());
        let new = old.next(BTreeMap::new(), &members(&[(1, life(1, 1))]));
        assert_eq!(old.change_to(&new).lost, vec![(NodeId(1), life(1, 2))]);
        assert_eq!(old.change_to(&new).left, vec![]);
    }

    #[test]
    fn who_comes_back_is_no_longer_among_those_who_left() {
        let gone = View::default().next(BTreeMap::new(), &members(&[(1, life(1, 1))]));
        assert_eq!(gone.next(members(&[(2, life(2, 1))]), &BTreeMap::new()).left.len(), 1);
        let back = gone.next(members(&[(1, life(7, 1))]), &BTreeMap::new());
        assert!(back.left.is_empty());
    }
}

//! `choose` against a checker that looks at every subset.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rota_ids::{BootId, Incarnation, NodeId, StartId};
use rota_membership::{Group, Hearing, NoGroup, Row, choose, choose_warily};

fn life(node: u32) -> Incarnation {
    Incarnation { boot: BootId(u64::from(node) * 100), start: StartId(1) }
}

/// Nodes 1 to `nodes`; everyone hears everyone except each first of a pair the second.
fn hearing(nodes: u32, deaf: &BTreeSet<(u32, u32)>) -> Hearing {
    let row = |me: u32| {
        let heard = (1..=nodes).filter(|&other| other != me && !deaf.contains(&(me, other)));
        let hears = heard.map(|other| (NodeId(other), life(other))).collect();
        (NodeId(me), Row { hears, ..Row::deaf(life(me)) })
    };
    Hearing { rows: (1..=nodes).map(row).collect() }
}

fn set(ids: impl IntoIterator<Item = u32>) -> BTreeSet<NodeId> {
    ids.into_iter().map(NodeId).collect()
}

fn ids(group: &Group) -> Vec<u32> {
    group.members.keys().map(|node| node.0).collect()
}

/// The rule of `choose`, word for word, on every subset.
fn by_force(
    nodes: u32,
    deaf: &BTreeSet<(u32, u32)>,
    voters: &BTreeSet<NodeId>,
    present: &BTreeSet<NodeId>,
    leader: u32,
) -> Option<Vec<u32>> {
    let subset =
        |bits: u32| -> Vec<u32> { (1..=nodes).filter(|n| bits >> (n - 1) & 1 == 1).collect() };
    let all_hear_all =
        |group: &Vec<u32>| group.iter().all(|&a| group.iter().all(|&b| !deaf.contains(&(a, b))));
    let within = |group: &[u32], of: &BTreeSet<NodeId>| {
        group.iter().filter(|&&node| of.contains(&NodeId(node))).count()
    };
    let value = |group: &Vec<u32>| {
        let lowest: Vec<bool> = (1..=nodes).map(|node| group.contains(&node)).collect();
        let (votes, here) = (within(group, voters), within(group, present));
        (votes, group.len(), group.contains(&leader), here, lowest)
    };
    (0..1u32 << nodes)
        .map(subset)
        .filter(all_hear_all)
        .filter(|group| 2 * within(group, voters) > voters.len())
        .max_by_key(value)
}

type World = (u32, BTreeSet<(u32, u32)>, BTreeSet<NodeId>, BTreeSet<NodeId>, u32);

fn worlds() -> impl Strategy<Value = World> {
    (1u32..=9).prop_flat_map(|nodes| {
        let pair = (1..=nodes, 1..=nodes).prop_filter("two nodes", |(a, b)| a != b);
        let deaf =
            proptest::collection::btree_set(pair, 0..usize::try_from(nodes * 2).unwrap_or(0));
        let deaf = if nodes == 1 { Just(BTreeSet::new()).boxed() } else { deaf.boxed() };
        let some = || proptest::collection::btree_set((1..=nodes).prop_map(NodeId), 0..=9);
        (Just(nodes), deaf, some(), some(), 1..=nodes)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_chosen_group_is_the_one_that_trying_all_finds(
        (nodes, deaf, voters, present, leader) in worlds()
    ) {
        let chosen = choose(&hearing(nodes, &deaf), &voters, &present, NodeId(leader));
        let forced = by_force(nodes, &deaf, &voters, &present, leader);
        prop_assert_eq!(chosen.as_ref().ok().map(ids), forced);
        if let Ok(group) = chosen {
            prop_assert!(group.members.iter().all(|(node, &of)| of == life(node.0)));
        }
    }
}

fn pairs(of: &[(u32, u32)]) -> BTreeSet<(u32, u32)> {
    of.iter().flat_map(|&(a, b)| [(a, b), (b, a)]).collect()
}

/// Three voters, all present.
fn three(deaf: &[(u32, u32)], leader: u32) -> Option<Vec<u32>> {
    let chosen = choose(&hearing(3, &pairs(deaf)), &set(1..=3), &set(1..=3), NodeId(leader));
    chosen.ok().map(|group| ids(&group))
}

#[test]
fn everyone_stays_while_all_hear_all() {
    assert_eq!(three(&[], 2), Some(vec![1, 2, 3]));
}

#[test]
fn two_deaf_to_each_other_lose_one_and_the_leader_is_kept() {
    assert_eq!(three(&[(1, 2)], 1), Some(vec![1, 3]));
    assert_eq!(three(&[(1, 2)], 2), Some(vec![2, 3]));
}

#[test]
fn a_leader_in_the_middle_keeps_the_lower_of_two_equals() {
    assert_eq!(three(&[(1, 2)], 3), Some(vec![1, 3]));
}

#[test]
fn who_is_in_the_view_is_kept_before_a_newcomer() {
    let here = set([2, 3]);
    let group = choose(&hearing(3, &pairs(&[(1, 2)])), &set(1..=3), &here, NodeId(3)).unwrap();
    assert_eq!(ids(&group), [2, 3]);
}

#[test]
fn one_way_hearing_is_no_hearing() {
    let deaf = BTreeSet::from([(1, 2)]);
    let group = choose(&hearing(3, &deaf), &set(1..=3), &set(1..=3), NodeId(1)).unwrap();
    assert_eq!(ids(&group), [1, 3]);
}

#[test]
fn who_hears_an_earlier_life_does_not_hear() {
    let mut hearing = hearing(3, &BTreeSet::new());
    let row = hearing.rows.get_mut(&NodeId(2)).unwrap();
    row.hears.insert(NodeId(3), Incarnation { start: StartId(0), ..life(3) });
    let group = choose(&hearing, &set(1..=3), &set(1..=3), NodeId(1)).unwrap();
    assert_eq!(ids(&group), [1, 2]);
}

#[test]
fn a_minority_is_told_what_it_lacks() {
    let alone = Hearing { rows: BTreeMap::from([(NodeId(1), Row::deaf(life(1)))]) };
    assert_eq!(
        choose(&alone, &set(1..=3), &set(1..=3), NodeId(1)),
        Err(NoGroup::NoMajority { members: set([1]), votes: 1, needed: 2 })
    );
}

#[test]
fn a_larger_group_without_the_leader_is_chosen_and_it_must_hand_over() {
    let group =
        choose(&hearing(5, &pairs(&[(1, 2), (1, 3), (1, 4)])), &set(1..=5), &set(1..=5), NodeId(1));
    assert_eq!(ids(&group.unwrap()), [2, 3, 4, 5]);
}

#[test]
fn voters_count_before_members() {
    // 1 hears the voters 2 and 3 only; 4 to 7 have no vote.
    let deaf = pairs(&[(1, 4), (1, 5), (1, 6), (1, 7)]);
    let group = choose(&hearing(7, &deaf), &set(1..=3), &set(1..=7), NodeId(2)).unwrap();
    assert_eq!(ids(&group), [1, 2, 3]);
}

#[test]
fn sixty_five_nodes_are_refused() {
    let refused = choose(&hearing(65, &BTreeSet::new()), &set(1..=65), &set(1..=65), NodeId(1));
    assert_eq!(refused, Err(NoGroup::TooMany(65)));
    let full = choose(&hearing(64, &BTreeSet::new()), &set(1..=64), &set(1..=64), NodeId(1));
    assert_eq!(full.map(|group| group.votes), Ok(64));
}

/// Nodes 1 to 3, all in a new life but for `old`, which is wary of those given. The view holds the
/// lives before.
fn wary(old: u32, of: &[u32]) -> (Hearing, BTreeMap<NodeId, Incarnation>) {
    let mut all = hearing(3, &BTreeSet::new());
    if let Some(row) = all.rows.get_mut(&NodeId(old)) {
        for &other in of {
            let life = row.hears.remove(&NodeId(other)).expect("it hears everybody");
            row.wary.insert(NodeId(other), life);
        }
    }
    let before = |node: u32| Incarnation { boot: BootId(7), ..life(node) };
    let lives = |node| if of.contains(&node) { before(node) } else { life(node) };
    (all, (1..=3).map(|node| (NodeId(node), lives(node))).collect())
}

#[test]
fn a_newcomer_of_which_somebody_is_wary_stays_out() {
    let (hearing, view) = wary(1, &[3]);
    for leader in 1..=3 {
        let group = choose_warily(&hearing, &set(1..=3), &view, NodeId(leader)).unwrap();
        assert_eq!(ids(&group), [1, 2]);
    }
}

#[test]
fn whoever_is_wary_is_not_thrown_out_by_those_it_is_wary_of() {
    let (hearing, view) = wary(1, &[2, 3]);
    for leader in 1..=3 {
        let group = choose_warily(&hearing, &set(1..=3), &view, NodeId(leader)).unwrap();
        assert_eq!(ids(&group), [1, 2, 3]);
    }
}

#[test]
fn a_member_is_not_thrown_out_since_somebody_is_wary_of_it() {
    let (hearing, _) = wary(1, &[3]);
    let view = (1..=3).map(|node| (NodeId(node), life(node))).collect();
    let group = choose_warily(&hearing, &set(1..=3), &view, NodeId(2)).unwrap();
    assert_eq!(ids(&group), [1, 2, 3]);
}

//! Circles of orderings: a plan must never wait for itself, so they are cut.
//!
//! Only orderings within a circle are given up; what comes before or after it keeps its place.

use rota_transition::ActionId;

/// How much is lost with an ordering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// A wish of the user: an optional order, one after the other in any order.
    Wish,
    /// An order of the planner's own, without consequences.
    Order,
    /// More than an order depends on it.
    Need,
}

/// Removes what would make the graph wait for itself, the lightest first; `weights` are those of
/// the inputs.
pub(crate) fn cut(inputs: &mut [Vec<ActionId>], weights: &mut [Vec<Weight>]) {
    let count = inputs.len();
    let mut outs: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut waits: Vec<usize> = vec![0; count];
    for (then, list) in inputs.iter().enumerate() {
        waits[then] = list.len();
        for first in list {
            outs[first.index()].push(then);
        }
    }
    let mut done = vec![false; count];
    let mut ready: Vec<usize> = (0..count).filter(|&i| waits[i] == 0).collect();
    loop {
        while let Some(i) = ready.pop() {
            if std::mem::replace(&mut done[i], true) {
                continue;
            }
            for &o in &outs[i] {
                waits[o] = waits[o].saturating_sub(1);
                if waits[o] == 0 && !done[o] {
                    ready.push(o);
                }
            }
        }
        if done.iter().all(|&d| d) {
            return;
        }
        let circles = circles(&outs, &done);
        for victim in victims(inputs, weights, &circles) {
            let keep: Vec<bool> = inputs[victim.action]
                .iter()
                .zip(&weights[victim.action])
                .map(|(first, weight)| {
                    circles[first.index()] != circles[victim.action] || *weight > victim.up_to
                })
                .collect();
            for (first, _) in inputs[victim.action].iter().zip(&keep).filter(|(_, keep)| !**keep) {
                outs[first.index()].retain(|&o| o != victim.action);
                waits[victim.action] = waits[victim.action].saturating_sub(1);
            }
            let mut k = keep.iter();
            inputs[victim.action].retain(|_| *k.next().unwrap_or(&true));
            let mut k = keep.iter();
            weights[victim.action].retain(|_| *k.next().unwrap_or(&true));
            if waits[victim.action] == 0 {
                ready.push(victim.action);
            }
        }
    }
}

const NONE: usize = usize::MAX;

/// An action that gives up inputs from its circle.
#[derive(Clone, Copy)]
struct Victim {
    action: usize,
    /// It gives up what weighs no more than this.
    up_to: Weight,
    /// The heaviest that it then still waits for in the circle, and the heaviest given up.
    cost: (Option<Weight>, Weight),
}

/// In each circle the action to be freed: one that loses the least by waiting for nothing in the
/// circle; where something is needed by all of them, one that gives up a lighter ordering.
fn victims(inputs: &[Vec<ActionId>], weights: &[Vec<Weight>], circles: &[usize]) -> Vec<Victim> {
    let mut chosen: Vec<Option<Victim>> = vec![None; circles.len()];
    for (action, &circle) in circles.iter().enumerate() {
        if circle == NONE {
            continue;
        }
        let within = || {
            inputs[action]
                .iter()
                .zip(&weights[action])
                .filter(|(first, _)| circles[first.index()] == circle)
                .map(|(_, weight)| *weight)
        };
        let (Some(least), Some(most)) = (within().min(), within().max()) else { continue };
        let victim = if most < Weight::Need || least == Weight::Need {
            Victim { action, up_to: most, cost: (None, most) }
        } else {
            let up_to = within().filter(|w| *w < Weight::Need).max().unwrap_or(least);
            Victim { action, up_to, cost: (Some(most), up_to) }
        };
        // All needed: the last resort.
        let rank = |v: &Victim| (v.cost.1 == Weight::Need, v.cost);
        if chosen[circle].is_none_or(|other| rank(&victim) < rank(&other)) {
            chosen[circle] = Some(victim);
        }
    }
    chosen.into_iter().flatten().collect()
}

/// For each action that is not done the number of its circle; [`NONE`] when it is in none.
///
/// Strongly connected components by Tarjan's algorithm, without recursion.
fn circles(outs: &[Vec<usize>], done: &[bool]) -> Vec<usize> {
    let count = outs.len();
    let mut circle = vec![NONE; count];
    let mut order = vec![NONE; count];
    let mut low = vec![0; count];
    let mut open = vec![false; count];
    let mut stack: Vec<usize> = Vec::new();
    let mut next = 0;
    for root in (0..count).filter(|&i| !done[i]) {
        if order[root] != NONE {
            continue;
        }
        let mut path: Vec<(usize, usize)> = vec![(root, 0)];
        while let Some(&(at, edge)) = path.last() {
            if edge == 0 && order[at] == NONE {
                order[at] = next;
                low[at] = next;
                next += 1;
                stack.push(at);
                open[at] = true;
            }
            let Some(&to) = outs[at].get(edge) else {
                path.pop();
                if let Some(&(above, _)) = path.last() {
                    low[above] = low[above].min(low[at]);
                }
                if low[at] == order[at] {
                    close(at, outs, &mut stack, &mut open, &mut circle);
                }
                continue;
            };
            if let Some(last) = path.last_mut() {
                last.1 += 1;
            }
            if order[to] == NONE && !done[to] {
                path.push((to, 0));
            } else if open[to] {
                low[at] = low[at].min(order[to]);
            }
        }
    }
    circle
}

/// Takes a component off the stack; one action alone is a circle only if it waits for itself.
fn close(
    head: usize,
    outs: &[Vec<usize>],
    stack: &mut Vec<usize>,
    open: &mut [bool],
    circle: &mut [usize],
) {
    let single = stack.last() == Some(&head) && !outs[head].contains(&head);
    while let Some(member) = stack.pop() {
        open[member] = false;
        if !single {
            circle[member] = head;
        }
        if member == head {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Weight::{Need, Order, Wish};
    use super::*;

    fn cut_of(edges: &[(u32, u32, Weight)], count: usize) -> Vec<Vec<u32>> {
        let mut inputs = vec![Vec::new(); count];
        let mut weights = vec![Vec::new(); count];
        for &(first, then, weight) in edges {
            inputs[then as usize].push(ActionId(first));
            weights[then as usize].push(weight);
        }
        cut(&mut inputs, &mut weights);
        inputs.iter().map(|list| list.iter().map(|id| id.0).collect()).collect()
    }

    #[test]
    fn the_lightest_ordering_of_a_circle_goes_and_nothing_else() {
        let edges = [(0, 1, Need), (1, 2, Order), (2, 1, Wish), (2, 3, Need), (0, 3, Wish)];
        let none: Vec<u32> = Vec::new();
        assert_eq!(cut_of(&edges, 4), [none, vec![0], vec![1], vec![2, 0]]);
    }

    #[test]
    fn each_circle_is_cut_and_what_waits_for_itself_too() {
        let edges =
            [(0, 1, Need), (1, 0, Need), (2, 2, Need), (1, 3, Need), (3, 4, Need), (4, 3, Need)];
        let left = cut_of(&edges, 5);
        assert_eq!(left.iter().map(Vec::len).sum::<usize>(), 3);
        assert!(left[3].contains(&1), "what leads from one circle to the next stays");
    }

    #[test]
    fn a_wish_goes_before_a_need_of_the_same_action() {
        let edges = [(0, 1, Need), (1, 0, Need), (2, 1, Wish), (1, 2, Need), (0, 2, Need)];
        let left = cut_of(&edges, 3);
        assert!(!left[1].contains(&2), "{left:?}");
        assert_eq!(left.iter().map(Vec::len).sum::<usize>(), 3);
    }
}

//! Circles of orderings: a plan must never wait for itself, so they are cut.
//!
//! Only orderings within a circle are given up; what comes before or after it keeps its place.

use rota_transition::ActionId;

/// Removes what would make the graph wait for itself: weak inputs first. `strong` says of each
/// input whether more than an order depends on it.
pub(crate) fn cut(inputs: &mut [Vec<ActionId>], strong: &mut [Vec<bool>]) {
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
        for (victim, circle) in victims(inputs, strong, &circles, count) {
            let keep: Vec<bool> =
                inputs[victim].iter().map(|f| circles_of(&circles, f.index()) != circle).collect();
            for (first, _) in inputs[victim].iter().zip(&keep).filter(|(_, keep)| !**keep) {
                outs[first.index()].retain(|&o| o != victim);
                waits[victim] = waits[victim].saturating_sub(1);
            }
            let mut k = keep.iter();
            inputs[victim].retain(|_| *k.next().unwrap_or(&true));
            let mut k = keep.iter();
            strong[victim].retain(|_| *k.next().unwrap_or(&true));
            if waits[victim] == 0 {
                ready.push(victim);
            }
        }
    }
}

const NONE: usize = usize::MAX;

fn circles_of(circles: &[usize], action: usize) -> usize {
    circles.get(action).copied().unwrap_or(NONE)
}

/// In each circle the action to be freed: one whose inputs from the circle are all weak, or else
/// the first of it.
fn victims(
    inputs: &[Vec<ActionId>],
    strong: &[Vec<bool>],
    circles: &[usize],
    count: usize,
) -> Vec<(usize, usize)> {
    let mut chosen: Vec<Option<(usize, bool)>> = vec![None; count];
    for (action, &circle) in circles.iter().enumerate() {
        if circle == NONE || chosen[circle].is_some_and(|(_, weak)| weak) {
            continue;
        }
        let weak = inputs[action]
            .iter()
            .zip(&strong[action])
            .all(|(first, strong)| !strong || circles_of(circles, first.index()) != circle);
        if weak || chosen[circle].is_none() {
            chosen[circle] = Some((action, weak));
        }
    }
    chosen
        .into_iter()
        .enumerate()
        .filter_map(|(circle, victim)| victim.map(|(victim, _)| (victim, circle)))
        .collect()
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
    use super::*;

    fn graph(edges: &[(u32, u32, bool)], count: usize) -> (Vec<Vec<ActionId>>, Vec<Vec<bool>>) {
        let mut inputs = vec![Vec::new(); count];
        let mut strong = vec![Vec::new(); count];
        for &(first, then, weight) in edges {
            inputs[then as usize].push(ActionId(first));
            strong[then as usize].push(weight);
        }
        (inputs, strong)
    }

    #[test]
    fn the_weak_ordering_of_a_circle_goes_and_nothing_else() {
        // 0 -> 1 -> 2 -> 1 (weak), 2 -> 3, and 0 -> 3 (weak).
        let edges =
            [(0, 1, true), (1, 2, true), (2, 1, false), (2, 3, true), (0, 3, false)];
        let (mut inputs, mut strong) = graph(&edges, 4);
        cut(&mut inputs, &mut strong);
        let ids = |list: &[u32]| list.iter().copied().map(ActionId).collect::<Vec<_>>();
        assert_eq!(inputs, [ids(&[]), ids(&[0]), ids(&[1]), ids(&[2, 0])]);
    }

    #[test]
    fn each_circle_is_cut_and_what_waits_for_itself_too() {
        let edges = [(0, 1, true), (1, 0, true), (2, 2, true), (1, 3, true), (3, 4, true), (4, 3, true)];
        let (mut inputs, mut strong) = graph(&edges, 5);
        cut(&mut inputs, &mut strong);
        assert_eq!(inputs.iter().map(Vec::len).sum::<usize>(), 3);
        assert!(inputs[3].contains(&ActionId(1)), "what leads from one to the next stays");
    }
}

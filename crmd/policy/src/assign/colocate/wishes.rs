//! Before the primary chooses: where those who depend on it would like to be.

use std::sync::Arc;

use super::{colocs_as_dependent, colocs_as_primary, same_place};
use crate::assign::{Assign, usable};
use crate::constraints::Coloc;
use crate::model::{Cand, Kind, Rid, World};
use crate::score::{INF, sum};

/// Whose wishes are followed further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Toward {
    /// Those who depend on the one whose wishes are added.
    Dependents,
    /// Those on whom it depends itself.
    Primaries,
}

/// How wishes are added.
#[derive(Clone, Copy)]
pub(crate) struct Wish<'c> {
    /// The colocation that says what counts as the same place; none: the node itself.
    pub coloc: Option<&'c Coloc>,
    /// Share of the score that counts; single precision, as the rounding of others has it.
    pub factor: f32,
    /// Dislikes do not make a good node a bad one (clones, which need many nodes).
    pub keep_positive: bool,
    pub toward: Toward,
}

/// A colocation's score as a share.
pub(crate) fn share(coloc: &Coloc) -> f32 {
    coloc.score as f32 / INF as f32
}

/// Whether the dependent's wishes count: always, unless the constraint (or the dependent's
/// `critical`) says that an active primary is left alone.
pub(crate) fn influences(world: &World<'_>, coloc: &Coloc) -> bool {
    coloc.influence || world.rscs[coloc.primary].running_on.is_empty()
}

/// The dependents' preferences, added to the scores of the primary before its choice.
pub(crate) fn add_dependents(
    world: &mut World<'_>,
    state: &mut Assign,
    index: usize,
    primary: Rid,
) {
    let coloc = world.constraints.colocations[index].clone();
    if !influences(world, &coloc) {
        return;
    }
    let wish = Wish {
        coloc: Some(&coloc),
        factor: share(&coloc),
        keep_positive: world.rscs[primary].is_clone(),
        toward: Toward::Dependents,
    };
    let mut work = world.rscs[primary].allowed.clone();
    merge(world, state, coloc.dependent, &mut work, wish);
    world.rscs[primary].allowed = work;
}

/// What a resource would like itself, together with those it depends on: one score for each
/// node.
pub(crate) fn wanted(world: &World<'_>, state: &mut Assign, rid: Rid) -> Vec<i32> {
    let wish = Wish { coloc: None, factor: 1.0, keep_positive: false, toward: Toward::Primaries };
    let source = speaker(world, rid, wish);
    let mut work = world.rscs[source].allowed.clone();
    if any_usable(world, &work) {
        bounded(state, source, &mut work, |state, work| further(world, state, source, work, wish));
    } else {
        work.fill(Cand::ABSENT);
    }
    work.into_iter().map(Cand::effective).collect()
}

fn any_usable(world: &World<'_>, list: &[Cand]) -> bool {
    list.iter().enumerate().any(|(n, c)| c.present && c.score >= 0 && usable(world, n))
}

/// Marks a good node that somebody dislikes while wishes are still being added: it is no longer
/// counted as usable, and ends as a node that is just acceptable.
const SPENT: i32 = -100 * INF;

/// Adds the wishes of `source`, and of those who are tied to it, to a table of candidates.
///
/// Wishes that would leave no usable node are not added, and nothing that follows from them.
pub(crate) fn merge(
    world: &World<'_>,
    state: &mut Assign,
    source: Rid,
    work: &mut Vec<Cand>,
    wish: Wish<'_>,
) {
    bounded(state, source, work, |state, work| add(world, state, source, work, wish));
    for cand in work {
        if cand.score == SPENT {
            cand.score = 1;
        }
    }
}

/// How many wishes may be asked for in one go.
///
/// They are followed along every path of colocations, of which there are more than anybody can
/// walk where each resource is tied to each (60 that avoid each other: 10^80).
const STEPS_MAX: u32 = 4000;

/// How far wishes are followed where all paths are too many: those of the resource itself, and of
/// those who are tied to it directly.
const HOPS_MAX: u32 = 2;

/// What is left of the bounds of one go.
#[derive(Clone, Copy)]
pub(crate) struct Walk {
    steps_left: u32,
    hops: u32,
    hops_max: u32,
}

impl Default for Walk {
    fn default() -> Self {
        Self { steps_left: STEPS_MAX, hops: 0, hops_max: u32::MAX }
    }
}

/// Adds wishes by all paths from a resource, or where those are too many by the short ones alone.
fn bounded(
    state: &mut Assign,
    source: Rid,
    work: &mut Vec<Cand>,
    run: impl Fn(&mut Assign, &mut Vec<Cand>),
) {
    if !state.crowded[source] {
        let before = work.clone();
        state.walk = Walk::default();
        run(state, work);
        if state.walk.steps_left > 0 {
            return;
        }
        state.crowded[source] = true;
        *work = before;
    }
    state.walk = Walk { steps_left: u32::MAX, hops: 0, hops_max: HOPS_MAX };
    run(state, work);
}

fn add(world: &World<'_>, state: &mut Assign, source: Rid, work: &mut Vec<Cand>, wish: Wish<'_>) {
    if state.merging[source] {
        return;
    }
    let speaker = speaker(world, source, wish);
    if speaker != source {
        state.merging[source] = true;
        add_own(world, state, speaker, work, wish);
        state.merging[source] = false;
    } else {
        add_own(world, state, source, work, wish);
    }
}

/// Who speaks for a resource: from the first member of a group all that follow are reached,
/// from the last all before it. Who wishes to be with something as a member of a group speaks
/// for the group.
fn speaker(world: &World<'_>, source: Rid, wish: Wish<'_>) -> Rid {
    let group = match world.rscs[source].parent {
        Some(parent)
            if wish.toward == Toward::Dependents
                && wish.coloc.is_some_and(|c| c.id != "#group-members")
                && matches!(world.rscs[parent].kind, Kind::Group { colocated: true, .. }) =>
        {
            parent
        }
        _ => source,
    };
    if !world.rscs[group].is_group() {
        return source;
    }
    let members = &world.rscs[group].children;
    let member = match wish.toward {
        Toward::Dependents => members.first(),
        Toward::Primaries => members.last(),
    };
    member.copied().unwrap_or(source)
}

fn add_own(
    world: &World<'_>,
    state: &mut Assign,
    source: Rid,
    work: &mut Vec<Cand>,
    wish: Wish<'_>,
) {
    if state.merging[source] || state.walk.steps_left == 0 || state.walk.hops >= state.walk.hops_max
    {
        return;
    }
    state.walk.steps_left -= 1;
    let mut next = work.clone();
    add_matching(world, source, &mut next, wish);
    if !any_usable(world, &next) {
        return;
    }
    further(world, state, source, &mut next, wish);
    *work = next;
}

/// Adds the wishes of those who are tied to `source`.
fn further(
    world: &World<'_>,
    state: &mut Assign,
    source: Rid,
    work: &mut Vec<Cand>,
    wish: Wish<'_>,
) {
    state.merging[source] = true;
    state.walk.hops += 1;
    for &i in tied(world, state, source, wish.toward).iter() {
        if state.walk.steps_left == 0 {
            break;
        }
        let coloc = &world.constraints.colocations[i];
        let other = match wish.toward {
            Toward::Dependents if !influences(world, coloc) => continue,
            Toward::Dependents => coloc.dependent,
            Toward::Primaries => coloc.primary,
        };
        let inner = Wish { coloc: Some(coloc), factor: wish.factor * share(coloc), ..wish };
        add(world, state, other, work, inner);
    }
    state.walk.hops -= 1;
    state.merging[source] = false;
}

/// The colocations by which others are tied to `source`. They are asked for again and again, and
/// stay as they are while nodes are chosen.
fn tied(world: &World<'_>, state: &mut Assign, source: Rid, toward: Toward) -> Arc<[usize]> {
    let known = state.tied.entry((source, toward)).or_insert_with(|| {
        let list = match toward {
            Toward::Dependents => colocs_as_primary(world, source),
            Toward::Primaries => colocs_as_dependent(world, source),
        };
        list.into()
    });
    Arc::clone(known)
}

/// For each candidate: the best score of `source` in the same place, times the factor.
fn add_matching(world: &World<'_>, source: Rid, work: &mut [Cand], wish: Wish<'_>) {
    let never_both = wish.coloc.is_some_and(|c| c.score <= -INF);
    let choosy = never_both && only_one(&world.rscs[source].allowed);
    for (nid, cand) in work.iter_mut().enumerate() {
        if !cand.present || cand.score == SPENT {
            continue;
        }
        let score = best_in_place(world, source, wish.coloc, nid);
        if wish.factor < 0.0 && score < 0 && !choosy {
            // Two resources that avoid each other need not share what they dislike; but one
            // that has a single node left is given way.
            continue;
        }
        let new = sum(rounded(wish.factor, score), cand.score);
        if wish.keep_positive && new < 0 && cand.score > 0 {
            cand.score = SPENT;
        } else if wish.keep_positive && new < 0 && cand.score == 0 {
            // Others' dislikes alone do not empty a node of a clone.
        } else {
            cand.score = new;
        }
    }
}

/// A share of a score, rounded away from zero so that small wishes are not lost.
fn rounded(factor: f32, score: i32) -> i32 {
    let product = factor * score as f32;
    let whole = if product < 0.0 { product - 0.5 } else { product + 0.5 } as i32;
    if whole != 0 || score == 0 {
        whole
    } else if factor > 0.0 {
        1
    } else if factor < 0.0 {
        -1
    } else {
        0
    }
}

/// Whether exactly one candidate is not excluded.
fn only_one(allowed: &[Cand]) -> bool {
    allowed.iter().filter(|c| c.present && c.score >= 0).count() == 1
}

fn best_in_place(world: &World<'_>, source: Rid, coloc: Option<&Coloc>, nid: usize) -> i32 {
    let allowed = &world.rscs[source].allowed;
    let here = |n: usize| {
        if allowed[n].present && usable(world, n) { allowed[n].score } else { -INF }
    };
    if coloc.is_none_or(|c| c.attribute.is_none()) {
        return here(nid);
    }
    (0..allowed.len()).filter(|&n| same_place(world, coloc, n, nid)).map(here).max().unwrap_or(-INF)
}

//! *Order*: no agent begins while what the configuration puts before it is under way.

use rota_ids::Text;
use rota_transition::ResourceOp;

use crate::pieces::{Kind, Piece, Pieces};
use crate::script::listed;
use crate::world::World;

/// An operation of a piece on a host.
#[derive(Clone, Copy)]
struct Step<'a> {
    piece: usize,
    leaf: &'a Text,
    operation: &'a str,
    host: usize,
}

impl World {
    pub(super) fn expect_in_order(&mut self, place: usize, op: &ResourceOp) {
        let Some(pieces) = &self.setup.pieces else { return };
        let Some(begins) = step(pieces, place, op) else { return };
        if !self.obeys_a_dc(place) {
            return;
        }
        let name = self.name(place);
        let found = self.under_way().find_map(|(host, other)| {
            let before = step(pieces, host, other)?;
            let is_itself = host == place && other.key == op.key;
            let why = if is_itself || !self.obeys_a_dc(host) {
                None
            } else if is_one_phase(other, name.as_str()) {
                too_early(pieces, before, begins, true)
            } else {
                too_early(pieces, before, begins, false)
            };
            why.map(|why| {
                let (key, key_before) = (&op.key, &other.key);
                format!(
                    "{key} begins on n{} while {key_before} is under way on n{}: {why}",
                    place + 1,
                    host + 1
                )
            })
        });
        if let Some(what) = found {
            self.violated(what);
        }
    }
}

fn step<'a>(pieces: &Pieces, host: usize, op: &'a ResourceOp) -> Option<Step<'a>> {
    let changes = matches!(op.operation.as_str(), "start" | "stop" | "promote" | "demote");
    let piece = pieces.place_of(&op.resource).filter(|_| changes)?;
    Some(Step { piece, leaf: &op.resource, operation: &op.operation, host })
}

/// Whether one plan does this operation and the same one on that node side by side.
fn is_one_phase(op: &ResourceOp, node: &str) -> bool {
    let list = format!("CRM_meta_notify_{}_uname", op.operation);
    listed(op, &list).iter().any(|name| name == node)
}

/// Why what begins must wait for what is under way.
fn too_early(
    pieces: &Pieces,
    before: Step<'_>,
    begins: Step<'_>,
    one_phase: bool,
) -> Option<&'static str> {
    let (Some(a), Some(b)) = (pieces.pieces.get(before.piece), pieces.pieces.get(begins.piece))
    else {
        return None;
    };
    if before.piece == begins.piece {
        return within(a, before, begins, one_phase);
    }
    let tie = |first: usize, then: usize| {
        let mut ties = pieces.ties.iter();
        ties.any(|t| t.first == first && t.then == then && t.order == Some("Mandatory"))
    };
    // Of interleaved clones each instance waits for the one on its own node.
    let apart = a.is_clone() && b.is_clone() && begins.host != before.host;
    let up = |piece: &Piece| match piece.kind {
        Kind::Promotable(_) => ("promote", "demote"),
        _ => ("start", "stop"),
    };
    if tie(before.piece, begins.piece) && !(apart && b.interleave) {
        let waits = before.operation == up(a).0 && begins.operation == "start";
        return waits.then_some("it is ordered behind it");
    }
    if tie(begins.piece, before.piece) && !(apart && a.interleave) {
        let waits = before.operation == "stop" && begins.operation == up(b).1;
        return waits.then_some("it is ordered before it, and stops behind it");
    }
    None
}

/// The same, within one piece.
fn within(
    piece: &Piece,
    before: Step<'_>,
    begins: Step<'_>,
    one_phase: bool,
) -> Option<&'static str> {
    let same = before.operation == begins.operation;
    match (piece.kind, before.operation) {
        (Kind::Group(_), "start") if same && before.leaf < begins.leaf => {
            Some("it is further back in the group")
        }
        (Kind::Group(_), "stop") if same && before.leaf > begins.leaf => {
            Some("it is further ahead in the group")
        }
        (Kind::Clone | Kind::Promotable(_), "start" | "promote") if same && piece.ordered => {
            Some("instances of an ordered clone come one after the other")
        }
        (Kind::Promotable(_), "promote") if same && piece.notify && !one_phase => {
            Some("the promotion that is under way knew nothing of it")
        }
        (Kind::Single | Kind::Group(_), "stop")
            if begins.operation == "start" && before.leaf == begins.leaf =>
        {
            Some("it has not been stopped yet")
        }
        _ => None,
    }
}

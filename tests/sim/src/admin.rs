//! What administrators do to a rough world's configuration while faults are under way.

use rota_cib::change::{Change, Configure, Edit, Item, List, OperationFilter};
use rota_node::Ask;

use crate::client::Step;
use crate::clock::SECOND;
use crate::pieces::{Kind, Piece};
use crate::setup::Setup;
use crate::world::{What, World};

/// Something that an administrator does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Changes a parameter of a piece.
    Edit(usize),
    /// Disables a piece, or enables it.
    Disable(usize, bool),
    /// Forgets the whole history of a piece.
    Refresh(usize),
    /// Adds a resource.
    Add,
    /// Deletes it.
    Delete,
    /// Puts the cluster into maintenance, or takes it out.
    Maintenance(bool),
    /// Writes the whole configuration as it should be.
    Restore,
}

impl World {
    /// An administrator does something, by way of any host.
    pub fn administer(&mut self, deed: Deed) {
        self.tell(format!("* administrator: {deed:?}"));
        match deed {
            Deed::Edit(place) => {
                self.expect_anew(Some(place));
                if let Some(piece) = self.piece(place) {
                    piece.edition += 1;
                }
                self.put_piece(place);
            }
            Deed::Disable(place, disabled) => {
                self.expect_anew(Some(place));
                if let Some(piece) = self.piece(place) {
                    piece.disabled = disabled;
                }
                self.put_piece(place);
            }
            Deed::Refresh(place) => {
                self.expect_anew(Some(place));
                let leaves = self.piece(place).map(|piece| piece.leaves()).unwrap_or_default();
                for resource in leaves {
                    let filter = OperationFilter::All;
                    let change = Change::ForgetOperations { resource, node: None, filter };
                    self.change(change);
                }
            }
            Deed::Add => {
                let extra = Piece::plain("extra", Kind::Single);
                let edits = Setup::of_pieces(vec![extra], Vec::new()).edits();
                self.configure(edits.into_iter().filter(|edit| puts(edit, "extra")).collect());
            }
            Deed::Delete => {
                let has = self.cib().is_some_and(|cib| {
                    cib.config.resources.iter().any(|resource| resource.id() == "extra")
                });
                if has {
                    let (list, id) = (List::Resources, "extra".into());
                    self.configure(vec![Edit::Remove { list, id }]);
                }
            }
            Deed::Maintenance(on) => {
                self.expect_anew(None);
                self.set_property("maintenance-mode", &on.to_string());
            }
            Deed::Restore => {
                let count = self.setup.pieces.as_ref().map_or(0, |pieces| pieces.pieces.len());
                for place in 0..count {
                    if self.piece(place).is_some_and(|p| std::mem::take(&mut p.disabled)) {
                        self.expect_anew(Some(place));
                    }
                }
                self.configure(self.setup.edits());
                self.set_property("maintenance-mode", "false");
            }
        }
    }

    fn piece(&mut self, place: usize) -> Option<&mut Piece> {
        self.setup.pieces.as_mut().and_then(|pieces| pieces.pieces.get_mut(place))
    }

    fn put_piece(&mut self, place: usize) {
        let Some(name) = self.piece(place).map(|piece| piece.name()) else { return };
        let edits = self.setup.edits().into_iter().filter(|edit| puts(edit, &name)).collect();
        self.configure(edits);
    }

    fn configure(&mut self, edits: Vec<Edit>) {
        self.change(Change::Configure(Configure { edits, ..Configure::default() }));
    }

    fn change(&mut self, change: Change) {
        if let Some(some) = self.some_working() {
            self.ask(some, Step::Admin, Ask::Change(change));
        }
    }

    /// An administrator asks the daemon of a host to have another one switched off and on again.
    pub fn client_asks_to_reboot(&mut self, at: usize, target: usize) {
        self.trouble(target);
        let (name, wish) = (self.name(target), rota_fencing::Wish::Reboot);
        self.ask(at, Step::Fence(target), Ask::Fence { target: name, wish, by: "admin".into() });
    }

    /// An administrator at random, who takes back later what must not stay.
    pub(crate) fn strike_configuration(&mut self) {
        let pieces = self.setup.pieces.as_ref().map_or(0, |pieces| pieces.pieces.len());
        let place = self.rng.index(pieces);
        let span = self.rng.between(SECOND, 30 * SECOND);
        match self.rng.below(9) {
            0..=2 => self.administer(Deed::Edit(place)),
            3 | 4 => {
                self.administer(Deed::Disable(place, true));
                self.later(span, What::Admin(Deed::Disable(place, false)));
            }
            5 => self.administer(Deed::Refresh(place)),
            6 | 7 => {
                self.administer(Deed::Add);
                self.later(span, What::Admin(Deed::Delete));
            }
            _ => {
                self.administer(Deed::Maintenance(true));
                self.later(span, What::Admin(Deed::Maintenance(false)));
            }
        }
    }
}

fn puts(edit: &Edit, name: &str) -> bool {
    matches!(edit, Edit::Put { item, .. }
        if matches!(&**item, Item::Resource(resource) if resource.id() == name))
}

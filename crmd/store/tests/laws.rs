//! Both databases keep the laws of `LogStore`.

#![expect(clippy::unwrap_used, reason = "a test may say what it expects")]

use std::cell::Cell;
use std::path::Path;

use rota_replica::{LogStore, StoreId, laws};
use rota_store::{Opened, open, open_sled};

fn keeps_the_laws<S: LogStore>(open: impl Fn(&Path, StoreId) -> Opened<S>) {
    let root = tempfile::tempdir().unwrap();
    let dir = |id: StoreId| root.path().join(id.to_string());
    // A store stays where it was made, whatever its number is later.
    let made = Cell::new(StoreId(0));
    laws::check(
        25,
        |id| {
            made.set(id);
            match open(&dir(id), id) {
                Opened::Fresh(store) => store,
                Opened::Ready(_) | Opened::Damaged { .. } => panic!("not fresh"),
            }
        },
        |store| {
            let id = store.id();
            drop(store);
            match open(&dir(made.get()), StoreId(u64::MAX)) {
                Opened::Ready(store) => store,
                Opened::Fresh(_) => panic!("store {id} is gone"),
                Opened::Damaged { why, .. } => panic!("store {id}: {why}"),
            }
        },
    );
}

#[test]
fn redb_keeps_the_laws() {
    keeps_the_laws(|dir, id| open(dir, id).unwrap());
}

#[test]
fn sled_keeps_the_laws() {
    keeps_the_laws(|dir, id| open_sled(dir, id).unwrap());
}

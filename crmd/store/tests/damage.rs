//! Whatever is done to a store's files while it is closed, it is noticed, kept, and replaced by an
//! empty one with a new id.

#![expect(clippy::unwrap_used, reason = "a test may say what it expects")]

use std::fs;
use std::path::{Path, PathBuf};

use rota_replica::record::{ConfState, Entry, HardState, Snapshot, SnapshotMeta};
use rota_replica::{LogStore, StoreId};
use rota_store::{Archive, Error, Opened, open};

fn a_store_in_use(dir: &Path) {
    let mut store = open(dir, StoreId(1)).unwrap().into_store();
    let conf = ConfState { voters: vec![1, 2, 3], ..ConfState::default() };
    let metadata = Some(SnapshotMeta { conf_state: Some(conf), index: 1, term: 1 });
    let snapshot = Snapshot { data: vec![5; 200_000], metadata };
    store.install(&snapshot, HardState { term: 1, vote: 0, commit: 1 }).unwrap();
    for index in 2..300 {
        let entry = Entry { term: 1, index, data: vec![index as u8; 300], ..Entry::default() };
        store.append(&[entry], Some(HardState { term: 1, vote: 1, commit: index - 1 })).unwrap();
    }
    store.sync().unwrap();
}

fn file_of(dir: &Path) -> PathBuf {
    let mut files = fs::read_dir(dir).unwrap().map(|item| item.unwrap().path());
    let file = files.next().unwrap();
    assert!(files.next().is_none(), "one file was expected");
    file
}

fn is_set_aside(dir: &Path, what: &str) {
    match open(dir, StoreId(2)).unwrap() {
        Opened::Damaged { store, why, moved_to } => {
            assert_eq!(store.id(), StoreId(2), "{what}");
            assert_eq!((store.bounds().last, store.hard_state().term), (0, 0), "{what}");
            assert!(moved_to.is_dir() && !why.is_empty(), "{what}");
        }
        Opened::Ready(_) => panic!("{what}: taken for good"),
        Opened::Fresh(_) => panic!("{what}: taken for new"),
    }
}

#[test]
fn a_changed_byte_that_matters_is_noticed() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("raft");
    a_store_in_use(&dir);
    let good = fs::read(file_of(&dir)).unwrap();
    let (mut noticed, mut unused) = (0, 0);
    for n in 0..120_usize {
        let at = n * 7919 * 13 % good.len();
        let mut bad = good.clone();
        for byte in bad.iter_mut().skip(at).take(64) {
            *byte ^= 0x5a;
        }
        let dir = place.path().join(format!("raft-{n}"));
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("log.redb"), bad).unwrap();
        match open(&dir, StoreId(2)).unwrap() {
            Opened::Damaged { .. } => noticed += 1,
            Opened::Ready(store) => {
                // The byte was in a page that is not in use: then nothing may be missing.
                unused += 1;
                assert_eq!((store.bounds().last, store.hard_state().commit), (299, 298), "at {at}");
                assert_eq!(store.snapshot().unwrap().data, vec![5; 200_000], "at {at}");
            }
            Opened::Fresh(_) => panic!("taken for new, changed at {at}"),
        }
        for item in fs::read_dir(place.path()).unwrap() {
            let path = item.unwrap().path();
            if path != place.path().join("raft") {
                fs::remove_dir_all(path).unwrap();
            }
        }
    }
    assert!(noticed > 20, "noticed {noticed}, in unused pages {unused}");
}

#[test]
fn a_file_that_is_cut_short_is_noticed() {
    for keep in [0, 1, 100, 4096, 100_000] {
        let place = tempfile::tempdir().unwrap();
        let dir = place.path().join("raft");
        a_store_in_use(&dir);
        let file = file_of(&dir);
        fs::OpenOptions::new().write(true).open(file).unwrap().set_len(keep).unwrap();
        is_set_aside(&dir, &format!("cut to {keep}"));
    }
}

#[test]
fn files_of_zeros_or_of_something_else_are_noticed() {
    for content in [vec![0; 50_000], b"#!/bin/sh\n".to_vec()] {
        let place = tempfile::tempdir().unwrap();
        let dir = place.path().join("raft");
        a_store_in_use(&dir);
        fs::write(file_of(&dir), content).unwrap();
        is_set_aside(&dir, "other content");
    }
}

#[test]
fn an_empty_directory_is_not_taken_for_a_new_store() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("raft");
    a_store_in_use(&dir);
    fs::remove_file(file_of(&dir)).unwrap();
    is_set_aside(&dir, "file deleted");
}

#[test]
fn a_deleted_directory_is_a_fresh_store_with_the_new_id() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("raft");
    a_store_in_use(&dir);
    fs::remove_dir_all(&dir).unwrap();
    match open(&dir, StoreId(2)).unwrap() {
        Opened::Fresh(store) => assert_eq!(store.id(), StoreId(2)),
        Opened::Ready(_) | Opened::Damaged { .. } => panic!("not fresh"),
    }
}

#[test]
fn a_store_that_was_half_made_is_made_again() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("raft");
    let half = place.path().join("raft.creating");
    fs::create_dir(&half).unwrap();
    fs::write(half.join("log.redb"), b"half").unwrap();
    assert!(matches!(open(&dir, StoreId(1)).unwrap(), Opened::Fresh(_)));
    assert!(!half.exists());
    assert!(matches!(open(&dir, StoreId(2)).unwrap(), Opened::Ready(_)));
}

#[test]
fn a_store_in_use_is_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("raft");
    let first = open(&dir, StoreId(1)).unwrap().into_store();
    assert!(matches!(open(&dir, StoreId(2)), Err(Error::InUse)));
    assert!(dir.is_dir());
    drop(first);
    assert!(matches!(open(&dir, StoreId(2)).unwrap(), Opened::Ready(_)));
}

#[test]
fn several_damaged_stores_are_kept_side_by_side() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("raft");
    for n in 1..=3 {
        a_store_in_use(&dir);
        fs::write(file_of(&dir), b"damaged").unwrap();
        match open(&dir, StoreId(9)).unwrap() {
            Opened::Damaged { moved_to, .. } => {
                assert_eq!(moved_to, place.path().join(format!("raft.damaged-{n}")));
            }
            Opened::Ready(_) | Opened::Fresh(_) => panic!("not noticed"),
        }
        fs::remove_dir_all(&dir).unwrap();
    }
}

#[test]
fn the_archive_keeps_the_newest_events_and_survives_its_own_loss() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("history");
    let mut archive = Archive::open(&dir).unwrap();
    let max = rota_store::limits::ARCHIVE_EVENTS_MAX;
    for n in 0..max + 5 {
        archive.add(format!("event {n}").as_bytes()).unwrap();
    }
    let newest = archive.newest(usize::MAX).unwrap();
    assert_eq!(newest.len(), max);
    assert_eq!(newest[0], format!("event {}", max + 4).into_bytes());
    drop(archive);
    fs::remove_dir_all(&dir).unwrap();
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("conf"), b"damaged").unwrap();
    let mut archive = Archive::open(&dir).unwrap();
    archive.add(b"anew").unwrap();
    assert_eq!(archive.newest(5).unwrap(), vec![b"anew".to_vec()]);
}

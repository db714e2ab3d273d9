//! Documents to test with.

use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn xml_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|e| e == "xml")).collect();
    files.sort();
    files
}

/// Documents written for this project.
#[allow(dead_code, reason = "not every test file uses all helpers")]
pub fn own_documents() -> Vec<PathBuf> {
    let files = xml_files(&repository().join("tests/corpus/cib"));
    assert!(!files.is_empty(), "the project's own documents are missing");
    files
}

/// XML files of the scheduler cases and configurations beside the repository, if they are there.
#[allow(dead_code, reason = "not every test file uses all helpers")]
pub fn shared_documents() -> Vec<PathBuf> {
    let shared = std::env::var_os("ROTA_SHARED")
        .map_or_else(|| repository().join("../shared"), PathBuf::from);
    let folders = ["sched-suite/xml", "sched-fuzz/xml", "reference/openstack"];
    let files: Vec<PathBuf> =
        folders.iter().flat_map(|folder| xml_files(&shared.join(folder))).collect();
    if files.is_empty() {
        println!("skipped: no documents in {} (set ROTA_SHARED)", shared.display());
    }
    files
}

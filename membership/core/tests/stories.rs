//! Runs `stories/*.txt`: commands, `----`, what the nodes then report.
//!
//! `ROTA_UPDATE=1 cargo test -p rota-membership --test stories` writes the outputs anew; review
//! them as a diff. The commands are those of [`world::World::command`].

#[cfg(test)]
mod world;

use std::path::Path;

use world::World;

#[test]
fn stories() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories");
    let update = std::env::var_os("ROTA_UPDATE").is_some();
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 10, "stories are missing");
    for file in files {
        let written = std::fs::read_to_string(&file).unwrap();
        let told = tell(&written);
        if update {
            std::fs::write(&file, told).unwrap();
        } else {
            assert_eq!(told, written, "{}", file.display());
        }
    }
}

/// The story with the outputs that its commands really have.
fn tell(story: &str) -> String {
    let mut world = World::default();
    let mut told = String::new();
    for block in story.trim_end().split("\n\n") {
        let commands = block.split("----").next().unwrap_or_default();
        if !told.is_empty() {
            told.push('\n');
        }
        told.push_str(commands);
        let mut said = String::new();
        for line in commands.lines().filter(|line| !line.starts_with('#')) {
            said += &world.command(line);
        }
        if commands.lines().any(|line| !line.starts_with('#')) {
            told += "----\n";
            told += &said;
        } else if !told.ends_with('\n') {
            told.push('\n');
        }
    }
    told
}

//! The commands that made real configurations make the same ones here.

use std::path::PathBuf;

use rota_cib::change::{Author, apply};
use rota_cib::constraint::Constraint;
use rota_cib::nvset::NvSet;
use rota_cib::resource::Resource;
use rota_cib::{Cib, Config, xml};
use rota_ids::WallTime;

use crate::agents::Installed;
use crate::commands::{Context, run};

fn files() -> Vec<PathBuf> {
    let shared = std::env::var_os("ROTA_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("reference/openstack");
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "cmds"));
    files.sort();
    if files.is_empty() {
        println!("skipped: no commands in {} (set ROTA_SHARED)", folder.display());
    }
    files
}

/// The words of a line. Quotes were lost when the commands were noted down: one value has blanks.
fn words(line: &str) -> Vec<String> {
    let policy = "set_policy=ha-all ^(?!amq\\.).* {\"ha-mode\":\"exactly\",\"ha-params\":2}";
    let marked = line.replace(policy, "@policy@");
    let words = marked.split_whitespace().skip(1);
    words.map(|word| word.replace("@policy@", policy)).collect()
}

/// Order that has no meaning, and ids that were shortened, made equal.
fn normalise(config: &mut Config) {
    let sets = |sets: &mut Vec<NvSet>| {
        for set in sets.iter_mut() {
            set.pairs.sort_by(|a, b| a.name.cmp(&b.name));
        }
    };
    sets(&mut config.properties);
    for pair in config.properties.iter_mut().flat_map(|set| &mut set.pairs) {
        pair.id = None;
    }
    for node in &mut config.nodes {
        sets(&mut node.attributes);
    }
    for resource in &mut config.resources {
        sets(resource.meta_mut());
        for primitive in resource.primitives_mut() {
            sets(&mut primitive.parameters);
            sets(&mut primitive.meta);
            for op in &mut primitive.operations.ops {
                op.attributes.sort();
            }
        }
    }
}

/// The configuration before the first command: nodes, and what the cluster itself had written.
fn before(golden: &Cib) -> Cib {
    let mut cib = golden.clone();
    let config = &mut cib.config;
    config.resources.clear();
    config.constraints.clear();
    for set in &mut config.properties {
        set.pairs.retain(|pair| pair.name.as_deref() == Some("cluster-infrastructure"));
    }
    // Attributes of remote nodes were written by hand after the commands.
    for node in &mut config.nodes {
        if node.kind.is_none() {
            node.attributes.clear();
        }
    }
    cib
}

#[test]
fn real_commands_make_the_configurations_that_pcs_made() {
    let files = files();
    if !files.is_empty() && !Installed::is_complete() {
        println!("skipped: the agents are not installed");
        return;
    }
    let mut commands = 0;
    for path in files {
        let document = std::fs::read(path.with_extension("")).unwrap();
        let golden = xml::read(&document).unwrap();
        let mut cib = before(&golden);
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let context =
                Context { cib: &cib, agents: &Installed, local_node: None, now: WallTime(0) };
            let outcome = run(&words(line), &context).unwrap_or_else(|e| panic!("{line}: {e}"));
            commands += 1;
            let before = cib.config.clone();
            for change in outcome.changes_for(&cib.clone(), Author::default()) {
                apply(&mut cib, &change, WallTime(0)).unwrap();
            }
            assert_ne!(cib.config, before, "{line}");
        }
        let (mut ours, mut theirs) = (cib.config, golden.config);
        // Resources created --disabled were enabled by hand afterwards.
        for resource in &mut ours.resources {
            for pair in resource.meta_mut().iter_mut().flat_map(|set| &mut set.pairs) {
                if pair.name.as_deref() == Some("target-role") {
                    pair.value = Some("Started".into());
                }
            }
        }
        normalise(&mut ours);
        normalise(&mut theirs);
        compare(&path.display().to_string(), &ours, &theirs);
    }
    println!("{commands} commands");
}

fn compare(file: &str, ours: &Config, theirs: &Config) {
    let text = |r: &Resource| xml::write_resource(r);
    for (a, b) in ours.resources.iter().zip(&theirs.resources) {
        assert_eq!(text(a), text(b), "{file}");
    }
    let text = |c: &Constraint| xml::write_constraint(c);
    for (a, b) in ours.constraints.iter().zip(&theirs.constraints) {
        assert_eq!(text(a), text(b), "{file}");
    }
    assert_eq!(xml::write_config(ours), xml::write_config(theirs), "{file}");
}

//! What instances are told about each other, against the graphs that Pacemaker recorded for the
//! same states: every `notify_…` meta attribute of every operation that both plans have.
#![expect(clippy::unwrap_used, reason = "tests may say what they expect")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rota_ids::WallTime;
use rota_policy::{Options, plan};
use rota_transition::Task;

/// Meta attributes by operation key and node.
type Told = BTreeMap<(String, String), BTreeMap<String, String>>;

fn suite() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let dir = std::env::var_os("ROTA_SHARED")
        .map_or_else(|| root.join("../shared"), PathBuf::from)
        .join("sched-suite");
    if dir.is_dir() {
        return Some(dir);
    }
    eprintln!("skipped: no recorded results at {}", dir.display());
    None
}

/// Attributes of an element as written on one line: `name="value" …`.
fn attributes(line: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("=\"") {
        let name = before.rsplit([' ', '\t']).next().unwrap_or(before).to_owned();
        let Some((value, further)) = after.split_once('"') else { break };
        found.insert(name, value.to_owned());
        rest = further;
    }
    found
}

fn notify_only(all: BTreeMap<String, String>) -> BTreeMap<String, String> {
    all.into_iter().filter(|(name, _)| name.starts_with("CRM_meta_notify_")).collect()
}

fn recorded(text: &str) -> Told {
    let mut told = Told::new();
    let mut op = None;
    for line in text.lines().map(str::trim_start) {
        if line.starts_with("<rsc_op ") {
            let at = attributes(line);
            op = Some((at["operation_key"].clone(), at["on_node"].clone()));
        } else if line.starts_with("</rsc_op") || line.starts_with("<pseudo_event") {
            op = None;
        } else if line.starts_with("<attributes ")
            && let Some(key) = op.take()
        {
            let lists = notify_only(attributes(line));
            if lists.contains_key("CRM_meta_notify_all_uname") {
                told.insert(key, lists);
            }
        }
    }
    told
}

fn ours(path: &Path) -> Told {
    let cib = rota_cib::xml::read(&std::fs::read(path).unwrap()).unwrap();
    let now = WallTime(cib.header.execution_date.unwrap_or(1_700_000_000));
    let plan = plan(&cib, now, &Options::default());
    let mut told = Told::new();
    for action in &plan.graph.actions {
        let (Task::Resource(op), Some(node)) = (&action.task, &action.node) else { continue };
        let meta = op.meta.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        let lists = notify_only(meta);
        // Recorded keys name the instance where it has no history yet.
        for name in std::iter::once(&op.key.resource).chain(&op.instance) {
            let key = format!("{name}_{}_{}", op.key.operation, op.interval);
            told.insert((key, node.0.to_string()), lists.clone());
        }
    }
    told
}

#[test]
fn instances_are_told_what_pacemaker_tells_them() {
    /// Operations of which every list is as recorded; raise it, never lower it.
    const FLOOR: usize = 384;
    let Some(dir) = suite() else { return };
    let (mut equal, mut different, mut missing) = (0, Vec::new(), 0);
    let mut names: Vec<_> =
        std::fs::read_dir(dir.join("xml")).unwrap().flatten().map(|e| e.path()).collect();
    names.sort();
    for path in names {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let wanted =
            recorded(&std::fs::read_to_string(dir.join(format!("exp/{name}.exp"))).unwrap());
        if wanted.is_empty() {
            continue;
        }
        let found = ours(&path);
        for (key, lists) in wanted {
            match found.get(&key) {
                // The graphs differ: that is counted elsewhere.
                None => missing += 1,
                Some(told) if *told == lists => equal += 1,
                Some(told) => {
                    let at = lists.iter().find(|(n, v)| told.get(*n) != Some(v));
                    let name_of = at.map(|(n, v)| (n.clone(), v.clone(), told.get(n).cloned()));
                    different.push(format!("{name}: {} on {}: {name_of:?}", key.0, key.1));
                }
            }
        }
    }
    println!("{equal} as recorded, {missing} not in both plans, {} different", different.len());
    for line in &different {
        println!("  {line}");
    }
    assert!(equal >= FLOOR, "{equal} are as recorded, {FLOOR} were");
}

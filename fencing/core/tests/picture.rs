//! The job's machine as a Graphviz picture, drawn by running it: every state, every event.
//! A change of behaviour shows as a changed edge. Rewrite it with `ROTA_BLESS=1`.

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::*;
use rota_fencing::*;
use rota_ids::{BootId, Incarnation, StartId};

const DEVICE: [(&str, &str); 3] =
    [("pcmk_host_list", "n3"), ("pcmk_off_retries", "1"), ("pcmk_delay_base", "1s")];

fn begun(wish: Wish) -> World {
    let mut w = World::new(vec![tuned("d", &DEVICE)], Topology::new(), vec![node(1, &[])]);
    w.ask(request("n3", wish, 7));
    w
}

fn trying(wish: Wish) -> World {
    let mut w = begun(wish);
    w.at(1000);
    w
}

fn in_state(state: &str) -> World {
    match state {
        "Delaying" => begun(Wish::Reboot),
        "Trying" => trying(Wish::Reboot),
        "Trying (off)" => trying(Wish::Off),
        "Exhausted" => {
            let mut w = trying(Wish::Reboot);
            w.reply(1, unreachable());
            w
        }
        "TurningOn" => {
            let mut w = trying(Wish::Reboot);
            w.reply(1, off_reply());
            w
        }
        other => panic!("no way to reach {other}"),
    }
}

fn phase(w: &World) -> &'static str {
    match w.fencer.jobs().next().map(|job| job.phase) {
        Some(Phase::Delaying { .. }) => "Delaying",
        Some(Phase::Trying { .. }) => "Trying",
        Some(Phase::Exhausted { .. }) => "Exhausted",
        Some(Phase::TurningOn) => "TurningOn",
        Some(Phase::Ended) | None => "Ended",
    }
}

type Step = fn(&mut World) -> Vec<String>;

const STEPS: [(&str, Step); 12] = [
    ("asked again, same", |w| w.ask(request("n3", Wish::Reboot, 7))),
    ("asked for a newer life", |w| w.ask(request("n3", Wish::Reboot, 8))),
    ("proven off", |w| w.reply(1, off_reply())),
    ("off failed", |w| w.reply(1, unreachable())),
    ("on", |w| w.reply(2, Reply::On)),
    ("on failed", |w| w.reply(2, unreachable())),
    ("woken early", |w| w.at(999)),
    ("woken late", |w| w.at(100_000)),
    ("nodes changed", |w| w.send(Event::Nodes(vec![node(1, &["d"])]))),
    ("confirmed", |w| {
        w.send(Event::Confirmed { target: "n3".into(), incarnation: None, who: "root".into() })
    }),
    ("seen as new boot", |w| {
        let incarnation = Incarnation { boot: BootId(9), start: StartId(1) };
        w.send(Event::Reborn { target: "n3".into(), incarnation })
    }),
    ("withdrawn", |w| w.send(Event::Withdrawn { target: "n3".into() })),
];

#[test]
fn the_picture_in_the_golden_file_is_what_the_machine_does() {
    let mut edges = BTreeSet::new();
    for state in ["Delaying", "Trying", "Trying (off)", "Exhausted", "TurningOn"] {
        for (name, step) in STEPS {
            let mut w = in_state(state);
            let before = phase(&w);
            let effects = step(&mut w);
            let mut said: Vec<&str> =
                effects.iter().map(|e| e.split(' ').next().unwrap_or(e)).collect();
            said.retain(|word| *word != "note");
            if phase(&w) != before || !said.is_empty() {
                let said = said.join(", ");
                edges.insert(format!(
                    "  \"{state}\" -> \"{}\" [label=\"{name} / {said}\"];\n",
                    phase(&w)
                ));
            }
        }
    }
    let picture = format!("digraph fencing_job {{\n{}}}\n", edges.into_iter().collect::<String>());
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/job.dot");
    if std::env::var_os("ROTA_BLESS").is_some() {
        std::fs::write(&golden, &picture).unwrap();
    }
    assert_eq!(picture, std::fs::read_to_string(golden).unwrap());
}

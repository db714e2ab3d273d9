//! The first seeds, in every run of the tests: what must hold for all of them, and that they
//! differ from `crm_simulate` in nothing that is not known.

use rota_policy_fuzz::generate::document;
use rota_policy_fuzz::known::{KNOWN, SEEDS};
use rota_policy_fuzz::trial::{self, trial};
use rota_policy_fuzz::xml::Element;
use rota_policy_fuzz::{compare, reduce};

#[test]
fn plans_are_accepted_the_same_twice_and_lead_to_rest() {
    let failed: Vec<String> = (1..=300)
        .filter_map(|seed| {
            let problem = trial(&document(seed).text()).err()?;
            Some(format!("seed {seed}: {problem:?}"))
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn a_seed_is_the_same_document_at_all_times() {
    for seed in 1..=20 {
        let text = document(seed).text();
        assert_eq!(text, document(seed).text(), "seed {seed}");
        let read = Element::read(&text).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        assert_eq!(read.text(), text, "seed {seed}");
    }
}

#[test]
fn differences_from_crm_simulate_are_the_known_ones() {
    const PROGRAM: &str = "crm_simulate";
    if !compare::is_installed(PROGRAM) {
        eprintln!("skipped: {PROGRAM} is not installed");
        return;
    }
    let mut news = Vec::new();
    for seed in 1..=SEEDS {
        let text = document(seed).text();
        let ours = trial(&text).unwrap_or_else(|problem| panic!("seed {seed}: {problem:?}"));
        let kind = match compare::ask(PROGRAM, &text) {
            Ok(theirs) => compare::kind(&ours, &theirs)
                .map(|kind| format!("{kind}\n{}", compare::side_by_side(&ours, &theirs))),
            Err(error) => Some(error.to_string()),
        };
        let known = KNOWN.iter().find(|(known, _)| *known == seed);
        match (kind, known) {
            (None, None) | (Some(_), Some(_)) => {}
            (Some(kind), None) => news.push(format!("seed {seed} differs: {kind}")),
            (None, Some((_, rule))) => {
                news.push(format!("seed {seed} no longer differs; strike it off ({rule})"));
            }
        }
    }
    assert!(news.is_empty(), "{}", news.join("\n"));
}

#[test]
fn a_reduction_keeps_what_is_asked_for_and_little_else() {
    let document = (1..)
        .map(document)
        .find(|document| document.text().contains("<clone "))
        .unwrap_or_default();
    let small = reduce::reduce(&document, |candidate| candidate.text().contains("<clone "));
    assert!(small.text().contains("<clone "));
    assert!(small.count() < document.count() / 2, "{}", small.text());
}

#[test]
fn what_the_planner_says_of_garbage_is_no_panic() {
    let problem = trial("<cib><configuration>").err();
    assert!(matches!(problem, Some(trial::Problem::Unread(_))), "{problem:?}");
}

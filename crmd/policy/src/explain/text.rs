//! The answer to "why" as people read it.

use std::fmt;

use super::Explained;
use super::reason::{Fact, Reason};
use super::why::{OnNode, Subject, Verdict, Why};
use crate::score::{self, INF};

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, subject) in self.subjects.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            one(f, subject)?;
        }
        Ok(())
    }
}

fn one(f: &mut fmt::Formatter<'_>, subject: &Subject) -> fmt::Result {
    writeln!(f, "{} {}.", subject.resource, headline(subject))?;
    for fact in &subject.facts {
        line(f, 2, fact)?;
    }
    for (tasks, text) in actions(&subject.actions) {
        writeln!(f, "  {tasks}: {text}")?;
    }
    for node in &subject.nodes {
        on_node(f, node)?;
    }
    Ok(())
}

/// What is done, with its cause; what has the same cause stands together.
fn actions(all: &[Explained]) -> Vec<(String, &str)> {
    let mut grouped: Vec<(String, &str)> = Vec::new();
    for action in all {
        if matches!(action.cause, Reason::Recurring { .. }) || action.task.contains("_notify_") {
            continue;
        }
        let node = action.node.as_deref().map_or_else(String::new, |n| format!(" on {n}"));
        let task = format!("{}{node}", action.task);
        match grouped.iter_mut().find(|(_, text)| *text == action.text) {
            Some((tasks, _)) => *tasks = format!("{tasks}, {task}"),
            None => grouped.push((task, &action.text)),
        }
    }
    grouped
}

fn places(list: &[(rota_cib::Text, String)]) -> String {
    let one = |(node, role): &(rota_cib::Text, String)| match role.as_str() {
        "started" => node.to_string(),
        role => format!("{node} ({role})"),
    };
    list.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn headline(subject: &Subject) -> String {
    let (mut active, mut next) = (subject.active.clone(), subject.next.clone());
    active.sort();
    next.sort();
    match (active.is_empty(), next.is_empty()) {
        (true, true) => "does not run, and will not".into(),
        (true, false) if subject.blocked => {
            format!("does not run; it is meant for {}, and cannot start there", places(&next))
        }
        (true, false) => format!("does not run, and is to run on {}", places(&next)),
        (false, true) if subject.blocked => {
            format!("runs on {}; it is to be stopped, and cannot be", places(&active))
        }
        (false, true) => format!("runs on {}, and is to be stopped", places(&active)),
        (false, false) if active == next => format!("runs on {} and stays", places(&active)),
        (false, false) => {
            format!("runs on {}, and is to run on {}", places(&active), places(&next))
        }
    }
}

fn on_node(f: &mut fmt::Formatter<'_>, node: &OnNode) -> fmt::Result {
    let promoted = node.next_role == "promoted";
    let verdict = match node.verdict {
        Verdict::Stays if promoted => "runs here promoted",
        Verdict::Stays => "runs here and stays",
        Verdict::Chosen if promoted => "will run here promoted",
        Verdict::Chosen => "will run here",
        Verdict::Leaves => "runs here and leaves",
        Verdict::Possible => "could run here",
        Verdict::Barred => "cannot run here",
    };
    let score = node
        .score
        .map_or_else(|| "no candidate".to_owned(), |s| format!("score {}", score::text(s)));
    writeln!(f, "  {}: {verdict} ({score})", node.node)?;
    for fact in &node.facts {
        line(f, 4, fact)?;
    }
    let Some(promoted) = &node.promoted else { return Ok(()) };
    let score = promoted.score.map_or_else(|| "none".to_owned(), score::text);
    writeln!(f, "    for the promoted role (score {score}):")?;
    for fact in &promoted.facts {
        line(f, 6, fact)?;
    }
    Ok(())
}

fn line(f: &mut fmt::Formatter<'_>, indent: usize, fact: &Fact) -> fmt::Result {
    let mark = if fact.decisive { '*' } else { ' ' };
    let score = match fact.score {
        Some(s) if s > 0 && s < INF => format!("{:>9} ", format!("+{s}")),
        Some(s) => format!("{:>9} ", score::text(s)),
        None => String::new(),
    };
    write!(f, "{:indent$}{mark} {score}{}", "", fact.text)?;
    match &fact.command {
        Some(command) => writeln!(f, "   -> {command}")?,
        None => writeln!(f)?,
    }
    because(f, indent + 4, fact)
}

/// What a fact follows from, each a step further in.
fn because(f: &mut fmt::Formatter<'_>, indent: usize, fact: &Fact) -> fmt::Result {
    for further in &fact.because {
        write!(f, "{:indent$}because {}", "", further.text)?;
        match &further.command {
            Some(command) => writeln!(f, "   -> {command}")?,
            None => writeln!(f)?,
        }
        because(f, indent + 2, further)?;
    }
    Ok(())
}

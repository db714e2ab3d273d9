//! A graph as a picture (Graphviz), for people and for golden files.

use std::fmt::Write;

use crate::graph::{Action, Graph, Task};

/// The graph in the dot language: pseudo actions orange, the others black.
pub fn render(graph: &Graph) -> String {
    let mut out = String::from(" digraph \"g\" {\n");
    let names: Vec<String> = graph.actions.iter().map(name).collect();
    for (action, name) in graph.actions.iter().zip(&names) {
        let color = if matches!(action.task, Task::Pseudo { .. }) { "orange" } else { "black" };
        let _ = writeln!(
            out,
            "\"{name}\" [ style=bold color=\"green\" fontcolor=\"{color}\"]",
            name = escaped(name)
        );
        for input in &action.inputs {
            if let Some(before) = names.get(input.index()) {
                let _ = writeln!(
                    out,
                    "\"{}\" -> \"{}\" [ style = bold]",
                    escaped(before),
                    escaped(name)
                );
            }
        }
    }
    out.push_str("}\n");
    out
}

fn escaped(name: &str) -> String {
    name.replace('\\', "\\\\").replace('"', "\\\"")
}

/// A unique name of an action for pictures: its key and its node.
pub fn name(action: &Action) -> String {
    let what = match &action.task {
        Task::Pseudo { key } => key.to_string(),
        Task::Resource(op) => match &op.instance {
            Some(instance) => {
                format!("{instance}_{}_{}", op.key.operation, op.interval)
            }
            None => op.key.to_string(),
        },
        Task::Cancel { resource, operation, interval } => {
            format!("Cancel {resource}_{operation}_{interval}")
        }
        Task::Fence { target, action, .. } => {
            return format!("stonith '{}' {target}", action.as_str());
        }
        Task::ClearFailures { resource, .. } => format!("{resource}_clear_failcount_0"),
        Task::Shutdown => String::from("do_shutdown"),
        Task::DeleteHistory { resource, .. } => format!("{resource}_delete_0"),
        Task::Maintenance { .. } => String::from("maintenance_nodeattr"),
        Task::LiftShutdownLock { resource } => format!("{resource}_lrm_delete_0"),
    };
    match &action.node {
        Some(node) => format!("{what} {node}"),
        None => what,
    }
}

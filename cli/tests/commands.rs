//! The command grammar, driven as the program drives it.

#[path = "commands/agents.rs"]
mod agents;
#[path = "../src/commands/mod.rs"]
mod commands;
#[path = "commands/golden.rs"]
mod golden;
#[path = "commands/random.rs"]
mod random;
#[path = "commands/stories.rs"]
mod stories;

//! `rota stonith fence | confirm | history`: fencing by hand. Devices are configured by the
//! commands in [`crate::commands`].

use std::time::Duration;

use crate::client::Client;
use crate::error::Error;
use crate::options::Options;

/// How long a fencing by hand is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs the verbs that are about nodes; none when the verb is another one.
pub fn run(args: &[String]) -> Option<Result<(), Error>> {
    let (verb, rest) = args.split_first()?;
    match verb.as_str() {
        "fence" => Some(fence(rest)),
        "confirm" => Some(confirm(rest)),
        "history" => Some(history(rest)),
        _ => None,
    }
}

fn fence(args: &[String]) -> Result<(), Error> {
    let options = Options::parse(args, &["timeout"], &["off", "on"])?;
    let [node] = options.words() else {
        return Err(Error::Usage("rota stonith fence NODE [--off | --on]".to_owned()));
    };
    let action = match (options.has("off"), options.has("on")) {
        (true, _) => "off",
        (_, true) => "on",
        _ => "reboot",
    };
    let done = Client::connect()?.fence(node, action, PATIENCE)?;
    out!("{node}: {done}");
    Ok(())
}

fn confirm(args: &[String]) -> Result<(), Error> {
    let options = Options::parse(args, &[], &["force", "yes"])?;
    let [node] = options.words() else {
        return Err(Error::Usage(
            "rota stonith confirm NODE: say so only when you know that it is off".to_owned(),
        ));
    };
    Client::connect()?.fence(node, "confirm", PATIENCE)?;
    out!("{node} counts as off by your word; what ran there is recovered.");
    Ok(())
}

fn history(args: &[String]) -> Result<(), Error> {
    let options = Options::parse(args, &[], &[])?;
    let node = options.words().iter().find(|word| *word != "show");
    let report = Client::connect()?.status()?;
    let wanted = |target: &str| node.is_none_or(|node| node == target);
    for past in report.fencing_history.iter().filter(|past| wanted(past.target.as_str())) {
        let at = rota_cib::date::ctime(past.at.0).unwrap_or_default();
        out!("{at}  {}: {}", past.target, past.outcome);
    }
    for now in report.fencing_now.iter().filter(|now| wanted(now.target.as_str())) {
        out!("now {}: {}", now.target, now.phase);
    }
    Ok(())
}

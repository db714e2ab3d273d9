//! `rota resource why`: for every node what puts a resource here and what keeps it off there.

use rota_ids::WallTime;
use rota_policy::explain::{Error, why as explain};

use super::super::error::UserError;
use super::super::work::Work;

/// `rota resource why RESOURCE [NODE] [--output-format text|json]`
pub(super) fn why(work: &mut Work<'_>, words: &[&str]) -> Result<(), UserError> {
    let (resource, node) = match words {
        [resource] => (*resource, None),
        [resource, node] => (*resource, Some(*node)),
        _ => return Err(UserError::Usage("resource why RESOURCE [NODE] [--output-format json]")),
    };
    let json = match work.words.value("--output-format").unwrap_or("text") {
        "text" => false,
        "json" => true,
        other => {
            return Err(UserError::refused(
                format!("the output format '{other}' is not written"),
                "use text or json",
            ));
        }
    };
    let cib = work.context.cib;
    // A stored CIB is explained as of the time when it was stored.
    let now = cib.header.execution_date.map_or(work.context.now, WallTime);
    let zone = rota_settings::system_zone();
    let answer = explain(cib, now, &zone, resource, node).map_err(refusal)?;
    work.out.text = match json {
        true => serde_json::to_string_pretty(&answer)
            .map_err(|error| UserError::refused(error.to_string(), "use text"))?,
        false => answer.to_string(),
    };
    Ok(())
}

fn refusal(error: Error) -> UserError {
    match error {
        Error::NoResource(id, known) => {
            UserError::not_found("resource", &id, known.iter().map(|k| k.as_str()))
        }
        Error::NoNode(id, known) => {
            UserError::not_found("node", &id, known.iter().map(|k| k.as_str()))
        }
    }
}

//! `crm_attribute`, and what is built on it: `crm_master`, `crm_standby`.

use rota_cib::change::{AttributeKind, Lifetime, NewValue};
use rota_cib::nvset::NvPair;

use super::args::{Args, Spec, Takes::Nothing, Takes::Perhaps, Takes::Value};
use super::attribute::{self, Filter, Scope, known_node, promotion_name};
use super::fail::{ERROR, Failure, NO_SUCH, Outcome, USAGE};
use super::source::Source;

const SPECS: &[Spec] = &[
    ("id", "i", &["id"], Value),
    ("name", "n", &["name", "attr-name"], Value),
    ("promotion", "p", &["promotion"], Perhaps),
    ("set", "s", &["set-name"], Value),
    ("delete", "D", &["delete", "delete-attr"], Nothing),
    ("query", "G", &["query", "get-value"], Nothing),
    ("update", "v", &["update", "attr-value"], Value),
    ("default", "d", &["default"], Value),
    ("lifetime", "l", &["lifetime"], Value),
    ("node", "NU", &["node", "uname"], Value),
    ("type", "t", &["type"], Value),
    ("utilization", "z", &["utilization"], Nothing),
    ("quiet", "qQ", &["quiet"], Nothing),
    ("force", "!", &["inhibit-policy-engine"], Nothing),
    ("output", "", &["output-as", "output-to"], Value),
];

const MASTER: &[Spec] = &[
    ("delete", "D", &["delete", "delete-attr"], Nothing),
    ("query", "G", &["query", "get-value"], Nothing),
    ("update", "v", &["update", "attr-value"], Value),
    ("default", "d", &["default"], Value),
    ("lifetime", "l", &["lifetime"], Value),
    ("node", "NU", &["node", "uname"], Value),
    ("resource", "r", &["resource", "resource-id"], Value),
    ("id", "i", &["id"], Value),
    ("quiet", "qQ", &["quiet"], Nothing),
];

const STANDBY: &[Spec] = &[
    ("delete", "D", &["delete", "delete-attr"], Nothing),
    ("query", "G", &["query", "get-value"], Nothing),
    ("update", "v", &["update", "attr-value"], Value),
    ("lifetime", "l", &["lifetime"], Value),
    ("node", "NU", &["node", "uname"], Value),
    ("id", "i", &["id"], Value),
    ("quiet", "qQ", &["quiet"], Nothing),
];

const TOOL: &str = "crm_attribute";

/// One call, understood.
struct Asked<'a> {
    scope: Scope,
    filter: Filter,
    default: Option<&'a str>,
    quiet: bool,
}

/// Runs `crm_attribute`.
pub fn run(words: &[String]) -> Outcome {
    let args = Args::parse(TOOL, words, SPECS)?;
    let mut source = Source::open()?;
    let is_promotion = args.has("promotion");
    let name = if is_promotion {
        let resource = args.value("promotion").map(str::to_owned);
        let resource = resource.or_else(|| std::env::var("OCF_RESOURCE_INSTANCE").ok());
        let resource = resource.filter(|name| !name.is_empty()).ok_or_else(|| {
            Failure::new(
                USAGE,
                format!(
                    "{TOOL}: -p/--promotion must be called from an OCF resource agent or with a \
                     resource ID specified"
                ),
            )
        })?;
        Some(promotion_name(&resource))
    } else {
        args.value("name").map(Into::into)
    };
    let scope = scope(&args, is_promotion, &mut source)?;
    let filter = Filter {
        name,
        set: args.value("set").map(Into::into),
        id: args.value("id").map(Into::into),
    };
    let asked = Asked { scope, filter, default: args.value("default"), quiet: args.has("quiet") };
    execute(&mut source, &asked, &args)
}

/// Runs `crm_master`: a promotion score, set by an agent for its own resource.
pub fn master(words: &[String]) -> Outcome {
    let args = Args::parse("crm_master", words, MASTER)?;
    let resource = args.value("resource").map(str::to_owned);
    let resource = resource.or_else(|| std::env::var("OCF_RESOURCE_INSTANCE").ok());
    let resource = resource
        .filter(|name| !name.is_empty())
        .ok_or_else(|| Failure::new(ERROR, "error: No resource specified"))?;
    let mut source = Source::open()?;
    let node = source.node_or_local(args.value("node"))?;
    // Without a word on its life a promotion score is part of the configuration.
    let lifetime = lifetime(args.value("lifetime").unwrap_or("forever"))?;
    let scope = Scope::Node { node, lifetime, kind: AttributeKind::Plain };
    let filter = Filter::named(promotion_name(&resource));
    let asked = Asked { scope, filter, default: args.value("default"), quiet: args.has("quiet") };
    execute(&mut source, &asked, &args)
}

/// Runs `crm_standby`.
pub fn standby(words: &[String]) -> Outcome {
    let args = Args::parse("crm_standby", words, STANDBY)?;
    let mut source = Source::open()?;
    let node = source.node_or_local(args.value("node"))?;
    let given = args.value("lifetime").map(lifetime).transpose()?;
    let mut lifetime = given.unwrap_or(Lifetime::Forever);
    let filter = Filter::named("standby");
    let changes = args.has("update") || args.has("delete");
    let scope = |lifetime| Scope::Node { node: node.clone(), lifetime, kind: AttributeKind::Plain };
    let cib = source.cib_without_history()?;
    if !changes && attribute::find(&cib, &scope(lifetime), &filter).is_empty() {
        lifetime = Lifetime::UntilReboot;
    }
    let asked =
        Asked { scope: scope(lifetime), filter, default: Some("off"), quiet: args.has("quiet") };
    execute(&mut source, &asked, &args)
}

fn scope(args: &Args, is_promotion: bool, source: &mut Source) -> Result<Scope, Failure> {
    let given_type = args.value("type");
    let given_life = args.value("lifetime");
    match given_type {
        Some("crm_config") => return Ok(Scope::Properties),
        Some("rsc_defaults") => return Ok(Scope::ResourceDefaults),
        Some("op_defaults") => return Ok(Scope::OperationDefaults),
        Some("nodes" | "status" | "tickets") | None => {}
        Some(other) => {
            return Err(Failure::new(USAGE, format!("{TOOL}: Unknown value for --type: {other}")));
        }
    }
    let is_node = args.has("node")
        || given_life.is_some()
        || given_type.is_some()
        || is_promotion
        || args.has("utilization");
    if !is_node {
        return Ok(Scope::Properties);
    }
    let lifetime = match (given_life, given_type) {
        // The type says it more exactly than the lifetime.
        (_, Some("status" | "tickets")) => Lifetime::UntilReboot,
        (None, Some(_)) => Lifetime::Forever,
        (Some(word), _) => lifetime(word)?,
        (None, None) if is_promotion => Lifetime::UntilReboot,
        (None, None) => Lifetime::Forever,
    };
    let kind =
        if args.has("utilization") { AttributeKind::Utilization } else { AttributeKind::Plain };
    Ok(Scope::Node { node: source.node_or_local(args.value("node"))?, lifetime, kind })
}

/// How long an attribute lasts, in the words that `--lifetime` takes.
pub fn lifetime(word: &str) -> Result<Lifetime, Failure> {
    match word {
        "reboot" | "status" => Ok(Lifetime::UntilReboot),
        "forever" | "nodes" => Ok(Lifetime::Forever),
        _ => Err(Failure::new(
            76,
            format!("{TOOL}: Error performing operation: No message of desired type"),
        )),
    }
}

fn execute(source: &mut Source, asked: &Asked<'_>, args: &Args) -> Outcome {
    let cib = source.cib_without_history()?;
    if let Scope::Node { node, .. } = &asked.scope {
        known_node(TOOL, &cib, node)?;
    }
    match args.last_of(&["query", "update", "delete"]) {
        Some(("update", Some(value))) => {
            let name = asked.filter.name.as_deref().unwrap_or_default();
            if name.is_empty() && asked.filter.id.is_none() {
                return Err(Failure::new(USAGE, format!("{TOOL}: Need -n NAME for an update")));
            }
            // Only the keeper of transient attributes counts; elsewhere the text is the value.
            let counts = matches!(asked.scope, Scope::Node { lifetime: Lifetime::UntilReboot, .. })
                && source.client().is_some();
            let value = if counts {
                attribute::new_value(name, value)
            } else {
                NewValue::Set(value.into())
            };
            attribute::set(TOOL, source, &cib, &asked.scope, &asked.filter, &value)
        }
        Some(("delete", _)) => delete(source, &cib, asked),
        Some(_) | None => query(&attribute::find(&cib, &asked.scope, &asked.filter), asked),
    }
}

fn delete(source: &mut Source, cib: &rota_cib::Cib, asked: &Asked<'_>) -> Outcome {
    let found = attribute::find(cib, &asked.scope, &asked.filter);
    if found.is_empty() {
        return Ok(());
    }
    attribute::set(TOOL, source, cib, &asked.scope, &asked.filter, &NewValue::Unset)?;
    let is_silent = matches!(asked.scope, Scope::Node { lifetime: Lifetime::UntilReboot, .. })
        && source.client().is_some();
    if !is_silent {
        let what = if asked.scope.is_node() { "attribute" } else { "option" };
        for pair in found {
            out!(
                "Deleted {} {what}: id={} name={}",
                asked.scope.section(),
                pair.id.as_deref().unwrap_or_default(),
                pair.name.as_deref().unwrap_or_default()
            );
        }
    }
    Ok(())
}

fn query(found: &[&NvPair], asked: &Asked<'_>) -> Outcome {
    let section = asked.scope.section();
    if found.is_empty() {
        let Some(value) = asked.default else {
            return Err(Failure::new(
                NO_SUCH,
                format!("{TOOL}: Error performing operation: No such device or address"),
            ));
        };
        if asked.quiet {
            out!("{value}");
        } else {
            let name = asked.filter.name.as_deref().unwrap_or_default();
            out!("scope={section}  name={name} value={value}");
        }
        return Ok(());
    }
    for pair in found {
        let value = pair.value.as_deref().unwrap_or_default();
        if asked.quiet {
            out!("{value}");
            continue;
        }
        let id = asked.filter.id.as_ref().map(|id| format!("id={id} ")).unwrap_or_default();
        let gap = if id.is_empty() { "  " } else { " " };
        let name = pair.name.as_deref().unwrap_or_default();
        out!("scope={section}{gap}{id}name={name} value={value}");
    }
    Ok(())
}

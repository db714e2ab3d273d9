//! `cibadmin`: the configuration as XML, asked and changed piece by piece.

mod edit;

use std::io::Read;
use std::sync::OnceLock;

use rota_cib::Version;
use rota_cib::change::{Author, Change, Configure, ReplaceConfig, diff};
use rota_ids::Text;

use super::args::{Args, Spec, Takes::Nothing, Takes::Value};
use super::fail::{CONFIG, DATA, ERROR, EXISTS, Failure, NO_SUCH, Outcome, UNSAFE, USAGE};
use super::source::{Source, now, read};
use super::tree::Element;
use super::xpath::XPath;

const SPECS: &[Spec] = &[
    ("query", "Q", &["query"], Nothing),
    ("create", "C", &["create"], Nothing),
    ("modify", "M", &["modify"], Nothing),
    ("replace", "R", &["replace"], Nothing),
    ("delete", "D", &["delete"], Nothing),
    ("delete-all", "d", &["delete-all"], Nothing),
    ("patch", "P", &["patch"], Nothing),
    ("upgrade", "u", &["upgrade"], Nothing),
    ("erase", "E", &["erase"], Nothing),
    ("bump", "B", &["bump"], Nothing),
    ("empty", "a", &["empty"], Nothing),
    ("scope", "o", &["scope", "obj_type"], Value),
    ("xml-text", "X", &["xml-text"], Value),
    ("xml-file", "x", &["xml-file"], Value),
    ("xml-pipe", "p", &["xml-pipe"], Nothing),
    ("xpath", "A", &["xpath"], Value),
    ("node-path", "e", &["node-path"], Nothing),
    ("no-children", "n", &["no-children"], Nothing),
    ("local", "l", &["local"], Nothing),
    ("force", "f", &["force"], Nothing),
    ("allow-create", "c", &["allow-create"], Nothing),
    ("sync-call", "s", &["sync-call"], Nothing),
    ("timeout", "t", &["timeout"], Value),
    ("node", "N", &["node"], Value),
    ("user", "U", &["user"], Value),
];

const COMMANDS: &[&str] = &[
    "query",
    "create",
    "modify",
    "replace",
    "delete",
    "delete-all",
    "patch",
    "upgrade",
    "erase",
    "bump",
    "empty",
];

const UNSAFE_WORDS: &str = "The supplied command is considered dangerous.  To prevent accidental \
    destruction of the cluster, the --force flag is required in order to proceed.";

/// The sections that `--scope` names; any other word means the whole document.
const SECTIONS: &[&str] = &[
    "configuration",
    "nodes",
    "resources",
    "constraints",
    "crm_config",
    "rsc_defaults",
    "op_defaults",
    "acls",
    "fencing-topology",
    "tags",
    "alerts",
    "status",
];

/// Runs the tool.
pub fn run(words: &[String]) -> Outcome {
    let args = Args::parse("cibadmin", words, SPECS)?;
    // Some commands win over others, whatever their order.
    let command = ["upgrade", "erase"].into_iter().find(|command| args.has(command));
    let command = command.or_else(|| args.last_of(COMMANDS).map(|(command, _)| command));
    match command {
        None => Err(Failure::new(USAGE, "cibadmin: give one of -Q -C -M -R -D -u -B -a")),
        Some("empty") => {
            out!("{}", EMPTY.trim_end());
            Ok(())
        }
        Some("upgrade" | "erase") if !args.has("force") => Err(Failure::new(UNSAFE, UNSAFE_WORDS)),
        // Documents are upgraded when they are read; changes raise the version by themselves.
        Some("upgrade" | "bump") => Source::open().map(|_| ()),
        Some("query") => query(&args),
        Some("patch") => Err(Failure::new(3, "cibadmin: patches are not taken yet; use --replace")),
        Some(command) => change(command, &args),
    }
}

const EMPTY: &str = r#"<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0">
  <configuration>
    <crm_config/>
    <nodes/>
    <resources/>
    <constraints/>
  </configuration>
  <status/>
</cib>
"#;

/// How a call failed, in the words of the real tool.
fn call_failed(source: &mut Source, call: &str, code: u8, why: &str) -> Failure {
    let call = if source.client().is_some() { format!("Call cib_{call}") } else { "Call".into() };
    Failure::new(code, format!("{call} failed: {why}"))
}

fn no_such(source: &mut Source, call: &str) -> Failure {
    call_failed(source, call, NO_SUCH, "No such device or address")
}

fn document(source: &mut Source) -> Result<Element, Failure> {
    let mut root = Element::parse(&source.text()?).map_err(|why| Failure::new(DATA, why))?;
    // Monitors compare this with a digit.
    let digit = match root.get("have-quorum") {
        Some("true") => "1",
        Some("false") => "0",
        Some(_) | None => return Ok(root),
    };
    root.set("have-quorum", digit);
    Ok(root)
}

/// Where the section of a scope stands; the root for a scope that is none.
fn section(root: &Element, scope: Option<&str>) -> Option<Vec<usize>> {
    match scope.filter(|scope| SECTIONS.contains(scope)) {
        None => Some(Vec::new()),
        Some("status") => root.find(&|element| element.name == "status"),
        Some(scope) => {
            let path = root.find(&|element| element.name == "configuration")?;
            if scope == "configuration" {
                return Some(path);
            }
            let at = root.at(&path)?.children.iter().position(|child| child.name == scope)?;
            Some([path, vec![at]].concat())
        }
    }
}

fn query(args: &Args) -> Outcome {
    let mut source = Source::open()?;
    let root = document(&mut source)?;
    let found = match args.value("xpath") {
        Some(expression) => {
            XPath::parse(expression).map(|xpath| xpath.select(&root)).unwrap_or_default()
        }
        None => section(&root, args.value("scope")).into_iter().collect(),
    };
    if found.is_empty() {
        return Err(no_such(&mut source, "query"));
    }
    if args.has("node-path") && args.has("xpath") {
        found.iter().for_each(|path| out!("{}", node_path(&root, path)));
        return Ok(());
    }
    let mut text = String::new();
    let depth = usize::from(found.len() > 1);
    for element in found.iter().filter_map(|path| root.at(path)) {
        if args.has("no-children") {
            Element { children: Vec::new(), ..element.clone() }.write(&mut text, depth);
        } else {
            element.write(&mut text, depth);
        }
    }
    if found.len() > 1 {
        text = format!("<xpath-query>\n{text}</xpath-query>\n");
    }
    out!("{}", text.trim_end());
    Ok(())
}

fn node_path(root: &Element, path: &[usize]) -> String {
    let mut shown = String::new();
    for end in 0..=path.len() {
        let Some(element) = root.at(&path[..end]) else { continue };
        shown.push('/');
        shown.push_str(&element.name);
        if let Some(id) = element.get("id") {
            shown.push_str(&format!("[@id='{id}']"));
        }
    }
    shown
}

/// The XML that a command is given, if any.
fn input(args: &Args) -> Result<Option<Element>, Failure> {
    let io = |error: std::io::Error| Failure::new(66, format!("cibadmin: {error}"));
    let text = if let Some(text) = args.value("xml-text") {
        text.to_owned()
    } else if let Some(path) = args.value("xml-file") {
        std::fs::read_to_string(path).map_err(io)?
    } else if args.has("xml-pipe") {
        // The tool may be run again when it is overtaken; the pipe can be read once.
        static PIPE: OnceLock<String> = OnceLock::new();
        match PIPE.get() {
            Some(text) => text.clone(),
            None => {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text).map_err(io)?;
                PIPE.get_or_init(|| text).clone()
            }
        }
    } else {
        return Ok(None);
    };
    let element = Element::parse(&text)
        .map_err(|why| Failure::new(DATA, format!("Couldn't parse input: {why}")))?;
    Ok(Some(element))
}

fn change(command: &str, args: &Args) -> Outcome {
    let given = input(args)?;
    if given.is_none() && !args.has("xpath") {
        return Err(Failure::new(USAGE, "Please supply XML to process with -X, -x or -p"));
    }
    let mut source = Source::open()?;
    let old = document(&mut source)?;
    let mut new = old.clone();
    let call = if command == "delete-all" { "delete" } else { command };
    let asked = edit::Asked {
        given,
        scope: args.value("scope").filter(|scope| SECTIONS.contains(scope)),
        xpath: args.value("xpath"),
        may_create: args.has("allow-create"),
    };
    let done = match call {
        "create" => edit::create(&mut new, &asked),
        "modify" => edit::modify(&mut new, &asked),
        "replace" => edit::replace(&mut new, &asked),
        _ => edit::delete(&mut new, &asked, command == "delete-all"),
    };
    match done {
        Ok(()) => {}
        Err(edit::Refused::NoSuch) => return Err(no_such(&mut source, call)),
        Err(edit::Refused::Usage(why)) => return Err(Failure::new(USAGE, why)),
        Err(edit::Refused::Exists(element)) => {
            let reason = "File exists";
            let mut update = Element { name: "failed_update".to_owned(), ..Element::default() };
            if let Some(id) = element.get("id") {
                update.set("id", id);
            }
            update.set("object_type", &element.name);
            update.set("operation", "cib_create");
            update.set("reason", reason);
            update.children.push(element);
            let failed = Element {
                name: "failed".to_owned(),
                attributes: Vec::new(),
                children: vec![update],
            };
            out!("{}", failed.text().trim_end());
            return Err(call_failed(&mut source, call, EXISTS, reason));
        }
    }
    if new == old {
        return Ok(());
    }
    commit(&mut source, call, &old, new)
}

/// Makes the edited document the cluster's, or the file's.
fn commit(source: &mut Source, call: &str, old: &Element, mut new: Element) -> Outcome {
    const SCHEMA: &str = "Update does not conform to the configured schema";
    let before = read(&old.text())?;
    let after = match read(&new.text()) {
        Ok(after) => after,
        Err(why) => {
            let failed = call_failed(source, call, CONFIG, SCHEMA);
            return Err(Failure::new(CONFIG, format!("{}\n{}", why.words, failed.words)));
        }
    };
    if after.header.version < before.header.version {
        let why = "Update was older than existing configuration";
        return Err(call_failed(source, call, 103, why));
    }
    let is_same_config = after.config == before.config;
    if source.client().is_none() {
        let mut checked = before.clone();
        let config = Box::new(after.config.clone());
        let asked = ReplaceConfig { config, ..ReplaceConfig::default() };
        rota_cib::change::apply(&mut checked, &Change::ReplaceConfig(asked), now()).map_err(
            |refused| {
                let failed = call_failed(source, call, CONFIG, SCHEMA);
                Failure::new(CONFIG, format!("{refused}\n{}", failed.words))
            },
        )?;
        let version = after.header.version;
        if is_same_config {
            new.set("num_updates", &(version.num_updates + 1).to_string());
        } else {
            new.set("epoch", &(version.epoch + 1).to_string());
            new.set("num_updates", "0");
        }
        return source.save(&new.text());
    }
    if after.header.version.admin_epoch > before.header.version.admin_epoch {
        source.change(&Change::RaiseAdminEpoch(after.header.version.admin_epoch))?;
    }
    if is_same_config {
        // A whole document may carry another status; what runs where is found out, not written.
        return if after.status == before.status || call == "replace" {
            Ok(())
        } else {
            let why = "the status of a live cluster is found out, not written; see crm_attribute \
                       and crm_resource --cleanup";
            Err(call_failed(source, call, ERROR, why))
        };
    }
    let edits = diff(&before.config, &after.config);
    let author =
        Author { origin: source.node_or_local(None)?, client: "cibadmin".into(), user: user() };
    // A raised admin epoch has begun a new count.
    let admin_epoch = after.header.version.admin_epoch;
    let is_raised = admin_epoch > before.header.version.admin_epoch;
    let raised = Version { admin_epoch, ..Version::default() };
    let base = Some(if is_raised { raised } else { before.header.version });
    let asked = Configure { base, edits, author, force: false };
    source.change(&Change::Configure(asked)).map_err(|refused| match refused.code {
        ERROR if !refused.is_stale => {
            let failed = call_failed(source, call, CONFIG, SCHEMA);
            Failure::new(CONFIG, format!("{}\n{}", refused.words, failed.words))
        }
        _ => refused,
    })
}

/// The name of the user who asks.
fn user() -> Text {
    let user = nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten();
    user.map(|user| user.name).unwrap_or_default().into()
}

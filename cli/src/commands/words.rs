//! Words and options of a command line.

use std::cell::RefCell;

use rota_cib::near::nearest;

use super::error::UserError;

/// Options without a value.
const SWITCHES: [&str; 17] = [
    "--force",
    "--disabled",
    "--promoted",
    "--master",
    "--full",
    "--all",
    "--no-default-ops",
    "--agent-validation",
    "--monitor",
    "--expired",
    "--strict",
    "--brief",
    "--future",
    "--no-skip",
    "--show-secrets",
    "--yes",
    "--defaults",
];

/// Options with a value, as `--group web` or `--group=web`.
const WITH_VALUE: [&str; 5] = ["--group", "--before", "--after", "--name", "--output-format"];

/// A command line, taken apart.
pub(super) struct Words<'a> {
    words: Vec<&'a str>,
    options: Vec<(&'a str, Option<&'a str>)>,
    /// Options that the command asked about: others have no meaning for it.
    asked: RefCell<Vec<String>>,
}

/// Options that every command takes, or that pcs knows and that change nothing here.
const ALWAYS: [&str; 9] = [
    "--force",
    "--wait",
    "--agent-validation",
    "--strict",
    "--brief",
    "--future",
    "--no-skip",
    "--yes",
    "--full",
];

impl<'a> Words<'a> {
    /// Separates words from options, wherever these stand. After `--` all are words.
    pub(super) fn parse(args: &'a [String]) -> Result<Self, UserError> {
        let (mut words, mut options) = (Vec::new(), Vec::new());
        let mut args = args.iter().map(String::as_str);
        while let Some(arg) = args.next() {
            if arg == "--" {
                words.extend(args.by_ref());
                break;
            }
            if !arg.starts_with("--") {
                words.push(arg);
                continue;
            }
            let (name, value) = match arg.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (arg, None),
            };
            if WITH_VALUE.contains(&name) {
                let value = value.or_else(|| args.next()).ok_or_else(|| {
                    UserError::refused(
                        format!("'{name}' needs a value"),
                        format!("write {name} VALUE"),
                    )
                })?;
                options.push((name, Some(value)));
            } else if name == "--wait" || (SWITCHES.contains(&name) && value.is_none()) {
                options.push((name, value));
            } else {
                let known = SWITCHES.into_iter().chain(WITH_VALUE).chain(["--wait"]);
                let near = nearest(name, known).map(str::to_owned);
                return Err(UserError::UnknownFlag { given: name.to_owned(), near });
            }
        }
        Ok(Self { words, options, asked: RefCell::default() })
    }

    /// The words that are no options.
    pub(super) fn words(&self) -> &[&'a str] {
        &self.words
    }

    /// Whether an option without a value is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.asked.borrow_mut().push(name.to_owned());
        self.options.iter().any(|(known, _)| *known == name)
    }

    /// The value of an option.
    pub(super) fn value(&self, name: &str) -> Option<&'a str> {
        self.asked.borrow_mut().push(name.to_owned());
        self.options.iter().find(|(known, _)| *known == name).and_then(|(_, value)| *value)
    }
}

impl Words<'_> {
    /// Refuses options that the command did not ask about.
    pub(super) fn check_meaning(&self) -> Result<(), UserError> {
        let asked = self.asked.borrow();
        let is_known = |name: &str| ALWAYS.contains(&name) || asked.iter().any(|a| a == name);
        match self.options.iter().find(|(name, _)| !is_known(name)) {
            None => Ok(()),
            Some((name, _)) => Err(UserError::refused(
                format!("'{name}' has no meaning for this command"),
                "leave it out",
            )),
        }
    }
}

/// Options as names and values.
pub(super) type Pairs<'a> = Vec<(&'a str, &'a str)>;

/// `name=value`; an empty value means "none".
pub(super) fn pair(word: &str) -> Result<(&str, &str), UserError> {
    match word.split_once('=') {
        Some(("", _)) | None => Err(UserError::refused(
            format!("'{word}' is no option"),
            "write options as name=value, without blanks around '='",
        )),
        Some(pair) => Ok(pair),
    }
}

/// All words as `name=value`.
pub(super) fn pairs<'a>(words: &[&'a str]) -> Result<Pairs<'a>, UserError> {
    let pairs: Pairs<'a> = words.iter().map(|word| pair(word)).collect::<Result<_, _>>()?;
    for (at, (name, value)) in pairs.iter().enumerate() {
        if pairs[..at].iter().any(|(other, earlier)| other == name && earlier != value) {
            return Err(UserError::refused(
                format!("option '{name}' is given twice with different values"),
                "give it once",
            ));
        }
    }
    let mut unique = pairs;
    let mut seen = Vec::new();
    unique.retain(|(name, _)| {
        let is_new = !seen.contains(name);
        seen.push(*name);
        is_new
    });
    Ok(unique)
}

/// Takes the option `name=value` out of `pairs`.
pub(super) fn take<'a>(pairs: &mut Pairs<'a>, name: &str) -> Option<&'a str> {
    let at = pairs.iter().position(|(known, _)| *known == name)?;
    Some(pairs.remove(at).1)
}

/// Refuses options that are left over.
pub(super) fn nothing_left(pairs: &[(&str, &str)], known: &[&str]) -> Result<(), UserError> {
    match pairs.first() {
        None => Ok(()),
        Some((name, _)) => Err(UserError::refused(
            format!("unknown option '{name}'"),
            match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean '{near}'?"),
                None => format!("known ones are {}", known.join(", ")),
            },
        )),
    }
}

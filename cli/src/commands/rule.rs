//! Rules as people write them: `haproxy-role eq true and date gt 2030-01-01`.
//!
//! ```text
//! expression: defined|not_defined NAME
//!           | NAME lt|gt|lte|gte|eq|ne [string|integer|number|version] VALUE
//!           | date gt|lt DATE | date in_range [DATE] to DATE | date in_range DATE to duration NAME=VALUE…
//!           | date-spec NAME=VALUE… | resource [CLASS]:[PROVIDER]:[AGENT] | op NAME [interval=TIME]
//!           | expression and|or expression | ( expression )
//! ```
//! `and` binds closer than `or`.

use rota_cib::Text;
use rota_cib::date;
use rota_cib::fresh::Ids;
use rota_cib::rule::{AttributeTest, BooleanOp, Comparison, Condition, DateTest, Rule, ValueKind};

use super::error::UserError;

/// Which conditions make sense where the rule stands.
#[derive(Clone, Copy)]
pub(super) struct Allowed {
    resource: bool,
    operation: bool,
}

impl Allowed {
    /// Rules of location constraints.
    pub(super) const LOCATION: Self = Self { resource: false, operation: false };
    /// Rules of resource defaults.
    pub(super) const RESOURCE_DEFAULTS: Self = Self { resource: true, operation: false };
    /// Rules of operation defaults.
    pub(super) const OPERATION_DEFAULTS: Self = Self { resource: true, operation: true };
}

/// What was read, before it has ids.
#[derive(Clone, Debug, PartialEq)]
enum Tree {
    Test(AttributeTest),
    Date(DateTest),
    Resource([Option<Text>; 3]),
    Operation(Text, Option<Text>),
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

/// Reads an expression; the rule and its conditions get ids that begin with `base`.
pub(super) fn parse(
    words: &[&str],
    base: &str,
    allowed: Allowed,
    ids: &mut Ids,
) -> Result<Rule, UserError> {
    let tokens = tokens(words);
    let mut reader = Reader { tokens: &tokens, at: 0, allowed };
    let tree = reader.any()?;
    if let Some(word) = reader.peek() {
        return Err(refused(word, "join expressions by 'and' or 'or'"));
    }
    let id = ids.fresh(base);
    Ok(rule(tree, id, ids))
}

/// Words, with brackets as words of their own.
fn tokens<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut tokens = Vec::new();
    for word in words {
        let inner = word.trim_start_matches('(');
        tokens.extend(std::iter::repeat_n("(", word.len() - inner.len()));
        let core = inner.trim_end_matches(')');
        if !core.is_empty() {
            tokens.push(core);
        }
        tokens.extend(std::iter::repeat_n(")", inner.len() - core.len()));
    }
    tokens
}

fn refused(word: &str, advice: &str) -> UserError {
    UserError::refused(format!("the rule is not understood at '{word}'"), advice)
}

struct Reader<'t, 'a> {
    tokens: &'t [&'a str],
    at: usize,
    allowed: Allowed,
}

/// Brackets in brackets end here.
const DEPTH_MAX: usize = 32;

impl<'a> Reader<'_, 'a> {
    fn peek(&self) -> Option<&'a str> {
        self.tokens.get(self.at).copied()
    }

    fn next(&mut self, expected: &str) -> Result<&'a str, UserError> {
        let word = self.peek().ok_or_else(|| {
            UserError::refused("the rule ends too early", format!("add {expected}"))
        })?;
        self.at += 1;
        Ok(word)
    }

    fn accept(&mut self, word: &str) -> bool {
        let is_there = self.peek() == Some(word);
        self.at += usize::from(is_there);
        is_there
    }

    fn any(&mut self) -> Result<Tree, UserError> {
        let mut parts = vec![self.all()?];
        while self.accept("or") {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Tree::Any))
    }

    fn all(&mut self) -> Result<Tree, UserError> {
        let mut parts = vec![self.single()?];
        while self.accept("and") {
            parts.push(self.single()?);
        }
        Ok(one_or(parts, Tree::All))
    }

    fn single(&mut self) -> Result<Tree, UserError> {
        let word = self.next("an expression")?;
        match word {
            "(" => {
                let open = self.tokens[..self.at].iter().filter(|token| **token == "(").count();
                if open > DEPTH_MAX {
                    return Err(refused("(", "use fewer brackets"));
                }
                let inner = self.any()?;
                match self.next("')'")? {
                    ")" => Ok(inner),
                    other => {
                        Err(refused(other, "close the bracket before it, or join by 'and' or 'or'"))
                    }
                }
            }
            "defined" | "not_defined" => {
                let attribute = self.next("the name of a node attribute")?;
                let operation = Comparison::parse(word).unwrap_or(Comparison::Defined);
                Ok(Tree::Test(test(attribute, operation, None, None)))
            }
            "date" => self.date(),
            "date-spec" => {
                let spec = self.options(&SPEC_NAMES)?;
                Ok(Tree::Date(DateTest { spec: Some(spec), ..date_test("date_spec") }))
            }
            "resource" if self.allowed.resource => self.resource(),
            "op" if self.allowed.operation => {
                let name = self.next("the name of an operation")?;
                let interval = self.peek().and_then(|word| word.strip_prefix("interval="));
                self.at += usize::from(interval.is_some());
                Ok(Tree::Operation(name.into(), interval.map(Text::from)))
            }
            attribute => self.comparison(attribute),
        }
    }

    fn comparison(&mut self, attribute: &str) -> Result<Tree, UserError> {
        let word = self.next("lt, gt, lte, gte, eq or ne")?;
        let operation = Comparison::parse(word)
            .filter(|op| !matches!(op, Comparison::Defined | Comparison::NotDefined))
            .ok_or_else(|| refused(word, "write lt, gt, lte, gte, eq or ne"))?;
        let first = self.next("a value")?;
        let kind = ValueKind::parse(first).filter(|_| {
            // A value that happens to be the word for a kind ends the comparison.
            !matches!(self.peek(), None | Some("and" | "or" | ")"))
        });
        let value = if kind.is_some() { self.next("a value")? } else { first };
        Ok(Tree::Test(test(attribute, operation, Some(value), kind)))
    }

    fn date(&mut self) -> Result<Tree, UserError> {
        match self.next("gt, lt or in_range")? {
            "gt" => Ok(Tree::Date(DateTest { start: Some(self.moment()?), ..date_test("gt") })),
            "lt" => Ok(Tree::Date(DateTest { end: Some(self.moment()?), ..date_test("lt") })),
            "in_range" => {
                let start = if self.peek() == Some("to") { None } else { Some(self.moment()?) };
                match self.next("'to'")? {
                    "to" => {}
                    other => return Err(refused(other, "write: date in_range START to END")),
                }
                let test = DateTest { start, ..date_test("in_range") };
                if self.accept("duration") {
                    let duration = Some(self.options(&DURATION_NAMES)?);
                    return Ok(Tree::Date(DateTest { duration, ..test }));
                }
                Ok(Tree::Date(DateTest { end: Some(self.moment()?), ..test }))
            }
            other => Err(refused(other, "write gt, lt or in_range after 'date'")),
        }
    }

    fn moment(&mut self) -> Result<Text, UserError> {
        let word = self.next("a date such as 2030-01-31")?;
        if date::parse(word, &rota_cib::zone::UTC).is_none() {
            return Err(refused(word, "write a date such as 2030-01-31 or '2030-01-31 12:00:00Z'"));
        }
        Ok(word.into())
    }

    fn options(&mut self, known: &[&str]) -> Result<Vec<(Text, Text)>, UserError> {
        let mut options = Vec::new();
        while let Some((name, value)) = self.peek().and_then(|word| word.split_once('=')) {
            if !known.contains(&name) {
                return Err(refused(name, &format!("known ones are {}", known.join(", "))));
            }
            options.push((Text::from(name), Text::from(value)));
            self.at += 1;
        }
        if options.is_empty() {
            let word = self.peek().unwrap_or("the end");
            return Err(refused(word, &format!("write NAME=VALUE with {}", known.join(", "))));
        }
        Ok(options)
    }

    fn resource(&mut self) -> Result<Tree, UserError> {
        let word = self.next("CLASS:PROVIDER:AGENT")?;
        let mut parts = word.splitn(3, ':');
        let (class, second, third) = (parts.next(), parts.next(), parts.next());
        let part = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(Text::from);
        match (second, third) {
            (None, _) => {
                Err(refused(word, "write CLASS:PROVIDER:AGENT, each of which may be empty"))
            }
            // Only OCF agents have a provider.
            (Some(agent), None) => Ok(Tree::Resource([part(class), None, part(Some(agent))])),
            (provider, agent) => Ok(Tree::Resource([part(class), part(provider), part(agent)])),
        }
    }
}

const SPEC_NAMES: [&str; 9] = [
    "hours",
    "monthdays",
    "weekdays",
    "yearsdays",
    "months",
    "weeks",
    "years",
    "weekyears",
    "moon",
];

const DURATION_NAMES: [&str; 7] =
    ["years", "months", "weeks", "days", "hours", "minutes", "seconds"];

fn one_or(mut parts: Vec<Tree>, many: impl Fn(Vec<Tree>) -> Tree) -> Tree {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            many(parts)
        }
    }
}

fn test(
    attribute: &str,
    operation: Comparison,
    value: Option<&str>,
    kind: Option<ValueKind>,
) -> AttributeTest {
    AttributeTest {
        id: Text::default(),
        attribute: attribute.into(),
        operation,
        value: value.map(Text::from),
        value_source: None,
        kind,
    }
}

fn date_test(operation: &str) -> DateTest {
    DateTest {
        id: Text::default(),
        operation: operation.into(),
        start: None,
        end: None,
        duration: None,
        spec: None,
    }
}

fn rule(tree: Tree, id: Text, ids: &mut Ids) -> Rule {
    let (boolean_op, parts) = match tree {
        Tree::All(parts) => (Some(BooleanOp::And), parts),
        Tree::Any(parts) => (Some(BooleanOp::Or), parts),
        single => (None, vec![single]),
    };
    let conditions = parts.into_iter().map(|part| condition(part, &id, ids)).collect();
    Rule { id: Some(id), boolean_op, conditions, ..Rule::default() }
}

fn condition(tree: Tree, rule_id: &str, ids: &mut Ids) -> Condition {
    match tree {
        Tree::All(_) | Tree::Any(_) => {
            let id = ids.fresh(&format!("{rule_id}-rule"));
            Condition::Rule(rule(tree, id, ids))
        }
        Tree::Test(test) => Condition::Attribute(AttributeTest {
            id: ids.fresh(&format!("{rule_id}-expr")),
            ..test
        }),
        Tree::Date(mut test) => {
            test.id = ids.fresh(&format!("{rule_id}-expr"));
            for (name, list) in [("duration", &mut test.duration), ("datespec", &mut test.spec)] {
                if let Some(list) = list {
                    list.insert(0, ("id".into(), ids.fresh(&format!("{}-{name}", test.id))));
                }
            }
            Condition::Date(test)
        }
        Tree::Resource([class, provider, agent]) => {
            let id = ids.fresh(&format!("{rule_id}-rsc"));
            Condition::Resource { id, class, provider, agent }
        }
        Tree::Operation(name, interval) => {
            Condition::Operation { id: ids.fresh(&format!("{rule_id}-op")), name, interval }
        }
    }
}

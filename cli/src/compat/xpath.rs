//! The part of XPath 1.0 that callers of `cibadmin` use: steps (`/name`, `//name`, `*`, `@name`),
//! predicates of attributes (`[@a]`, `[@a='b']`, `[@a!="b"]`, `starts-with`, `contains`, `not`,
//! `and`, `or`), positions (`[1]`), `self::`, and unions.

use super::tree::Element;

/// A condition on an element.
#[derive(Clone, Debug, PartialEq)]
enum Test {
    Has(String),
    Equals(String, String),
    Differs(String, String),
    StartsWith(String, String),
    Contains(String, String),
    Child(String),
    Not(Box<Test>),
    All(Vec<Test>),
    Any(Vec<Test>),
    Position(usize),
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
struct Step {
    /// Whether any depth will do.
    anywhere: bool,
    /// The element's name, or `*`; an attribute's name selects the element that has it.
    name: Name,
    tests: Vec<Test>,
}

#[derive(Clone, Debug, PartialEq)]
enum Name {
    Element(String),
    Attribute(String),
    Itself,
    Parent,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct XPath(Vec<Vec<Step>>);

/// Longer expressions are refused.
const LENGTH_MAX: usize = 4096;

impl XPath {
    /// Reads an expression; none if it is wrong or uses more than is known here.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LENGTH_MAX {
            return None;
        }
        let mut scan = Scan { rest: text.trim() };
        let mut paths = vec![scan.path()?];
        while scan.take("|") {
            paths.push(scan.path()?);
        }
        scan.blanks();
        scan.rest.is_empty().then_some(Self(paths))
    }

    /// The elements that it selects, in document order, as paths of positions from the root.
    pub fn select(&self, root: &Element) -> Vec<Vec<usize>> {
        let mut found: Vec<Vec<usize>> = Vec::new();
        for steps in &self.0 {
            found.extend(walk(root, steps));
        }
        found.sort();
        found.dedup();
        found
    }
}

/// Where a walk stands: above the root, or at an element.
type Place = Option<Vec<usize>>;

fn walk(root: &Element, steps: &[Step]) -> Vec<Vec<usize>> {
    let mut places: Vec<Place> = vec![None];
    for step in steps {
        let mut next: Vec<Place> = Vec::new();
        for place in places {
            let mut starts = vec![place.clone()];
            if step.anywhere {
                below(root, &place, &mut starts);
            }
            for start in starts {
                next.extend(one_step(root, &start, step).into_iter().map(Some));
            }
        }
        next.sort();
        next.dedup();
        places = next;
    }
    places.into_iter().flatten().collect()
}

/// Everything below a place, in document order.
fn below(root: &Element, place: &Place, found: &mut Vec<Place>) {
    for path in children(root, place) {
        let child = Some(path);
        found.push(child.clone());
        below(root, &child, found);
    }
}

fn children(root: &Element, place: &Place) -> Vec<Vec<usize>> {
    match place {
        None => vec![Vec::new()],
        Some(path) => {
            let count = root.at(path).map_or(0, |element| element.children.len());
            (0..count).map(|at| [path.as_slice(), &[at]].concat()).collect()
        }
    }
}

fn one_step(root: &Element, place: &Place, step: &Step) -> Vec<Vec<usize>> {
    let candidates = match (&step.name, place) {
        (Name::Element(_), _) => children(root, place),
        (Name::Attribute(_) | Name::Itself, Some(path)) => vec![path.clone()],
        (Name::Parent, Some(path)) => match path.split_last() {
            Some((_, parent)) => vec![parent.to_vec()],
            None => Vec::new(),
        },
        (Name::Attribute(_) | Name::Itself | Name::Parent, None) => Vec::new(),
    };
    let mut found: Vec<Vec<usize>> = candidates
        .into_iter()
        .filter(|path| {
            root.at(path).is_some_and(|element| match &step.name {
                Name::Element(name) => name == "*" || element.name == *name,
                Name::Attribute(name) => element.get(name).is_some(),
                Name::Itself | Name::Parent => true,
            })
        })
        .collect();
    for test in &step.tests {
        let mut position = 0;
        found.retain(|path| {
            position += 1;
            root.at(path).is_some_and(|element| holds(test, element, position))
        });
    }
    found
}

fn holds(test: &Test, element: &Element, position: usize) -> bool {
    let of = |name: &str| element.get(name);
    match test {
        Test::Has(name) => of(name).is_some(),
        Test::Equals(name, value) => of(name) == Some(value),
        Test::Differs(name, value) => of(name).is_some_and(|found| found != value),
        Test::StartsWith(name, value) => of(name).unwrap_or_default().starts_with(value.as_str()),
        Test::Contains(name, value) => of(name).unwrap_or_default().contains(value.as_str()),
        Test::Child(name) => element.children.iter().any(|child| child.name == *name),
        Test::Not(test) => !holds(test, element, position),
        Test::All(tests) => tests.iter().all(|test| holds(test, element, position)),
        Test::Any(tests) => tests.iter().any(|test| holds(test, element, position)),
        Test::Position(wanted) => position == *wanted,
    }
}

struct Scan<'t> {
    rest: &'t str,
}

impl Scan<'_> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, what: &str) -> bool {
        self.blanks();
        let Some(rest) = self.rest.strip_prefix(what) else { return false };
        self.rest = rest;
        true
    }

    /// A word operator, which must not run on into a name.
    fn take_word(&mut self, what: &str) -> bool {
        self.blanks();
        match self.rest.strip_prefix(what) {
            Some(rest) if rest.starts_with([' ', '\t', '\n', '(']) => {
                self.rest = rest;
                true
            }
            Some(_) | None => false,
        }
    }

    fn name(&mut self) -> Option<String> {
        self.blanks();
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!name.is_empty()).then(|| name.to_owned())
    }

    fn literal(&mut self) -> Option<String> {
        self.blanks();
        let quote = self.rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let (value, rest) = self.rest[1..].split_once(quote)?;
        self.rest = rest;
        Some(value.to_owned())
    }

    fn path(&mut self) -> Option<Vec<Step>> {
        let mut steps = Vec::new();
        loop {
            let anywhere = if self.take("//") {
                true
            } else if self.take("/") {
                false
            } else if steps.is_empty() && !self.rest.is_empty() {
                // A path without a slash starts at the root as well.
                false
            } else {
                break;
            };
            steps.push(self.step(anywhere)?);
        }
        (!steps.is_empty()).then_some(steps)
    }

    fn step(&mut self, anywhere: bool) -> Option<Step> {
        let name = if self.take("@") {
            Name::Attribute(self.name()?)
        } else if self.take("*") {
            Name::Element("*".to_owned())
        } else if self.take("..") {
            Name::Parent
        } else if self.take("self::*") || self.take(".") {
            Name::Itself
        } else {
            Name::Element(self.name()?)
        };
        let mut tests = Vec::new();
        while self.take("[") {
            tests.push(self.any()?);
            self.take("]").then_some(())?;
        }
        Some(Step { anywhere, name, tests })
    }

    fn any(&mut self) -> Option<Test> {
        let mut tests = vec![self.all()?];
        while self.take_word("or") {
            tests.push(self.all()?);
        }
        one_or(tests, Test::Any)
    }

    fn all(&mut self) -> Option<Test> {
        let mut tests = vec![self.test()?];
        while self.take_word("and") {
            tests.push(self.test()?);
        }
        one_or(tests, Test::All)
    }

    fn test(&mut self) -> Option<Test> {
        if self.take("(") {
            let inner = self.any()?;
            return self.take(")").then_some(inner);
        }
        if self.take("@") {
            let name = self.name()?;
            return Some(if self.take("!=") {
                Test::Differs(name, self.literal()?)
            } else if self.take("=") {
                Test::Equals(name, self.literal()?)
            } else {
                Test::Has(name)
            });
        }
        let word = self.name()?;
        if let Ok(position) = word.parse() {
            return Some(Test::Position(position));
        }
        if !self.take("(") {
            return Some(Test::Child(word));
        }
        let test = match word.as_str() {
            "not" => Test::Not(Box::new(self.any()?)),
            "starts-with" => self.pair().map(|(name, value)| Test::StartsWith(name, value))?,
            "contains" => self.pair().map(|(name, value)| Test::Contains(name, value))?,
            _ => return None,
        };
        self.take(")").then_some(test)
    }

    fn pair(&mut self) -> Option<(String, String)> {
        self.take("@").then_some(())?;
        let name = self.name()?;
        self.take(",").then_some(())?;
        Some((name, self.literal()?))
    }
}

fn one_or(mut tests: Vec<Test>, many: impl Fn(Vec<Test>) -> Test) -> Option<Test> {
    if tests.len() == 1 { tests.pop() } else { Some(many(tests)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOC: &str = "<cib><status>\
        <node_state id=\"1\" crmd=\"online\"><t><nvpair id=\"a\" name=\"rmq\"/></t></node_state>\
        <node_state id=\"2\" crmd=\"offline\"><t><nvpair id=\"b\" name=\"rmq\"/></t></node_state>\
        </status></cib>";

    fn ids(expression: &str) -> Vec<String> {
        let root = Element::parse(DOC).unwrap();
        let found = XPath::parse(expression).unwrap().select(&root);
        let id = |path: &Vec<usize>| root.at(path).unwrap().get("id").unwrap_or("-").to_owned();
        found.iter().map(id).collect()
    }

    #[test]
    fn what_agents_ask_for_is_found() {
        assert_eq!(ids("//node_state//nvpair[@name='rmq']"), ["a", "b"]);
        assert_eq!(ids("//node_state[@crmd='online']//nvpair[@name=\"rmq\"]"), ["a"]);
        assert_eq!(ids("/cib/status/node_state[2]"), ["2"]);
        assert_eq!(ids("//node_state[@id='1' or @id='2']/@crmd"), ["1", "2"]);
        assert_eq!(ids("//nvpair[starts-with(@id,'b') and not(@x)]"), ["b"]);
        assert_eq!(ids("//nvpair[@id='b']/../.."), ["2"]);
        assert_eq!(ids("//*[@id='a'] | //node_state[@id='2']"), ["a", "2"]);
        assert!(ids("//nvpair[@name='none']").is_empty());
    }

    #[test]
    fn wrong_expressions_are_refused() {
        for text in ["", "//", "//a[", "//a[@]", "//a[@b='c]", "//a]", "//a[foo(@b)]", "a b"] {
            assert_eq!(XPath::parse(text), None, "{text}");
        }
    }
}

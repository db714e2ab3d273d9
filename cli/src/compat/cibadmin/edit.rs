//! The edits of `cibadmin`, made on a document: create, modify, replace, delete.

use super::super::tree::Element;
use super::super::xpath::XPath;
use super::{SECTIONS, section};

/// What is asked.
pub struct Asked<'a> {
    /// The XML given.
    pub given: Option<Element>,
    /// The section.
    pub scope: Option<&'a str>,
    /// The expression.
    pub xpath: Option<&'a str>,
    /// Whether an object that is not there is made.
    pub may_create: bool,
}

/// Why an edit was not made.
#[derive(Debug, PartialEq)]
pub enum Refused {
    /// There is nothing like it.
    NoSuch,
    /// There is one like it already.
    Exists(Element),
    /// The command lacks something.
    Usage(&'static str),
}

type Edited = Result<(), Refused>;

impl Asked<'_> {
    fn given(&self) -> Result<&Element, Refused> {
        self.given.as_ref().ok_or(Refused::Usage("Please supply XML to process with -X, -x or -p"))
    }

    /// The elements that the expression selects.
    fn selected(&self, root: &Element) -> Option<Vec<Vec<usize>>> {
        let expression = self.xpath?;
        Some(XPath::parse(expression).map(|xpath| xpath.select(root)).unwrap_or_default())
    }

    /// Whether the XML given is a whole section, or more.
    fn is_frame(&self, given: &Element) -> bool {
        given.name == "cib" || SECTIONS.contains(&given.name.as_str())
    }
}

/// The section named, made if it is not there.
fn make_section(root: &mut Element, name: &str) -> Option<Vec<usize>> {
    if let Some(path) = section(root, Some(name)) {
        return Some(path);
    }
    let mut path = section(root, Some("configuration"))?;
    let configuration = root.at_mut(&path)?;
    path.push(configuration.children.len());
    configuration.children.push(Element { name: name.to_owned(), ..Element::default() });
    Some(path)
}

/// Puts an object into the document; it must not be there.
pub fn create(root: &mut Element, asked: &Asked<'_>) -> Edited {
    let given = asked.given()?.clone();
    if asked.is_frame(&given) {
        return merge_frame(root, &given, &mut add_new);
    }
    let parent = match asked.selected(root) {
        Some(found) => found.into_iter().next(),
        None => make_section(root, asked.scope.unwrap_or("configuration")),
    };
    let parent = parent.and_then(|path| root.at_mut(&path)).ok_or(Refused::NoSuch)?;
    add_new(parent, &given)
}

fn add_new(parent: &mut Element, given: &Element) -> Edited {
    if parent.children.iter().any(|child| child.is_same_as(given)) {
        return Err(Refused::Exists(given.clone()));
    }
    parent.children.push(given.clone());
    Ok(())
}

fn add_or_merge(parent: &mut Element, given: &Element) -> Edited {
    match parent.children.iter_mut().find(|child| child.is_same_as(given)) {
        Some(child) => merge(child, given),
        None => parent.children.push(given.clone()),
    }
    Ok(())
}

/// Gives the objects inside sections to `each`, with the section that they belong into.
fn merge_frame(
    root: &mut Element,
    given: &Element,
    each: &mut dyn FnMut(&mut Element, &Element) -> Edited,
) -> Edited {
    if given.name == "cib" || given.name == "configuration" {
        if given.name == "cib" {
            merge_attributes(root, given);
        }
        return given.children.iter().try_for_each(|child| merge_frame(root, child, each));
    }
    let path = make_section(root, &given.name).ok_or(Refused::NoSuch)?;
    let target = root.at_mut(&path).ok_or(Refused::NoSuch)?;
    given.children.iter().try_for_each(|child| each(target, child))
}

/// Merges attributes and objects inside into what is there.
pub fn modify(root: &mut Element, asked: &Asked<'_>) -> Edited {
    let given = asked.given()?.clone();
    if let Some(found) = asked.selected(root) {
        let path = found.into_iter().next().ok_or(Refused::NoSuch)?;
        merge(root.at_mut(&path).ok_or(Refused::NoSuch)?, &given);
        return Ok(());
    }
    if asked.is_frame(&given) {
        return merge_frame(root, &given, &mut add_or_merge);
    }
    let base = section(root, asked.scope).ok_or(Refused::NoSuch)?;
    let found = root.at(&base).and_then(|element| element.find(&|e| e.is_same_as(&given)));
    match (found, asked.scope) {
        (Some(path), _) => {
            let target = root.at_mut(&[base, path].concat()).ok_or(Refused::NoSuch)?;
            merge(target, &given);
            Ok(())
        }
        (None, Some(scope)) if asked.may_create => {
            let path = make_section(root, scope).ok_or(Refused::NoSuch)?;
            root.at_mut(&path).ok_or(Refused::NoSuch)?.children.push(given);
            Ok(())
        }
        (None, _) => Err(Refused::NoSuch),
    }
}

fn merge(target: &mut Element, given: &Element) {
    merge_attributes(target, given);
    for child in &given.children {
        match target.children.iter_mut().find(|known| known.is_same_as(child)) {
            Some(known) => merge(known, child),
            None => target.children.push(child.clone()),
        }
    }
}

/// Attributes get the values given; `NAME++` counts up.
fn merge_attributes(target: &mut Element, given: &Element) {
    for (name, value) in &given.attributes {
        let counted = value.strip_suffix("++").filter(|counted| counted == name).and_then(|_| {
            let old: u64 = target.get(name).unwrap_or("0").parse().ok()?;
            Some(old.saturating_add(1).to_string())
        });
        target.set(name, counted.as_deref().unwrap_or(value));
    }
}

/// Puts the XML given in place of the object that is there.
pub fn replace(root: &mut Element, asked: &Asked<'_>) -> Edited {
    let given = asked.given()?.clone();
    let path = match asked.selected(root) {
        Some(found) => found.into_iter().next(),
        None if given.name == "cib" => match asked.scope {
            // Of a whole document the section counts.
            Some(scope) => {
                let inside = section(&given, Some(scope)).ok_or(Refused::NoSuch)?;
                let part = given.at(&inside).ok_or(Refused::NoSuch)?.clone();
                let path = make_section(root, scope).ok_or(Refused::NoSuch)?;
                *root.at_mut(&path).ok_or(Refused::NoSuch)? = part;
                return Ok(());
            }
            None => Some(Vec::new()),
        },
        None if asked.is_frame(&given) => make_section(root, &given.name),
        None => {
            let base = section(root, asked.scope).ok_or(Refused::NoSuch)?;
            let within = root.at(&base).ok_or(Refused::NoSuch)?;
            given.get("id").and_then(|_| {
                within.find(&|e| e.is_same_as(&given)).map(|path| [base, path].concat())
            })
        }
    };
    let target = path.and_then(|path| root.at_mut(&path)).ok_or(Refused::NoSuch)?;
    *target = given;
    Ok(())
}

/// Removes the first object that fits, or all of them. Nothing that fits is fine as well.
pub fn delete(root: &mut Element, asked: &Asked<'_>, all: bool) -> Edited {
    let found = match asked.selected(root) {
        Some(found) => found,
        None => {
            let given = asked.given()?;
            let Some(base) = section(root, asked.scope) else { return Ok(()) };
            let fits = |element: &Element| {
                element.name == given.name
                    && given.attributes.iter().all(|(name, value)| element.get(name) == Some(value))
            };
            let within = root.at(&base).and_then(|element| element.find(&fits));
            within.map(|path| [base, path].concat()).into_iter().collect()
        }
    };
    let count = if all { found.len() } else { 1 };
    // From the end, so that the positions before stay right.
    for path in found.iter().take(count).rev() {
        let Some((at, parent)) = path.split_last() else { continue };
        if let Some(parent) = root.at_mut(parent)
            && *at < parent.children.len()
        {
            parent.children.remove(*at);
        }
    }
    Ok(())
}

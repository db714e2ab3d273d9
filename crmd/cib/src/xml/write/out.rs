//! Tags, attributes, indentation, escapes.

use std::fmt::{Display, Write as _};

use super::super::is_forbidden;
use crate::{Score, Text};

/// A document being written.
#[derive(Default)]
pub(super) struct Out {
    text: String,
    depth: usize,
    /// Whether a start tag still lacks its end, because attributes may follow.
    tag_is_open: bool,
    /// The element that was begun last, and its id.
    element: String,
    id: String,
    tag_at: usize,
    /// The first text that had to be written otherwise.
    unwritable: Option<Unwritable>,
}

/// Where a text stands that no document can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwritable {
    /// The element, with its id if it has one.
    pub element: String,
    /// The attribute.
    pub attribute: String,
    /// The character, or the name that is none.
    pub what: String,
}

impl Display for Unwritable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { element, attribute, what } = self;
        write!(f, "attribute '{attribute}' of {element}: {what}")
    }
}

impl Out {
    /// The finished document.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// The first text that the document does not hold as it was given.
    pub(super) fn unwritable(self) -> Option<Unwritable> {
        self.unwritable
    }

    /// Starts an element; attributes and elements inside may follow, then [`Self::end`].
    pub(super) fn start(&mut self, name: &str) {
        self.close_tag();
        self.indent();
        self.tag_at = self.text.len();
        self.text.push('<');
        self.text.push_str(name);
        name.clone_into(&mut self.element);
        self.id.clear();
        self.tag_is_open = true;
        self.depth += 1;
    }

    /// Ends the element.
    pub(super) fn end(&mut self, name: &str) {
        self.depth -= 1;
        if self.tag_is_open {
            self.tag_is_open = false;
            self.text.push_str("/>\n");
            return;
        }
        self.indent();
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push_str(">\n");
    }

    fn close_tag(&mut self) {
        if self.tag_is_open {
            self.tag_is_open = false;
            self.text.push_str(">\n");
        }
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
    }

    /// An attribute.
    pub(super) fn attr(&mut self, name: &str, value: &str) {
        self.text.push(' ');
        if !is_name(name) {
            self.note(name, format!("{name:?} is no name for an attribute"));
        }
        let goes_on = |c: char| !(c.is_whitespace() || c.is_control() || "=<>/\"'&".contains(c));
        if name.is_empty() || !name.chars().all(|c| goes_on(c) && !is_forbidden(c)) {
            self.text.push('_');
        }
        self.text.extend(name.chars().filter(|c| goes_on(*c) && !is_forbidden(*c)));
        self.text.push_str("=\"");
        if name == "id" {
            value.clone_into(&mut self.id);
        }
        if let Some(c) = value.chars().find(|c| is_forbidden(*c)) {
            self.note(name, format!("it contains the character U+{:04X}", u32::from(c)));
            let readable = |c: char| if is_forbidden(c) { char::REPLACEMENT_CHARACTER } else { c };
            self.escaped(&value.chars().map(readable).collect::<String>());
        } else {
            self.escaped(value);
        }
        self.text.push('"');
    }

    fn note(&mut self, attribute: &str, what: String) {
        let element = match self.id.as_str() {
            "" => self.element.clone(),
            id => format!("{} {:?}", self.element, id),
        };
        let attribute = attribute.escape_debug().to_string();
        self.unwritable.get_or_insert(Unwritable { element, attribute, what });
    }

    /// An attribute, if there is a value.
    pub(super) fn opt(&mut self, name: &str, value: &Option<Text>) {
        if let Some(value) = value {
            self.attr(name, value);
        }
    }

    /// An attribute whose value has nothing to escape.
    pub(super) fn number(&mut self, name: &str, value: impl Display) {
        // Writing into a String cannot fail.
        let _ = write!(self.text, " {name}=\"{value}\"");
    }

    /// A number, if there is one.
    pub(super) fn opt_number(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.number(name, value);
        }
    }

    /// A truth, if there is one.
    pub(super) fn opt_bool(&mut self, name: &str, value: Option<bool>) {
        self.opt_number(name, value);
    }

    /// The attribute `score`, if there is one.
    pub(super) fn score(&mut self, score: Option<Score>) {
        self.opt_number("score", score);
    }

    /// Attributes kept as they were. One that the element has already would make two of it.
    pub(super) fn attrs(&mut self, attributes: &[(Text, Text)]) {
        for (name, value) in attributes {
            // Within a value quotes are escaped.
            if self.text[self.tag_at..].contains(&format!(" {name}=\"")) {
                self.note(name, "the element has one of its own".to_owned());
                continue;
            }
            self.attr(name, value);
        }
    }

    /// A whole element without elements inside.
    pub(super) fn leaf(&mut self, name: &str, attributes: &[(Text, Text)]) {
        self.start(name);
        self.attrs(attributes);
        self.end(name);
    }

    /// White space other than blanks is written as a reference: readers make blanks of it
    /// otherwise (XML 1.0 §3.3.3).
    fn escaped(&mut self, value: &str) {
        let mut rest = value;
        while let Some(at) = rest.find(['<', '>', '&', '"', '\n', '\t', '\r']) {
            let (plain, special) = rest.split_at(at);
            self.text.push_str(plain);
            self.text.push_str(match special.as_bytes().first() {
                Some(b'<') => "&lt;",
                Some(b'>') => "&gt;",
                Some(b'&') => "&amp;",
                Some(b'"') => "&quot;",
                Some(b'\n') => "&#10;",
                Some(b'\t') => "&#9;",
                _ => "&#13;",
            });
            rest = &special[1..];
        }
        self.text.push_str(rest);
    }
}

/// Whether this can be the name of an attribute (XML 1.0 §2.3, without the letters that nobody
/// uses there).
fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    let is_first = |c: char| c.is_alphabetic() || matches!(c, '_' | ':');
    let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.');
    chars.next().is_some_and(is_first) && chars.all(goes_on)
}

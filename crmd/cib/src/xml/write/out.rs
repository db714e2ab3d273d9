//! Tags, attributes, indentation, escapes.

use std::fmt::{Display, Write as _};

use crate::{Score, Text};

/// A document being written.
#[derive(Default)]
pub(super) struct Out {
    text: String,
    depth: usize,
    /// Whether a start tag still lacks its end, because attributes may follow.
    tag_is_open: bool,
}

impl Out {
    /// The finished document.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Starts an element; attributes and elements inside may follow, then [`Self::end`].
    pub(super) fn start(&mut self, name: &str) {
        self.close_tag();
        self.indent();
        self.text.push('<');
        self.text.push_str(name);
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
        self.text.push_str(name);
        self.text.push_str("=\"");
        self.escaped(value);
        self.text.push('"');
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

    /// Attributes kept as they were.
    pub(super) fn attrs(&mut self, attributes: &[(Text, Text)]) {
        for (name, value) in attributes {
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

//! Elements and attributes as they stand in a document, for the one tool whose job is XML.
//!
//! Nothing is decided here; what becomes of an edited tree is read as a Cib before anybody
//! believes it.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Deeper documents are refused; no CIB comes near.
const DEPTH_MAX: usize = 64;

/// An element.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Its attributes in written order.
    pub attributes: Vec<(String, String)>,
    /// The elements inside, in order.
    pub children: Vec<Element>,
}

impl Element {
    /// Reads a document or a piece of one.
    ///
    /// # Errors
    /// In words, if it is no XML, has no root or several, or is too deep.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Self> = Vec::new();
        let mut root = None;
        loop {
            let done = match reader.read_event().map_err(|error| error.to_string())? {
                Event::Start(start) => {
                    if open.len() >= DEPTH_MAX {
                        return Err(format!("elements are nested deeper than {DEPTH_MAX}"));
                    }
                    open.push(Self::started(&start)?);
                    None
                }
                Event::Empty(start) => Some(Self::started(&start)?),
                Event::End(_) => open.pop(),
                Event::Eof => break,
                Event::DocType(_) => return Err("document types are not taken".to_owned()),
                Event::Text(_)
                | Event::CData(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::GeneralRef(_) => None,
            };
            let Some(done) = done else { continue };
            match open.last_mut() {
                Some(parent) => parent.children.push(done),
                None if root.is_none() => root = Some(done),
                None => return Err("there is more than one element at the top".to_owned()),
            }
        }
        if !open.is_empty() {
            return Err("the document ends too early".to_owned());
        }
        root.ok_or_else(|| "there is no element".to_owned())
    }

    fn started(start: &BytesStart<'_>) -> Result<Self, String> {
        let mut element = Self { name: start.name().0.to_owned(), ..Self::default() };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let value = quick_xml::escape::unescape(&attribute.value).map_err(|e| e.to_string())?;
            element.attributes.push((attribute.key.0.to_owned(), value.into_owned()));
        }
        Ok(element)
    }

    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Gives an attribute a value.
    pub fn set(&mut self, name: &str, value: &str) {
        match self.attributes.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.attributes.push((name.to_owned(), value.to_owned())),
        }
    }

    /// Whether this is the same thing as another: the name and, if the other has one, the id.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.name == other.name && (other.get("id").is_none() || other.get("id") == self.get("id"))
    }

    /// The element at a path of positions.
    pub fn at(&self, path: &[usize]) -> Option<&Self> {
        path.iter().try_fold(self, |element, at| element.children.get(*at))
    }

    /// The element at a path of positions, to be changed.
    pub fn at_mut(&mut self, path: &[usize]) -> Option<&mut Self> {
        path.iter().try_fold(self, |element, at| element.children.get_mut(*at))
    }

    /// The first element that `is_it` takes, in document order, as a path of positions.
    pub fn find(&self, is_it: &dyn Fn(&Self) -> bool) -> Option<Vec<usize>> {
        if is_it(self) {
            return Some(Vec::new());
        }
        self.children.iter().enumerate().find_map(|(at, child)| {
            child.find(is_it).map(|mut path| {
                path.insert(0, at);
                path
            })
        })
    }

    /// As text, a line per element, indented by two blanks a level.
    pub fn write(&self, out: &mut String, depth: usize) {
        let indent = "  ".repeat(depth);
        out.push_str(&indent);
        out.push('<');
        out.push_str(&self.name);
        for (name, value) in &self.attributes {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            escape(out, value);
            out.push('"');
        }
        if self.children.is_empty() {
            out.push_str("/>\n");
            return;
        }
        out.push_str(">\n");
        self.children.iter().for_each(|child| child.write(out, depth + 1));
        out.push_str(&indent);
        out.push_str("</");
        out.push_str(&self.name);
        out.push_str(">\n");
    }

    /// As text, from the left margin.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0);
        out
    }
}

/// Adds a value so that it can stand in an attribute.
pub fn escape(out: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_again() {
        let text = "<a x=\"1 &lt; 2 &amp; &quot;\">\n  <b id=\"i\"/>\n</a>\n";
        assert_eq!(Element::parse(text).unwrap().text(), text);
    }

    #[test]
    fn foreign_input_is_refused_not_believed() {
        for text in ["", "<a", "<a><b></a>", "<a/><b/>", "<!DOCTYPE a []><a/>", "<a x=1/>"] {
            assert!(Element::parse(text).is_err(), "{text}");
        }
        let deep = "<a>".repeat(200);
        assert!(Element::parse(&deep).unwrap_err().contains("deeper"));
    }
}

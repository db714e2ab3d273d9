//! What can be wrong with a document, where, and what to do about it.

use std::fmt;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::limits::{ATTRIBUTES_MAX, DEPTH_MAX, DOCUMENT_BYTES_MAX};
use crate::Text;

/// A document that could not be read. Nothing of it was used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Error {
    /// Line of the document, counted from 1.
    pub line: u32,
    /// The elements around the place, outermost first, such as
    /// `cib/configuration/resources/primitive[vip]`.
    pub path: String,
    /// What is wrong, and what to do.
    #[source]
    pub problem: Problem,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.path.is_empty() {
            write!(f, ", in {}", self.path)?;
        }
        Ok(())
    }
}

/// What is wrong with a document, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Larger than [`DOCUMENT_BYTES_MAX`].
    #[error("the document has {0} bytes, more than the {max} that are read; remove old operation \
             records from its status", max = DOCUMENT_BYTES_MAX)]
    TooLarge(usize),
    /// More elements within elements than [`DEPTH_MAX`].
    #[error("elements are nested more than {max} deep; no CIB needs that", max = DEPTH_MAX)]
    TooDeep,
    /// More attributes in one element than [`ATTRIBUTES_MAX`].
    #[error("the element has more than {max} attributes; no CIB needs that", max = ATTRIBUTES_MAX)]
    TooManyAttributes,
    /// Bytes that are no UTF-8.
    #[error("byte {0} is not UTF-8; save the document in UTF-8")]
    NotUtf8(usize),
    /// An encoding other than UTF-8 is declared.
    #[error("the document declares the encoding '{0}'; save it in UTF-8 and say so")]
    Encoding(Text),
    /// A character that XML forbids.
    #[error("the character U+{0:04X} is forbidden in XML; remove it")]
    Character(u32),
    /// Not well-formed.
    #[error("not well-formed XML: {0}")]
    Malformed(Text),
    /// The document ends too early.
    #[error("the document ends inside an element; it seems to be cut off")]
    Truncated,
    /// A document type definition.
    #[error("document types are refused, since they can define entities; remove <!DOCTYPE …>")]
    Doctype,
    /// An entity that is not one of XML's own five.
    #[error("unknown entity '&{0};'; write the character itself")]
    Entity(Text),
    /// Text between elements.
    #[error("text where only elements belong: '{0}'; put it into a comment")]
    StrayText(Text),
    /// The root is something else.
    #[error("the root element is '{0}' and not 'cib'; give a whole CIB document")]
    NotACib(Text),
    /// Nothing is there.
    #[error("the document has no element; give a CIB document")]
    Empty,
    /// Something stands after the root's end.
    #[error("something follows the end of the root element; remove it")]
    AfterTheEnd,
    /// An element that does not belong there.
    #[error("element '{name}' does not belong in '{parent}'; {expected}")]
    UnknownElement {
        /// The element.
        name: Text,
        /// Around it.
        parent: Text,
        /// What belongs there instead.
        expected: &'static str,
    },
    /// An element that may be there only once.
    #[error("a second '{0}' where only one may be; merge them")]
    Twice(Text),
    /// An attribute that the element does not have.
    #[error("element '{element}' has no attribute '{name}'; remove it or correct its name")]
    UnknownAttribute {
        /// The element.
        element: Text,
        /// The attribute.
        name: Text,
    },
    /// An attribute that is needed and not there.
    #[error("element '{element}' needs the attribute '{name}'; add it")]
    MissingAttribute {
        /// The element.
        element: Text,
        /// The attribute.
        name: &'static str,
    },
    /// An element that is needed and not there.
    #[error("element '{element}' needs an element '{child}' inside; add it")]
    MissingElement {
        /// The element.
        element: Text,
        /// What it lacks.
        child: &'static str,
    },
    /// A value that means nothing.
    #[error("'{value}' is no value for '{name}'; give {expected}")]
    BadValue {
        /// The attribute.
        name: Text,
        /// Its value.
        value: Text,
        /// What it takes.
        expected: &'static str,
    },
    /// An id that another element has already.
    #[error("the id '{0}' is in use already; ids must be unique, choose another one")]
    DuplicateId(Text),
}

/// A problem at a byte of the document; [`locate`] makes an [`Error`] of it.
///
/// Boxed, so that results stay small on the good path.
#[derive(Debug)]
pub(super) struct Fault(Box<(usize, Problem)>);

impl Fault {
    /// A problem with whatever stands at byte `at`.
    pub(super) fn new(at: usize, problem: Problem) -> Self {
        Self(Box::new((at, problem)))
    }
}

/// Finds line and path of a fault by reading the document a second time up to there.
pub(super) fn locate(document: &str, fault: Fault) -> Error {
    let (at, problem) = *fault.0;
    let line = document.as_bytes().iter().take(at).filter(|&&b| b == b'\n').count() + 1;
    let line = u32::try_from(line).unwrap_or(u32::MAX);
    Error { line, path: path_at(document, at), problem }
}

/// The elements around byte `at`, including one that starts right there.
fn path_at(document: &str, at: usize) -> String {
    let mut reader = Reader::from_str(document);
    reader.config_mut().allow_unmatched_ends = true;
    reader.config_mut().check_end_names = false;
    let mut path: Vec<String> = Vec::new();
    loop {
        let start = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        if start > at || path.len() > DEPTH_MAX {
            break;
        }
        match reader.read_event() {
            Ok(Event::Start(element)) => path.push(label(&element)),
            Ok(Event::Empty(element)) if start == at => path.push(label(&element)),
            Ok(Event::End(_)) if start < at => drop(path.pop()),
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    path.join("/")
}

/// An element's name, with its id if it has one.
fn label(element: &BytesStart<'_>) -> String {
    let name = element.name().as_ref().to_owned();
    let id = element.attributes().flatten().find(|a| a.key.as_ref() == "id");
    match id {
        Some(id) if id.value.len() <= 80 => format!("{name}[{}]", id.value),
        _ => name,
    }
}

//! Walking through a document: elements, attributes, limits. Knows XML, knows nothing of a CIB.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hasher};

use quick_xml::events::attributes::AttrError;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use rustc_hash::{FxBuildHasher, FxHashSet};

use super::super::error::{Fault, Problem};
use super::super::is_forbidden;
use super::super::limits::{ATTRIBUTES_MAX, DEPTH_MAX};
use crate::value::{parse_bool, parse_score};
use crate::{Score, Text};

/// What reading a part gives.
pub(super) type Read<T> = Result<T, Fault>;

/// A document being read.
pub(super) struct Doc<'a> {
    reader: Reader<&'a [u8]>,
    depth: usize,
    /// Ids claimed so far; none are collected while `check_ids` is off.
    ids: FxHashSet<Text>,
    /// Whether ids must be unique here (in the configuration, unless `validate-with="none"`).
    pub(super) check_ids: bool,
    /// Whether unknown elements and attributes are errors (unless `validate-with="none"`).
    pub(super) strict: bool,
    long_texts: Vec<Text>,
}

/// A start tag.
pub(super) struct Element<'a> {
    start: BytesStart<'a>,
    is_empty: bool,
    /// Byte of the document where the tag starts.
    pub(super) at: usize,
}

impl Element<'_> {
    /// The element's name.
    pub(super) fn name(&self) -> &str {
        self.start.name().0
    }

    /// A problem with this element.
    pub(super) fn fault<T>(&self, problem: Problem) -> Read<T> {
        Err(Fault::new(self.at, problem))
    }
}

/// Slots for long texts that come again and again, such as digests.
const LONG_TEXT_SLOTS: usize = 4096;

/// Texts up to this length are stored in place, so sharing them gains nothing.
const SHORT_TEXT_BYTES: usize = 23;

impl<'a> Doc<'a> {
    /// A walk that starts before the root.
    pub(super) fn new(document: &'a str) -> Self {
        Self {
            reader: Reader::from_str(document),
            depth: 0,
            ids: FxHashSet::default(),
            check_ids: false,
            strict: true,
            long_texts: vec![Text::default(); LONG_TEXT_SLOTS],
        }
    }

    fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    /// The root element.
    pub(super) fn root(&mut self) -> Read<Element<'a>> {
        match self.next()? {
            Next::Element(root) => Ok(root),
            Next::Close | Next::Eof => Err(Fault::new(self.position(), Problem::Empty)),
        }
    }

    /// Checks that nothing but comments follows the root.
    pub(super) fn end(&mut self) -> Read<()> {
        match self.next()? {
            Next::Eof => Ok(()),
            Next::Element(element) => element.fault(Problem::AfterTheEnd),
            Next::Close => Err(Fault::new(self.position(), Problem::AfterTheEnd)),
        }
    }

    /// Gives each element inside `parent` to `child`, which must read it to its end.
    pub(super) fn children(
        &mut self,
        parent: &Element<'_>,
        mut child: impl FnMut(&mut Self, Element<'a>) -> Read<()>,
    ) -> Read<()> {
        if parent.is_empty {
            return Ok(());
        }
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return parent.fault(Problem::TooDeep);
        }
        loop {
            match self.next()? {
                Next::Element(element) => child(self, element)?,
                Next::Close => break,
                Next::Eof => return Err(Fault::new(parent.at, Problem::Truncated)),
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Checks that an element has no elements inside.
    pub(super) fn no_children(&mut self, parent: &Element<'_>) -> Read<()> {
        let name = parent.name();
        self.children(parent, |doc, child| doc.unknown(&child, name, "it has no elements inside"))
    }

    /// An element that the schema does not know there: an error, or passed over if not strict.
    pub(super) fn unknown(
        &mut self,
        element: &Element<'a>,
        parent: &str,
        expected: &'static str,
    ) -> Read<()> {
        if self.strict {
            let (name, parent) = (element.name().into(), parent.into());
            return element.fault(Problem::UnknownElement { name, parent, expected });
        }
        self.skip(element)
    }

    /// Passes over an element and all inside.
    pub(super) fn skip(&mut self, element: &Element<'a>) -> Read<()> {
        self.children(element, |doc, child| doc.skip(&child))
    }

    /// The next tag; text that is not blank, document types and entities are errors.
    fn next(&mut self) -> Read<Next<'a>> {
        loop {
            let at = self.position();
            let event = match self.reader.read_event() {
                Ok(event) => event,
                Err(error) => return Err(self.malformed(&error)),
            };
            match event {
                Event::Start(start) => {
                    return Ok(Next::Element(Element { start, is_empty: false, at }));
                }
                Event::Empty(start) => {
                    return Ok(Next::Element(Element { start, is_empty: true, at }));
                }
                Event::End(_) => return Ok(Next::Close),
                Event::Eof => return Ok(Next::Eof),
                Event::Text(text) => only_blank(&text.into_inner(), at)?,
                Event::CData(text) => only_blank(&text.into_inner(), at)?,
                Event::GeneralRef(name) => {
                    let stray = format!("&{};", name.into_inner());
                    return Err(Fault::new(at, Problem::StrayText(excerpt(&stray))));
                }
                Event::DocType(_) => return Err(Fault::new(at, Problem::Doctype)),
                Event::Decl(declaration) => {
                    if let Some(Ok(encoding)) = declaration.encoding()
                        && !["utf-8", "utf8", "us-ascii"]
                            .iter()
                            .any(|known| encoding.eq_ignore_ascii_case(known))
                    {
                        return Err(Fault::new(at, Problem::Encoding(excerpt(&encoding))));
                    }
                }
                Event::Comment(_) | Event::PI(_) => {}
            }
        }
    }

    fn malformed(&self, error: &quick_xml::Error) -> Fault {
        let at = usize::try_from(self.reader.error_position()).unwrap_or(usize::MAX);
        Fault::new(at, Problem::Malformed(error.to_string().into()))
    }

    /// The element's attributes, values decoded.
    pub(super) fn attributes<'e>(&self, element: &'e Element<'_>) -> Read<Attrs<'e>> {
        let mut list: Vec<(&str, Cow<'_, str>)> = Vec::new();
        let mut attributes = element.start.attributes();
        // Names are compared below, where the number of attributes is limited.
        attributes.with_checks(false);
        for attribute in attributes {
            let attribute = attribute.map_err(|e| attribute_fault(element, &e))?;
            let name = attribute.key.0;
            if list.iter().any(|(known, _)| *known == name) {
                return element.fault(Problem::Twice(name.into()));
            }
            if list.len() == ATTRIBUTES_MAX {
                return element.fault(Problem::TooManyAttributes);
            }
            list.push((name, decode(element, attribute.value)?));
        }
        Ok(Attrs { list, element: element.name(), at: element.at, strict: self.strict })
    }

    /// A text that shares its memory with earlier equal ones, if it is long.
    pub(super) fn shared(&mut self, text: &str) -> Text {
        if text.len() <= SHORT_TEXT_BYTES {
            return Text::from(text);
        }
        let mut hasher = FxBuildHasher.build_hasher();
        hasher.write(text.as_bytes());
        // The upper bits are the good ones of this hash.
        let slot = (hasher.finish() >> 32) as usize % LONG_TEXT_SLOTS;
        match self.long_texts.get_mut(slot) {
            Some(known) if known == text => known.clone(),
            Some(known) => {
                *known = Text::from(text);
                known.clone()
            }
            None => Text::from(text),
        }
    }

    /// Notes an id; an error if another element has it.
    pub(super) fn claim(&mut self, id: &Text, at: usize) -> Read<()> {
        if self.check_ids && !self.ids.insert(id.clone()) {
            return Err(Fault::new(at, Problem::DuplicateId(id.clone())));
        }
        Ok(())
    }
}

/// What comes next in a document.
enum Next<'a> {
    /// A start tag.
    Element(Element<'a>),
    /// The end of the surrounding element.
    Close,
    /// The end of the document.
    Eof,
}

fn only_blank(text: &str, at: usize) -> Read<()> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return Ok(());
    }
    Err(Fault::new(at, Problem::StrayText(excerpt(text))))
}

/// The beginning of a text, for a message.
fn excerpt(text: &str) -> Text {
    text.chars().take(40).collect()
}

/// The value of an attribute with entities resolved and white space normalised (XML 1.0 §3.3.3).
fn decode<'e>(element: &Element<'_>, raw: Cow<'e, str>) -> Read<Cow<'e, str>> {
    if !raw.bytes().any(|b| matches!(b, b'&' | b'\t' | b'\n' | b'\r')) {
        return Ok(raw);
    }
    let attribute = quick_xml::events::attributes::Attribute {
        key: quick_xml::name::QName("value"),
        value: raw,
    };
    match attribute.normalized_value(XmlVersion::Implicit1_0) {
        Ok(value) => match value.chars().find(|c| is_forbidden(*c)) {
            Some(c) => element.fault(Problem::Character(u32::from(c))),
            None => Ok(value),
        },
        Err(quick_xml::Error::Escape(quick_xml::escape::EscapeError::UnrecognizedEntity(
            _,
            name,
        ))) => element.fault(Problem::Entity(excerpt(&name))),
        Err(error) => element.fault(Problem::Malformed(error.to_string().into())),
    }
}

fn attribute_fault(element: &Element<'_>, error: &AttrError) -> Fault {
    Fault::new(element.at, Problem::Malformed(error.to_string().into()))
}

/// The attributes of one element. Readers take out what they know and say what becomes of the
/// rest: [`Attrs::finish`] or [`Attrs::rest`].
pub(super) struct Attrs<'e> {
    /// Names and values not taken yet.
    pub(super) list: Vec<(&'e str, Cow<'e, str>)>,
    element: &'e str,
    at: usize,
    strict: bool,
}

impl<'e> Attrs<'e> {
    /// Takes out the value of `name`.
    pub(super) fn take(&mut self, name: &str) -> Option<Cow<'e, str>> {
        let index = self.list.iter().position(|(known, _)| *known == name)?;
        Some(self.list.remove(index).1)
    }

    /// Takes out the value of `name` as text.
    pub(super) fn text(&mut self, name: &str) -> Option<Text> {
        self.take(name).map(Text::from)
    }

    /// Takes out the value of `name`, which must be there.
    pub(super) fn required(&mut self, name: &'static str) -> Read<Text> {
        self.text(name).ok_or_else(|| {
            let element = self.element.into();
            Fault::new(self.at, Problem::MissingAttribute { element, name })
        })
    }

    /// Takes out the id, which must be there and unique.
    pub(super) fn id(&mut self, doc: &mut Doc<'_>) -> Read<Text> {
        let id = self.required("id")?;
        doc.claim(&id, self.at)?;
        Ok(id)
    }

    /// Takes out the id, which must be unique if it is there.
    pub(super) fn optional_id(&mut self, doc: &mut Doc<'_>) -> Read<Option<Text>> {
        let id = self.text("id");
        if let Some(id) = &id {
            doc.claim(id, self.at)?;
        }
        Ok(id)
    }

    /// Takes out the value of `name` with a meaning; an error if it has none.
    pub(super) fn word<T>(
        &mut self,
        name: &str,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Read<Option<T>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        match parse(&value) {
            Some(meaning) => Ok(Some(meaning)),
            None => Err(self.bad_value(name, &value, expected)),
        }
    }

    /// As [`Self::word`], and the value must be there.
    pub(super) fn required_word<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Read<T> {
        let value = self.required(name)?;
        parse(&value).ok_or_else(|| self.bad_value(name, &value, expected))
    }

    /// Takes out the value of `name` if it has a meaning; one without stays for [`Self::rest`].
    pub(super) fn word_if<T>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let index = self.list.iter().position(|(known, _)| *known == name)?;
        let meaning = parse(&self.list[index].1)?;
        self.list.remove(index);
        Some(meaning)
    }

    /// Takes out the score.
    pub(super) fn score(&mut self) -> Read<Option<Score>> {
        self.word("score", "a whole number, INFINITY or -INFINITY", parse_score)
    }

    /// Takes out a truth; a value that is none stays for [`Self::rest`].
    pub(super) fn truth(&mut self, name: &str) -> Option<bool> {
        self.word_if(name, parse_bool)
    }

    fn bad_value(&self, name: &str, value: &str, expected: &'static str) -> Fault {
        let (name, value) = (name.into(), excerpt(value));
        Fault::new(self.at, Problem::BadValue { name, value, expected })
    }

    /// What was not taken, in written order.
    pub(super) fn rest(self) -> Vec<(Text, Text)> {
        self.list.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    /// Checks that everything was taken.
    pub(super) fn finish(self) -> Read<()> {
        match self.list.first() {
            Some((name, _)) if self.strict => {
                let (element, name) = (self.element.into(), (*name).into());
                Err(Fault::new(self.at, Problem::UnknownAttribute { element, name }))
            }
            _ => Ok(()),
        }
    }
}

//! What an agent says about itself: parameters with their types, actions.
//!
//! The format is the fence-agent API's XML (`lib/metadata.rng` of fence-agents).

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use rota_ids::Text;

/// An agent's description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Its name.
    pub name: Text,
    /// One line about it.
    pub short: Text,
    /// More about it.
    pub long: Text,
    /// What it takes.
    pub parameters: Vec<Parameter>,
    /// What it can do.
    pub actions: Vec<ActionInfo>,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: Text,
    /// It must be given.
    pub required: bool,
    /// It should not be used any more.
    pub deprecated: bool,
    /// The older name that it replaces.
    pub obsoletes: Option<Text>,
    /// What values it takes.
    pub kind: Kind,
    /// Its value when it is not given.
    pub default: Option<Text>,
    /// One line about it.
    pub short: Text,
}

/// The type of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    String,
    /// Yes or no, in the many spellings of the field.
    Boolean,
    /// A whole number.
    Integer,
    /// A time in seconds.
    Second,
    /// One of these.
    Select(Vec<Text>),
}

/// Something an agent can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionInfo {
    /// Its name.
    pub name: Text,
    /// "on" is done by the cluster when the node joins (unfencing).
    pub automatic: bool,
    /// It must run on the node it is about.
    pub on_target: bool,
}

impl ActionInfo {
    /// An action without peculiarities.
    pub fn plain(name: &str) -> Self {
        Self { name: name.into(), automatic: false, on_target: false }
    }
}

impl Parameter {
    fn new(name: &str, kind: Kind, short: &str) -> Self {
        Self {
            name: name.into(),
            required: false,
            deprecated: false,
            obsoletes: None,
            kind,
            default: None,
            short: short.into(),
        }
    }

    pub(crate) fn string(name: &str, short: &str) -> Self {
        Self::new(name, Kind::String, short)
    }

    pub(crate) fn boolean(name: &str, short: &str) -> Self {
        Self::new(name, Kind::Boolean, short)
    }

    pub(crate) fn integer(name: &str, short: &str) -> Self {
        Self::new(name, Kind::Integer, short)
    }

    pub(crate) fn second(name: &str, short: &str) -> Self {
        Self::new(name, Kind::Second, short)
    }

    pub(crate) fn select(name: &str, short: &str, values: &[&str]) -> Self {
        Self::new(name, Kind::Select(values.iter().map(|v| (*v).into()).collect()), short)
    }

    pub(crate) fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(crate) fn default(mut self, value: &str) -> Self {
        self.default = Some(value.into());
        self
    }

    pub(crate) fn obsoletes(mut self, older: &str) -> Self {
        self.obsoletes = Some(older.into());
        self
    }

    /// What is wrong with this value, if anything.
    pub(crate) fn problem_with(&self, value: &str) -> Option<String> {
        let fits = match &self.kind {
            Kind::String => true,
            Kind::Boolean => ["0", "1", "yes", "no", "on", "off", "true", "false"]
                .contains(&value.to_ascii_lowercase().as_str()),
            Kind::Integer => value.trim().parse::<i64>().is_ok(),
            Kind::Second => rota_ids::duration::parse(value).is_some(),
            Kind::Select(values) => values.iter().any(|v| v == value),
        };
        (!fits).then(|| match &self.kind {
            Kind::String => String::new(),
            Kind::Boolean => "is not yes or no (1, 0)".into(),
            Kind::Integer => "is not a whole number".into(),
            Kind::Second => "is not a time in seconds".into(),
            Kind::Select(values) => {
                let values: Vec<&str> = values.iter().map(Text::as_str).collect();
                format!("is none of {}", values.join(", "))
            }
        })
    }
}

impl Metadata {
    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|p| p.name == name)
    }

    /// Whether the agent has this action.
    pub fn can(&self, action: &str) -> bool {
        self.actions.iter().any(|a| a.name == action)
    }

    /// "on" is unfencing, done when a node joins.
    pub fn unfences(&self) -> bool {
        self.actions.iter().any(|a| a.name == "on" && a.automatic)
    }

    /// Reads an agent's description. The error is a sentence for people.
    pub fn parse(xml: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(xml);
        let mut found = Self::default();
        let mut current: Option<Parameter> = None;
        let mut inside = Vec::new();
        let mut words = String::new();
        loop {
            let event = reader.read_event().map_err(|e| {
                format!("meta-data is not XML at byte {}: {e}", reader.buffer_position())
            })?;
            match event {
                Event::Eof => break,
                Event::Start(tag) => {
                    inside.push(name_of(&tag));
                    words.clear();
                    found.take(&tag, &mut current)?;
                }
                Event::Empty(tag) => {
                    found.take(&tag, &mut current)?;
                    found.end(&name_of(&tag), "", &mut current);
                }
                Event::End(_) => {
                    let ended = inside.pop().unwrap_or_default();
                    found.end(&ended, words.trim(), &mut current);
                }
                Event::Text(text) => words.push_str(&text),
                Event::GeneralRef(reference) => words.push_str(&character(&reference)?),
                Event::CData(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_) => {}
            }
        }
        if found.name.is_empty() {
            return Err("meta-data has no <resource-agent name=...>".into());
        }
        Ok(found)
    }

    fn take(
        &mut self,
        tag: &BytesStart<'_>,
        current: &mut Option<Parameter>,
    ) -> Result<(), String> {
        match name_of(tag).as_str() {
            "resource-agent" => {
                self.name = attribute(tag, "name")?.unwrap_or_default();
                self.short = attribute(tag, "shortdesc")?.unwrap_or_default();
            }
            "parameter" => {
                let mut parameter =
                    Parameter::string(&attribute(tag, "name")?.unwrap_or_default(), "");
                parameter.required = flag(tag, "required")?;
                parameter.deprecated = flag(tag, "deprecated")?;
                parameter.obsoletes = attribute(tag, "obsoletes")?;
                *current = Some(parameter);
            }
            "content" => {
                if let Some(parameter) = current {
                    parameter.default = attribute(tag, "default")?;
                    parameter.kind = match attribute(tag, "type")?.as_deref() {
                        Some("boolean") => Kind::Boolean,
                        Some("integer") => Kind::Integer,
                        Some("second") => Kind::Second,
                        Some("select") => Kind::Select(Vec::new()),
                        Some(_) | None => Kind::String,
                    };
                }
            }
            "option" => {
                if let (Some(Parameter { kind: Kind::Select(values), .. }), Some(value)) =
                    (current, attribute(tag, "value")?)
                {
                    values.push(value);
                }
            }
            "action" => self.actions.push(ActionInfo {
                name: attribute(tag, "name")?.unwrap_or_default(),
                automatic: flag(tag, "automatic")?,
                on_target: flag(tag, "on_target")?,
            }),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, tag: &str, words: &str, current: &mut Option<Parameter>) {
        match (tag, current.as_mut()) {
            ("shortdesc", Some(parameter)) => parameter.short = words.into(),
            ("longdesc", None) => self.long = words.into(),
            ("parameter", Some(_)) => self.parameters.extend(current.take()),
            (_, Some(_) | None) => {}
        }
    }

    /// The description as the fence-agent API wants it.
    pub fn to_xml(&self) -> String {
        let mut xml = format!(
            "<?xml version=\"1.0\" ?>\n<resource-agent name=\"{}\" shortdesc=\"{}\" >\n\
             <longdesc>{}</longdesc>\n<vendor-url></vendor-url>\n<parameters>\n",
            escaped(&self.name),
            escaped(&self.short),
            escaped(&self.long)
        );
        for parameter in &self.parameters {
            xml.push_str(&parameter.to_xml());
        }
        xml.push_str("</parameters>\n<actions>\n");
        for action in &self.actions {
            let automatic = if action.automatic { " automatic=\"1\"" } else { "" };
            let on_target = if action.on_target { " on_target=\"1\"" } else { "" };
            let name = escaped(&action.name);
            xml.push_str(&format!("\t<action name=\"{name}\"{automatic}{on_target} />\n"));
        }
        xml.push_str("</actions>\n</resource-agent>\n");
        xml
    }
}

impl Parameter {
    fn to_xml(&self) -> String {
        let (kind, options) = match &self.kind {
            Kind::String => ("string", String::new()),
            Kind::Boolean => ("boolean", String::new()),
            Kind::Integer => ("integer", String::new()),
            Kind::Second => ("second", String::new()),
            Kind::Select(values) => {
                let option = |v: &Text| format!("<option value=\"{}\" />", escaped(v));
                ("select", values.iter().map(option).collect())
            }
        };
        let default = self
            .default
            .as_ref()
            .map(|d| format!(" default=\"{}\"", escaped(d)))
            .unwrap_or_default();
        let obsoletes = self
            .obsoletes
            .as_ref()
            .map(|o| format!(" obsoletes=\"{}\"", escaped(o)))
            .unwrap_or_default();
        format!(
            "\t<parameter name=\"{name}\" unique=\"0\" required=\"{required}\"{obsoletes}>\n\
             \t\t<getopt mixed=\"--{option}=[{name}]\" />\n\
             \t\t<content type=\"{kind}\"{default} >{options}</content>\n\
             \t\t<shortdesc lang=\"en\">{short}</shortdesc>\n\t</parameter>\n",
            name = escaped(&self.name),
            option = escaped(&self.name.replace('_', "-")),
            required = u8::from(self.required),
            short = escaped(&self.short),
        )
    }
}

fn escaped(text: &str) -> std::borrow::Cow<'_, str> {
    quick_xml::escape::escape(text)
}

/// The text of `&quot;` or `&#39;`.
fn character(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Some(c) = reference.resolve_char_ref().map_err(|e| format!("meta-data: {e}"))? {
        return Ok(c.into());
    }
    resolve_predefined_entity(reference)
        .map(str::to_owned)
        .ok_or_else(|| "meta-data has an unknown entity".into())
}

fn name_of(tag: &BytesStart<'_>) -> String {
    tag.name().as_ref().to_owned()
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<Option<Text>, String> {
    let found = tag.try_get_attribute(name).map_err(|e| format!("meta-data: {e}"))?;
    found
        .map(|a| a.normalized_value(XmlVersion::Implicit1_0).map(|v| Text::from(v.as_ref())))
        .transpose()
        .map_err(|e| format!("meta-data: {e}"))
}

fn flag(tag: &BytesStart<'_>, name: &str) -> Result<bool, String> {
    Ok(attribute(tag, name)?.is_some_and(|value| value == "1" || value == "true"))
}

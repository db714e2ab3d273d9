//! OCF meta-data XML -> [`Metadata`]. Unknown elements are passed over, as the standard asks.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use rota_ids::duration::{self, parse_limit};

use super::{ActionSpec, Metadata, MetadataError, Parameter};
use crate::limits::METADATA_DEPTH;

pub(super) fn parse(xml: &str) -> Result<Metadata, MetadataError> {
    let mut reader = Reader::from_str(xml);
    let mut state = State::default();
    loop {
        let at = reader.buffer_position();
        let wrong = |what: String| MetadataError::Unreadable { at, what };
        match reader.read_event().map_err(|error| wrong(error.to_string()))? {
            Event::Start(element) => {
                state.open(&element).map_err(wrong)?;
                state.path.push(name(&element));
                if state.path.len() > METADATA_DEPTH {
                    return Err(wrong("nested too deeply".into()));
                }
                state.text.clear();
            }
            Event::Empty(element) => {
                state.open(&element).map_err(wrong)?;
                state.path.push(name(&element));
                state.text.clear();
                state.close();
            }
            Event::End(_) => state.close(),
            Event::Text(text) => state.text.push_str(&text),
            Event::CData(text) => state.text.push_str(&text),
            Event::GeneralRef(reference) => {
                state.text.push_str(&resolve(&reference).map_err(wrong)?);
            }
            Event::Eof if state.seen && state.path.is_empty() => return Ok(state.metadata),
            Event::Eof => return Err(wrong("it ends too early".into())),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

#[derive(Default)]
struct State {
    path: Vec<String>,
    text: String,
    metadata: Metadata,
    seen: bool,
}

fn name(element: &BytesStart<'_>) -> String {
    element.local_name().as_ref().to_owned()
}

/// The five entities of XML and characters by number; agents need no others.
fn resolve(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Some(character) = reference.resolve_char_ref().map_err(|e| e.to_string())? {
        return Ok(character.to_string());
    }
    let name: &str = reference;
    quick_xml::escape::resolve_predefined_entity(name)
        .map(str::to_owned)
        .ok_or_else(|| format!("unknown entity '{name}'"))
}

fn attribute(element: &BytesStart<'_>, wanted: &str) -> Result<Option<String>, String> {
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        if attribute.key.local_name().as_ref() == wanted {
            let value = quick_xml::escape::unescape(&attribute.value);
            let value = value.map_err(|error| error.to_string())?;
            return Ok(Some(value.into_owned()));
        }
    }
    Ok(None)
}

fn flag(element: &BytesStart<'_>, wanted: &str) -> Result<bool, String> {
    let value = attribute(element, wanted)?;
    Ok(matches!(value.as_deref(), Some("1" | "true" | "yes" | "on" | "y")))
}

impl State {
    fn parent(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    fn open(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        match (self.parent(), name(element).as_str()) {
            ("", "resource-agent") => {
                self.seen = true;
                self.metadata.name = attribute(element, "name")?.unwrap_or_default();
                self.metadata.standard = "1.0".into();
            }
            ("", other) => return Err(format!("<{other}> where <resource-agent> should be")),
            ("parameters", "parameter") => {
                let parameter = Parameter {
                    name: attribute(element, "name")?.unwrap_or_default(),
                    required: flag(element, "required")?,
                    unique: flag(element, "unique")?,
                    unique_group: attribute(element, "unique-group")?,
                    reloadable: flag(element, "reloadable")?,
                    private: flag(element, "private")?,
                    kind: "string".into(),
                    ..Parameter::default()
                };
                self.metadata.parameters.push(parameter);
            }
            ("parameter", "content") => {
                let (kind, default) = (attribute(element, "type")?, attribute(element, "default")?);
                if let Some(parameter) = self.metadata.parameters.last_mut() {
                    parameter.kind = kind.unwrap_or_else(|| "string".into());
                    parameter.default = default;
                }
            }
            ("content", "option") => {
                let value = attribute(element, "value")?;
                if let Some(parameter) = self.metadata.parameters.last_mut() {
                    parameter.choices.extend(value);
                }
            }
            ("parameter", "deprecated") => {
                if let Some(parameter) = self.metadata.parameters.last_mut() {
                    parameter.deprecated = Some(Vec::new());
                }
            }
            ("deprecated", "replaced-with") => {
                let new = attribute(element, "name")?;
                if let Some(parameter) = self.metadata.parameters.last_mut() {
                    parameter.deprecated.get_or_insert_default().extend(new);
                }
            }
            ("actions", "action") => self.metadata.actions.push(ActionSpec {
                name: attribute(element, "name")?.unwrap_or_default(),
                timeout: attribute(element, "timeout")?.as_deref().and_then(parse_limit),
                interval: attribute(element, "interval")?.as_deref().and_then(duration::parse),
                depth: attribute(element, "depth")?.and_then(|depth| depth.parse().ok()),
                role: attribute(element, "role")?,
            }),
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self) {
        let Some(element) = self.path.pop() else { return };
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        let metadata = &mut self.metadata;
        // The first of several languages is the agent's own, in practice English.
        let target = match (self.path.last().map(String::as_str), element.as_str()) {
            (Some("resource-agent"), "version") if !text.is_empty() => {
                metadata.standard = text.to_owned();
                return;
            }
            (Some("resource-agent"), "shortdesc") => Some(&mut metadata.shortdesc),
            (Some("resource-agent"), "longdesc") => Some(&mut metadata.longdesc),
            (Some("parameter"), "shortdesc") => {
                metadata.parameters.last_mut().map(|p| &mut p.shortdesc)
            }
            (Some("parameter"), "longdesc") => {
                metadata.parameters.last_mut().map(|p| &mut p.longdesc)
            }
            _ => None,
        };
        if let Some(target) = target.filter(|target| target.is_empty()) {
            text.clone_into(target);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::metadata::ParameterFault;
    use crate::request::Action;

    const VIP: &str = r#"<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">
<resource-agent name="Vip" version="1.2">
  <version>1.1</version>
  <longdesc lang="en">Holds an address &amp; announces it.</longdesc>
  <shortdesc lang="en">an address</shortdesc>
  <shortdesc lang="de">eine Adresse</shortdesc>
  <parameters>
    <parameter name="ip" unique-group="address" required="1">
      <shortdesc>the address</shortdesc><content type="string"/>
    </parameter>
    <parameter name="mode" reloadable="1">
      <content type="select" default="fast"><option value="fast"/><option value="safe"/></content>
    </parameter>
    <parameter name="address" unique="true"><deprecated><replaced-with name="ip"/></deprecated>
      <content type="string"/></parameter>
    <parameter name="secret" private="1"><content type="string" default="&lt;none&gt;"/></parameter>
  </parameters>
  <actions>
    <action name="start" timeout="20s"/><action name="reload-agent" timeout="20"/>
    <action name="monitor" timeout="20s" interval="10s" depth="0"/>
    <action name="monitor" timeout="1min" interval="500ms" role="Promoted"/>
  </actions>
  <special tag="unknown"><nested/></special>
</resource-agent>
"#;

    #[test]
    fn a_description_is_read() {
        let m = Metadata::parse(VIP).unwrap();
        assert_eq!((m.name.as_str(), m.standard.as_str()), ("Vip", "1.1"));
        assert_eq!(m.longdesc, "Holds an address & announces it.");
        assert_eq!(m.shortdesc, "an address");
        let ip = m.parameter("ip").unwrap();
        assert!(ip.required && !ip.unique && !ip.reloadable);
        assert_eq!(ip.unique_group.as_deref(), Some("address"));
        assert_eq!(m.parameter("address").unwrap().deprecated, Some(vec!["ip".into()]));
        let secret = m.parameter("secret").unwrap();
        assert!(secret.private);
        assert_eq!(m.secrets().collect::<Vec<_>>(), ["secret"]);
        let fixed: Vec<&str> = m.fixed().unwrap().collect();
        assert!(fixed.contains(&"ip") && !fixed.contains(&"mode"), "{fixed:?}");
        assert_eq!(secret.default.as_deref(), Some("<none>"));
        assert_eq!(m.actions[2].interval, Some(Duration::from_secs(10)));
        assert_eq!(m.actions[3].interval, Some(Duration::from_millis(500)));
        assert_eq!(m.actions[3].timeout, Some(Duration::from_secs(60)));
        assert_eq!(m.actions[3].role.as_deref(), Some("Promoted"));
        assert!(m.can(Action::Start) && !m.can(Action::Promote));
        assert!(m.reloads("mode") && !m.reloads("ip"));
    }

    #[test]
    fn wrong_parameters_are_all_named() {
        let m = Metadata::parse(VIP).unwrap();
        assert_eq!(m.check([("ip", "10.0.0.1"), ("mode", "safe")]), []);
        assert_eq!(m.check([("address", "10.0.0.1")]), [], "the old name stands for the new");
        assert_eq!(
            m.check([("mdoe", "fast"), ("mode", "slow"), ("zzzzzzzz", "1")]),
            [
                ParameterFault::Unknown { name: "mdoe".into(), meant: Some("mode".into()) },
                ParameterFault::NotAllowed {
                    name: "mode".into(),
                    choices: vec!["fast".into(), "safe".into()]
                },
                ParameterFault::Unknown { name: "zzzzzzzz".into(), meant: None },
                ParameterFault::Missing("ip".into()),
            ]
        );
    }

    #[test]
    fn rubbish_is_refused_with_its_place() {
        let deep = "<resource-agent>".to_owned() + &"<x>".repeat(100);
        for (xml, what) in [
            ("", "too early"),
            ("plain text", "too early"),
            ("<html/>", "where <resource-agent> should be"),
            ("<resource-agent><parameters>", "too early"),
            ("<resource-agent><parameters></resource-agent>", ""),
            ("<resource-agent>&bomb;</resource-agent>", "unknown entity 'bomb'"),
            (deep.as_str(), "too deeply"),
        ] {
            match Metadata::parse(xml) {
                Err(MetadataError::Unreadable { what: said, .. }) => {
                    assert!(said.contains(what), "{xml:.40}: {said}");
                }
                other => panic!("{xml:.40}: {other:?}"),
            }
        }
    }
}

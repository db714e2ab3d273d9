//! No input makes the reader panic, and whatever it accepts survives writing and reading.

mod common;

use proptest::prelude::*;
use rota_cib::date::{self, Calendar};
use rota_cib::validate::validate;
use rota_cib::zone::Zone;
use rota_cib::{failures, near, value, xml};

/// Reads, and if that works writes and reads again.
fn survives(document: &[u8]) -> Result<(), TestCaseError> {
    let Ok(cib) = xml::read(document) else { return Ok(()) };
    let written = xml::write(&cib);
    match xml::read(written.as_bytes()) {
        Ok(again) => prop_assert_eq!(&again, &cib),
        Err(error) => prop_assert!(false, "{error}: {}: {written}", error.problem),
    }
    validate(&cib.config);
    Ok(())
}

fn everything() -> Vec<u8> {
    let file = common::own_documents().into_iter().find(|path| path.ends_with("everything.xml"));
    file.and_then(|path| std::fs::read(path).ok()).unwrap_or_default()
}

/// Pieces of documents, legal and not.
const PIECES: [&str; 24] = [
    "<cib validate-with=\"pacemaker-3.9\">",
    "<cib validate-with=\"none\" epoch='1'>",
    "</cib>",
    "<configuration>",
    "</configuration>",
    "<resources>",
    "</resources>",
    "<group id=\"g\">",
    "</group>",
    "<primitive id=\"p\" class=\"ocf\" provider=\"x\" type=\"y\"/>",
    "<status>",
    "</status>",
    "<node_state id=\"1\" uname=\"&#x41;&amp;\">",
    "</node_state>",
    "<lrm><lrm_resources>",
    "</lrm_resources></lrm>",
    "<lrm_resource id=\"a\"><lrm_rsc_op id=\"x\" call-id=\"many\" rc-code=\"-\"/></lrm_resource>",
    "<constraints><rsc_location id=\"l\" score=\"INFINITY\"/>",
    "</constraints>",
    "<!-- x -->",
    "<?pi?>",
    "&lt;",
    " \n",
    "<rule id=\"r\"><date_expression id=\"d\" operation=\"date_spec\"><date_spec id=\"s\"/></date_expression></rule>",
];

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survives(&bytes)?;
    }

    #[test]
    fn any_text_as_attribute(value in "\\PC*", name in "[a-z-]{1,8}") {
        let document = format!("<cib {name}=\"{value}\"/>");
        survives(document.as_bytes())?;
    }

    #[test]
    fn pieces_in_any_order(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..20)) {
        survives(pieces.concat().as_bytes())?;
    }

    /// Values are read or refused, whatever they are; dates at the ends of time too.
    #[test]
    fn any_value(text in "\\PC{0,12}", dates in "[0-9TZW:+ -]{0,24}", now in any::<i64>(), offset in any::<i32>()) {
        value::parse_bool(&text);
        value::parse_score(&text);
        value::parse_duration(&text);
        value::parse_duration(&format!("PT{text}"));
        date::parse(&text, &Zone::fixed(offset));
        if let Some(moment) = date::parse(&dates, &Zone::fixed(offset)) {
            date::add(moment, &[("months".into(), text.as_str().into())]);
        }
        date::ctime(now);
        for (name, range) in [("hours", "9-16"), ("years", "2020-"), ("weekdays", dates.as_str())] {
            if let Some(calendar) = Calendar::parse(&[(name.into(), range.into())]) {
                calendar.holds(now, &Zone::fixed(offset));
                calendar.next_change(now, &Zone::fixed(offset));
            }
        }
        failures::parse_name(&format!("fail-count-{text}"));
        near::nearest(&text, ["stonith-enabled", dates.as_str()]);
    }

    /// The document that uses the whole schema, with bytes changed, cut out and doubled.
    #[test]
    fn damaged_documents(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<Option<(prop::sample::Index, u8)>>(),
        twice in any::<Option<(prop::sample::Index, u8)>>(),
    ) {
        let mut bytes = everything();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some((at, length)) = cut {
            let at = at.index(bytes.len());
            let end = (at + usize::from(length)).min(bytes.len());
            bytes.drain(at..end);
        }
        if let Some((at, length)) = twice {
            let at = at.index(bytes.len());
            let end = (at + usize::from(length)).min(bytes.len());
            let piece = bytes[at..end].to_vec();
            bytes.splice(end..end, piece);
        }
        survives(&bytes)?;
    }
}

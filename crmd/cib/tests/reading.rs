//! Documents of others are read without loss of anything, and hostile ones are refused with a
//! place and advice.

mod common;

use rota_cib::xml::{self, Problem};

#[test]
fn every_shared_document_reads() {
    let mut failures = Vec::new();
    for path in common::shared_documents() {
        let bytes = std::fs::read(&path).unwrap();
        if let Err(error) = xml::read(&bytes) {
            failures.push(format!("{}: {error}: {}", path.display(), error.problem));
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

/// Reads a configuration part and gives line, path and message of the refusal.
fn refusal(document: &str) -> (u32, String, Problem) {
    let error = xml::read(document.as_bytes()).expect_err(document);
    (error.line, error.path, error.problem)
}

fn with_resources(resources: &str) -> String {
    format!(
        "<cib validate-with=\"pacemaker-3.9\">\n<configuration>\n<resources>\n{resources}\n\
         </resources>\n</configuration>\n</cib>\n"
    )
}

#[test]
fn a_duplicate_id_is_refused_where_it_stands() {
    let dummy = |id| format!("<primitive id=\"{id}\" class=\"ocf\" provider=\"p\" type=\"t\"/>");
    let document = with_resources(&[dummy("a"), dummy("b"), dummy("a")].join("\n"));
    let (line, path, problem) = refusal(&document);
    assert_eq!(line, 6);
    assert_eq!(path, "cib/configuration/resources/primitive[a]");
    assert_eq!(problem, Problem::DuplicateId("a".into()));
}

#[test]
fn an_unknown_attribute_is_refused_where_it_stands() {
    let document = with_resources("<group id=\"g\">\n<primitive id=\"p\" klass=\"ocf\"/></group>");
    let (line, path, problem) = refusal(&document);
    assert_eq!((line, path.as_str()), (5, "cib/configuration/resources/group[g]/primitive[p]"));
    let (element, name) = ("primitive".into(), "klass".into());
    assert_eq!(problem, Problem::UnknownAttribute { element, name });
}

#[test]
fn entities_beyond_xmls_own_are_refused() {
    let laughs =
        "<!DOCTYPE cib [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]>\n<cib dc-uuid=\"&b;\"/>";
    assert_eq!(refusal(laughs).2, Problem::Doctype);
    let (line, path, problem) = refusal("<cib\n dc-uuid=\"&b;\"/>");
    assert_eq!((line, path.as_str()), (1, "cib"));
    assert_eq!(problem, Problem::Entity("b".into()));
}

#[test]
fn xmls_own_entities_and_white_space_are_decoded() {
    let cib = xml::read(b"<cib dc-uuid=\"&lt;&#65;&amp;&quot;&#10;\n>\"/>").unwrap();
    assert_eq!(cib.header.dc_uuid.as_deref(), Some("<A&\"\n >"));
}

#[test]
fn deep_nesting_is_refused() {
    let inner = format!("{}{}", "<rule id=\"r\">".repeat(50_000), "</rule>".repeat(50_000));
    let document = format!(
        "<cib validate-with=\"none\"><configuration><crm_config><cluster_property_set id=\"s\">\
         {inner}</cluster_property_set></crm_config></configuration></cib>"
    );
    assert_eq!(refusal(&document).2, Problem::TooDeep);
}

#[test]
fn bytes_that_are_no_utf8_are_refused_with_their_line() {
    let error = xml::read(b"<cib\n dc-uuid=\"\xff\"/>").expect_err("bad utf-8");
    assert_eq!((error.line, error.problem), (2, Problem::NotUtf8(15)));
}

#[test]
fn control_characters_are_refused_however_written() {
    assert_eq!(refusal("<cib dc-uuid=\"\u{1}\"/>").2, Problem::Character(1));
    assert_eq!(refusal("<cib dc-uuid=\"&#2;\"/>").2, Problem::Character(2));
    assert_eq!(refusal("<cib dc-uuid=\"\u{ffff}\"/>").2, Problem::Character(0xffff));
}

#[test]
fn what_is_no_whole_cib_is_refused() {
    assert_eq!(refusal("").2, Problem::Empty);
    assert_eq!(refusal("<!-- nothing -->").2, Problem::Empty);
    assert_eq!(refusal("<resources/>").2, Problem::NotACib("resources".into()));
    assert_eq!(refusal("<cib/><cib/>").2, Problem::AfterTheEnd);
    assert_eq!(refusal("<cib><configuration>").2, Problem::Truncated);
    assert_eq!(refusal("<cib>text</cib>").2, Problem::StrayText("text".into()));
    assert!(matches!(refusal("<cib").2, Problem::Malformed(_)));
    assert!(matches!(refusal("<cib></bic>").2, Problem::Malformed(_)));
    assert_eq!(refusal("<cib a='1' a='2'/>").2, Problem::Twice("a".into()));
    let latin = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><cib/>";
    assert_eq!(refusal(latin).2, Problem::Encoding("ISO-8859-1".into()));
}

#[test]
fn a_document_that_asks_for_no_validation_may_hold_strangers() {
    let document = "<cib validate-with=\"none\"><configuration><strange><x/></strange><resources>\
                    <group id=\"g\" odd=\"1\"/><group id=\"g\"/></resources></configuration></cib>";
    let cib = xml::read(document.as_bytes()).unwrap();
    assert_eq!(cib.config.resources.len(), 2);
}

//! Documents of older schemas say the same in today's words.

#![expect(clippy::unwrap_used, reason = "a test stops where its input is broken")]

mod common;

use rota_cib::constraint::{Constraint, Role};
use rota_cib::resource::Resource;
use rota_cib::{Cib, xml};

fn old() -> Cib {
    let path = common::own_documents().into_iter().find(|path| path.ends_with("old.xml")).unwrap();
    xml::read(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn properties_move_to_defaults_and_take_their_new_names() {
    let cib = old();
    assert_eq!(cib.header.validate_with, "pacemaker-3.0");
    let properties: Vec<String> = cib.config.properties[0]
        .pairs
        .iter()
        .map(|p| format!("{}={}", p.name.as_deref().unwrap(), p.value.as_deref().unwrap()))
        .collect();
    let expected =
        ["no-quorum-policy=ignore", "stonith-action=off", "transition-delay=1s", "my_own=x"];
    assert_eq!(properties, expected);
    let default = |name| cib.config.rsc_defaults[0].get(name).map(ToString::to_string);
    assert_eq!(default("resource-stickiness").as_deref(), Some("100"));
    assert_eq!(
        cib.config.op_defaults[0].get("timeout").map(ToString::to_string).as_deref(),
        Some("30s")
    );
}

#[test]
fn roles_and_requirements_are_understood() {
    let cib = old();
    let Resource::Clone(clone) = &cib.config.resources[0] else { panic!("no clone") };
    assert!(clone.written_as_master);
    let db = cib.config.resources[0].primitives()[0];
    assert_eq!(
        db.meta[0].get("migration-threshold").map(ToString::to_string).as_deref(),
        Some("3")
    );
    assert_eq!(db.meta[1].get("requires").map(ToString::to_string).as_deref(), Some("quorum"));
    assert!(db.operations.ops[0].attributes.is_empty());
    assert_eq!(db.operations.ops[1].attributes[0].1, "Promoted");
    let Constraint::Colocation(colocation) = &cib.config.constraints[0] else { panic!() };
    assert_eq!(colocation.with_rsc_role, Some(Role::Promoted));
}

#[test]
fn users_with_permissions_of_their_own_get_a_role() {
    let acls = old().config.acls;
    assert_eq!(acls.subjects[0].roles, ["r", "auto-bob"]);
    let permission: Vec<(&str, &str)> =
        acls.roles[1].permissions[0].iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let expected =
        [("id", "w1"), ("kind", "write"), ("object-type", "nvpair"), ("attribute", "value")];
    assert_eq!(permission, expected);
}

#[test]
fn an_upgraded_document_stays_as_it_is() {
    let cib = old();
    assert_eq!(xml::read(xml::write(&cib).as_bytes()).unwrap(), cib);
}

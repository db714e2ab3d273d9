//! What changes do to a Cib, and that edits between two configurations make one of the other.

#![expect(clippy::unwrap_used, reason = "a test stops where its input is broken")]

mod common;

use proptest::prelude::*;
use rota_cib::change::{
    AttributeChange, AttributeKind, Change, Configure, Edit, Item, Lifetime, List, NewValue,
    NodeUpdate, OperationFilter, Place, Recorded, Refused, ReplaceConfig, TicketAction, apply,
    diff, is_noop,
};
use rota_cib::node::Node;
use rota_cib::status::{DONE, OperationRecord, PENDING, ResourceHistory};
use rota_cib::validate::Problem;
use rota_cib::{Cib, Config, Text, Version, xml};
use rota_ids::WallTime;

const NOW: WallTime = WallTime(1_342_187_477);

/// A Cib with two nodes and a resource, at version 0.5.0.
fn cib() -> Cib {
    let document = "<cib validate-with=\"pacemaker-3.9\" admin_epoch=\"0\" epoch=\"5\" num_updates=\"0\">\
        <configuration><crm_config/><nodes><node id=\"1\" uname=\"n1\"/><node id=\"2\" uname=\"n2\"/></nodes>\
        <resources><primitive id=\"vip\" class=\"ocf\" provider=\"heartbeat\" type=\"IPaddr2\"/></resources>\
        <constraints><rsc_location id=\"loc\" rsc=\"vip\" node=\"n1\" score=\"1\"/></constraints>\
        </configuration><status/></cib>";
    xml::read(document.as_bytes()).unwrap()
}

fn version(epoch: u64, num_updates: u64) -> Version {
    Version { admin_epoch: 0, epoch, num_updates }
}

fn record(operation: &str, interval_ms: u32, rc: i32, expected: i32) -> Change {
    let record = OperationRecord {
        operation: operation.into(),
        key: Some(format!("vip_{operation}_{interval_ms}").into()),
        interval_ms,
        rc,
        op_status: DONE,
        transition_key: Some(format!("1:1:{expected}:uuid").into()),
        ..OperationRecord::default()
    };
    let resource = ResourceHistory { id: "vip".into(), ..ResourceHistory::default() };
    Change::RecordOperation(Box::new(Recorded { node: "1".into(), resource, record }))
}

fn records(cib: &Cib) -> Vec<(String, i32)> {
    let histories = cib.status.nodes.iter().flat_map(|node| &node.history);
    histories.flat_map(|h| &h.operations).map(|r| (r.id.to_string(), r.rc)).collect()
}

fn ids(cib: &Cib) -> Vec<String> {
    records(cib).into_iter().map(|(id, _)| id).collect()
}

fn attribute(name: &str, value: NewValue, lifetime: Lifetime) -> Change {
    Change::SetAttribute(AttributeChange {
        node: "1".into(),
        name: name.into(),
        value,
        lifetime,
        kind: AttributeKind::Plain,
        set: None,
    })
}

#[test]
fn records_replace_each_other_as_pacemakers_do() {
    let mut cib = cib();
    for (operation, interval, rc, expected) in
        [("monitor", 0, 7, 7), ("start", 0, 0, 0), ("monitor", 10_000, 0, 0)]
    {
        apply(&mut cib, &record(operation, interval, rc, expected), NOW).unwrap();
    }
    assert_eq!(ids(&cib), ["vip_last_0", "vip_monitor_10000"]);
    // A repeated monitor that fails leaves the success before it.
    apply(&mut cib, &record("monitor", 10_000, 7, 0), NOW).unwrap();
    let expected = [("vip_last_0", 0), ("vip_monitor_10000", 0), ("vip_last_failure_0", 7)];
    assert_eq!(records(&cib), expected.map(|(id, rc)| (id.to_owned(), rc)));
    // Stopping ends what is repeated.
    apply(&mut cib, &record("stop", 0, 0, 0), NOW).unwrap();
    assert_eq!(ids(&cib), ["vip_last_0", "vip_last_failure_0"]);
    // A failed start is the last operation and the last failure.
    apply(&mut cib, &record("start", 0, 1, 0), NOW).unwrap();
    assert_eq!(records(&cib), [("vip_last_0".to_owned(), 1), ("vip_last_failure_0".to_owned(), 1)]);
    assert_eq!(cib.header.version, version(5, 6));
}

#[test]
fn a_pending_operation_is_no_failure() {
    let mut record = OperationRecord { op_status: PENDING, rc: 193, ..OperationRecord::default() };
    record.operation = "start".into();
    assert!(!record.has_failed());
    assert_eq!(record.slots("vip"), ["vip_last_0"]);
}

#[test]
fn cleanup_forgets_failures_and_their_counts_and_refresh_forgets_all() {
    let mut cib = cib();
    apply(&mut cib, &record("start", 0, 0, 0), NOW).unwrap();
    apply(&mut cib, &record("monitor", 10_000, 7, 0), NOW).unwrap();
    let count = rota_cib::failures::count_name("vip", "monitor", 10_000);
    apply(&mut cib, &attribute(&count, NewValue::Add(1), Lifetime::UntilReboot), NOW).unwrap();
    apply(&mut cib, &attribute(&count, NewValue::Add(1), Lifetime::UntilReboot), NOW).unwrap();
    let pair = &cib.status.nodes[0].attributes[0].pairs[0];
    assert_eq!(pair.id.as_deref(), Some("status-1-fail-count-vip.monitor_10000"));
    assert_eq!(pair.value.as_deref(), Some("2"));

    let forget = |filter| Change::ForgetOperations { resource: "vip".into(), node: None, filter };
    let other = OperationFilter::FailuresOf { operation: "start".into(), interval_ms: None };
    let before = cib.clone();
    apply(&mut cib, &forget(other), NOW).unwrap();
    assert_eq!(cib, before, "nothing to forget changes nothing, not even the version");

    apply(&mut cib, &forget(OperationFilter::Failures), NOW).unwrap();
    assert_eq!(ids(&cib), ["vip_last_0"]);
    assert!(cib.status.nodes[0].attributes[0].pairs.is_empty());
    apply(&mut cib, &forget(OperationFilter::All), NOW).unwrap();
    assert!(cib.status.nodes[0].history.is_empty());
}

#[test]
fn a_failed_stop_that_is_forgotten_leaves_nothing_to_rely_on() {
    let failures = Change::ForgetOperations {
        resource: "vip".into(),
        node: None,
        filter: OperationFilter::Failures,
    };
    let mut calls = 0;
    let mut recorded = |cib: &mut Cib, operation: &str, interval, rc| {
        let Change::RecordOperation(mut recorded) = record(operation, interval, rc, 0) else {
            unreachable!("it records")
        };
        calls += 1;
        recorded.record.call_id = calls;
        apply(cib, &Change::RecordOperation(recorded), NOW).unwrap();
    };
    let mut cib = cib();
    recorded(&mut cib, "start", 0, 0);
    recorded(&mut cib, "monitor", 10_000, 0);
    recorded(&mut cib, "stop", 0, 1);
    let expected = [("vip_last_0", 1), ("vip_monitor_10000", 0), ("vip_last_failure_0", 1)];
    assert_eq!(records(&cib), expected.map(|(id, rc)| (id.to_owned(), rc)));
    let mut recovered = cib.clone();
    apply(&mut cib, &failures, NOW).unwrap();
    assert!(cib.status.nodes[0].history.is_empty(), "the monitor was before the stop");

    recorded(&mut recovered, "start", 0, 0);
    apply(&mut recovered, &failures, NOW).unwrap();
    assert_eq!(ids(&recovered), ["vip_last_0", "vip_monitor_10000"], "what came later stands");
}

#[test]
fn counting_stops_at_infinity() {
    let mut cib = cib();
    let name = "fail-count-vip#start_0";
    let set = NewValue::Set("INFINITY".into());
    apply(&mut cib, &attribute(name, set, Lifetime::UntilReboot), NOW).unwrap();
    apply(&mut cib, &attribute(name, NewValue::Add(1), Lifetime::UntilReboot), NOW).unwrap();
    let value = cib.status.nodes[0].attributes[0].pairs[0].value.as_deref();
    assert_eq!(value, Some("INFINITY"));
}

#[test]
fn permanent_attributes_are_configuration_and_transient_ones_status() {
    let mut cib = cib();
    let set = |value: &str| NewValue::Set(value.into());
    let after = apply(&mut cib, &attribute("rack", set("a"), Lifetime::Forever), NOW).unwrap();
    assert_eq!(after, version(6, 0));
    assert_eq!(cib.config.nodes[0].attributes[0].id.as_deref(), Some("nodes-1"));
    let after = apply(&mut cib, &attribute("load", set("5"), Lifetime::UntilReboot), NOW).unwrap();
    assert_eq!(after, version(6, 1));
    let after = apply(&mut cib, &attribute("load", set("5"), Lifetime::UntilReboot), NOW).unwrap();
    assert_eq!(after, version(6, 1), "the same value again is no change");
    let clear = |history| Change::ClearTransient { node: "1".into(), attributes: true, history };
    apply(&mut cib, &record("start", 0, 0, 0), NOW).unwrap();
    apply(&mut cib, &clear(false), NOW).unwrap();
    assert_eq!((cib.status.nodes[0].attributes.len(), ids(&cib).len()), (0, 1));
    apply(&mut cib, &clear(true), NOW).unwrap();
    assert_eq!(cib.status.nodes[0].history_id, None);
    assert_eq!(cib.config.nodes[0].attributes[0].get("rack").map(Text::as_str), Some("a"));
    let stranger = AttributeChange {
        node: "9".into(),
        name: "a".into(),
        value: NewValue::Unset,
        lifetime: Lifetime::Forever,
        kind: AttributeKind::Plain,
        set: None,
    };
    let refused = apply(&mut cib, &Change::SetAttribute(stranger), NOW);
    assert_eq!(refused, Err(Refused::NoSuchNode("9".into())));
}

#[test]
fn node_states_are_updated_field_by_field_and_go_whole() {
    let mut cib = cib();
    let update = NodeUpdate {
        id: "1".into(),
        crmd: Some("online".into()),
        other: vec![("shutdown".into(), Some("5".into()))],
        ..NodeUpdate::default()
    };
    apply(&mut cib, &Change::NodeState(update), NOW).unwrap();
    let update = NodeUpdate {
        id: "1".into(),
        join: Some("member".into()),
        other: vec![("shutdown".into(), None)],
        ..NodeUpdate::default()
    };
    apply(&mut cib, &Change::NodeState(update), NOW).unwrap();
    let state = &cib.status.nodes[0];
    assert_eq!((state.uname.as_str(), state.crmd.as_deref()), ("n1", Some("online")));
    assert_eq!((state.join.as_deref(), state.other.len()), (Some("member"), 0));
    apply(&mut cib, &Change::NodeGone { node: "1".into() }, NOW).unwrap();
    assert!(cib.status.nodes.is_empty());
}

#[test]
fn tickets_are_granted_and_revoked() {
    let mut cib = cib();
    let ticket = |action| Change::Ticket { id: "a".into(), action };
    apply(&mut cib, &ticket(TicketAction::Grant), NOW).unwrap();
    assert_eq!(cib.status.tickets[0].granted, Some(true));
    assert_eq!(cib.status.tickets[0].last_granted.as_deref(), Some("1342187477"));
    apply(&mut cib, &ticket(TicketAction::Revoke), NOW).unwrap();
    assert_eq!(cib.status.tickets[0].granted, Some(false));
    apply(&mut cib, &ticket(TicketAction::Forget), NOW).unwrap();
    assert!(cib.status.tickets.is_empty());
}

#[test]
fn a_configuration_that_changed_meanwhile_refuses_edits_made_for_the_old_one() {
    let mut cib = cib();
    let base = Some(cib.header.version);
    apply(&mut cib, &record("start", 0, 0, 0), NOW).unwrap();
    let put = |name: &str| Edit::Put {
        item: Box::new(Item::Node(Node { id: name.into(), uname: name.into(), ..Node::default() })),
        place: Place::Same,
    };
    let configure = |name, base| {
        Change::Configure(Configure { base, edits: vec![put(name)], ..Default::default() })
    };
    // A change of the status does not matter.
    assert_eq!(apply(&mut cib, &configure("n3", base), NOW), Ok(version(6, 0)));
    let written = cib.header.other.iter().find(|(name, _)| name == "cib-last-written");
    assert_eq!(written.map(|(_, v)| v.as_str()), Some("Fri Jul 13 13:51:17 2012"));
    let before = cib.clone();
    let stale = Refused::Stale { base: version(5, 0), current: version(6, 0) };
    assert_eq!(apply(&mut cib, &configure("n4", base), NOW), Err(stale));
    assert_eq!(cib, before);
    assert_eq!(apply(&mut cib, &configure("n4", None), NOW), Ok(version(7, 0)));
}

#[test]
fn edits_that_break_the_configuration_are_refused_unless_forced() {
    let mut cib = cib();
    let mut broken = cib.config.clone();
    broken.resources.clear();
    let edits = diff(&cib.config, &broken);
    let configure = |force| {
        Change::Configure(Configure { edits: edits.clone(), force, ..Configure::default() })
    };
    let before = cib.clone();
    let Err(Refused::Invalid(findings)) = apply(&mut cib, &configure(false), NOW) else {
        panic!("not refused");
    };
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].id, "loc");
    assert!(matches!(&findings[0].problem, Problem::Dangling { target, .. } if target == "vip"));
    assert_eq!(cib, before);
    apply(&mut cib, &configure(true), NOW).unwrap();
    // What is wrong already does not keep people from changing something else.
    let mut other = cib.config.clone();
    other.nodes.pop();
    let replace = ReplaceConfig { config: Box::new(other.clone()), ..ReplaceConfig::default() };
    apply(&mut cib, &Change::ReplaceConfig(replace), NOW).unwrap();
    assert_eq!(cib.config, other);
    let gone = Edit::Remove { list: rota_cib::change::List::Resources, id: "vip".into() };
    let refused = apply(
        &mut cib,
        &Change::Configure(Configure { edits: vec![gone], ..Configure::default() }),
        NOW,
    );
    assert!(matches!(refused, Err(Refused::NoSuchItem { .. })));
}

#[test]
fn the_admin_epoch_only_rises() {
    let mut cib = cib();
    let raised = Version { admin_epoch: 2, epoch: 0, num_updates: 0 };
    assert_eq!(apply(&mut cib, &Change::RaiseAdminEpoch(2), NOW), Ok(raised));
    assert_eq!(apply(&mut cib, &Change::RaiseAdminEpoch(2), NOW), Err(Refused::NotRaised(2)));
}

#[test]
fn changes_and_cibs_survive_messagepack_with_names() {
    let documents =
        common::own_documents().into_iter().chain(common::shared_documents().into_iter().take(50));
    for path in documents {
        let cib = xml::read(&std::fs::read(&path).unwrap()).unwrap();
        let bytes = rmp_serde::to_vec_named(&cib).unwrap();
        assert_eq!(rmp_serde::from_slice::<Cib>(&bytes).unwrap(), cib, "{}", path.display());
        let edits = diff(&Config::default(), &cib.config);
        let change = Change::Configure(Configure { edits, ..Configure::default() });
        let bytes = rmp_serde::to_vec_named(&change).unwrap();
        assert_eq!(rmp_serde::from_slice::<Change>(&bytes).unwrap(), change);
    }
}

#[test]
fn ten_thousand_records_are_found_without_search() {
    let mut cib = cib();
    let of = |n: usize| {
        let resource = ResourceHistory { id: format!("r{n}").into(), ..Default::default() };
        let record =
            OperationRecord { operation: "start".into(), op_status: DONE, ..Default::default() };
        Change::RecordOperation(Box::new(Recorded { node: "1".into(), resource, record }))
    };
    for n in (0..10_000).chain(0..10_000) {
        apply(&mut cib, &of(n), NOW).unwrap();
    }
    assert_eq!(cib.status.nodes[0].history.len(), 10_000);
    // The positions are a hint only: changing the list by hand does no harm.
    cib.status.nodes[0].history.reverse();
    apply(&mut cib, &of(3), NOW).unwrap();
    let copy = xml::read(xml::write(&cib).as_bytes()).unwrap();
    assert_eq!(copy.status, cib.status);
}

/// All configurations at hand, for edits between very different ones.
fn configurations() -> Vec<Config> {
    let documents = common::own_documents().into_iter().chain(common::shared_documents());
    let read = |path| xml::read(&std::fs::read(path).unwrap()).unwrap().config;
    documents.step_by(7).map(read).collect()
}

#[test]
fn edits_make_one_configuration_of_another() {
    let all = configurations();
    for pair in all.windows(2) {
        let [a, b] = pair else { continue };
        let mut cib = Cib { config: a.clone(), ..Cib::default() };
        let edits = diff(a, b);
        let change = Change::Configure(Configure { edits, force: true, ..Configure::default() });
        apply(&mut cib, &change, NOW).unwrap();
        assert_eq!(cib.config, *b);
    }
}

proptest! {
    /// Any order and choice of nodes can be reached from any other.
    #[test]
    fn edits_keep_order(a in nodes(), b in nodes()) {
        let (a, b) = (config(&a), config(&b));
        let mut cib = Cib { config: a.clone(), ..Cib::default() };
        let edits = diff(&a, &b);
        let change = Change::Configure(Configure { edits, force: true, ..Configure::default() });
        apply(&mut cib, &change, NOW).unwrap();
        prop_assert_eq!(cib.config, b);
    }
}

/// Nodes as id and description; ids may repeat.
fn nodes() -> impl Strategy<Value = Vec<(u8, u8)>> {
    prop::collection::vec((0u8..12, 0u8..2), 0..12)
}

fn config(nodes: &[(u8, u8)]) -> Config {
    let node = |&(id, text): &(u8, u8)| Node {
        id: id.to_string().into(),
        description: Some(text.to_string().into()),
        ..Node::default()
    };
    Config { nodes: nodes.iter().map(node).collect(), ..Config::default() }
}

/// Changes of every kind over few names and values, so that many change nothing.
fn any_change() -> impl Strategy<Value = Change> {
    let node = || prop::sample::select(vec!["1", "2", "9"]).prop_map(Text::from);
    let word = || prop::sample::select(vec!["a", "b", "online"]).prop_map(Text::from);
    let value = prop_oneof![
        word().prop_map(NewValue::Set),
        (0..2i32).prop_map(NewValue::Add),
        Just(NewValue::Unset),
    ];
    let lifetime = prop::sample::select(vec![Lifetime::Forever, Lifetime::UntilReboot]);
    let kind = prop::sample::select(vec![AttributeKind::Plain, AttributeKind::Utilization]);
    let set = prop::option::of(word());
    let attribute = (node(), word(), value, lifetime, kind, set).prop_map(
        |(node, name, value, lifetime, kind, set)| {
            Change::SetAttribute(AttributeChange { node, name, value, lifetime, kind, set })
        },
    );
    let action = prop_oneof![
        Just(TicketAction::Grant),
        Just(TicketAction::Revoke),
        Just(TicketAction::Forget),
        any::<bool>().prop_map(TicketAction::Standby),
        (word(), prop::option::of(word())).prop_map(|(n, v)| TicketAction::Attribute(n, v)),
    ];
    let ticket = (word(), action).prop_map(|(id, action)| Change::Ticket { id, action });
    let state = (node(), prop::option::of(word()), prop::option::of(word())).prop_map(
        |(id, crmd, other)| {
            let other = vec![("x".into(), other)];
            Change::NodeState(NodeUpdate { id, crmd, other, ..NodeUpdate::default() })
        },
    );
    let filter = prop::sample::select(vec![
        OperationFilter::All,
        OperationFilter::Failures,
        OperationFilter::Repeated { operation: "monitor".into(), interval_ms: 10_000 },
    ]);
    let forget = (prop::option::of(node()), filter).prop_map(|(node, filter)| {
        Change::ForgetOperations { resource: "vip".into(), node, filter }
    });
    let recorded = (any::<bool>(), 0..2i32).prop_map(|(repeated, rc)| match repeated {
        true => record("monitor", 10_000, rc, 0),
        false => record("start", 0, rc, 0),
    });
    let edit = prop_oneof![
        (word(), prop::option::of(word())).prop_map(|(id, description)| {
            let node = Node { id: id.clone(), uname: id, description, ..Node::default() };
            Edit::Put { item: Box::new(Item::Node(node)), place: Place::Same }
        }),
        word().prop_map(|id| Edit::Remove { list: List::Nodes, id }),
        word().prop_map(|value| Edit::SetProperties {
            set: "opts".into(),
            values: vec![("cluster-name".into(), value)]
        }),
    ];
    let base = prop::option::of((5..8u64).prop_map(|epoch| version(epoch, 0)));
    let configure = (base, edit).prop_map(|(base, edit)| {
        Change::Configure(Configure { base, edits: vec![edit], ..Configure::default() })
    });
    prop_oneof![
        attribute,
        ticket,
        state,
        forget,
        recorded,
        configure,
        node().prop_map(|node| Change::NodeGone { node }),
        (node(), any::<bool>(), any::<bool>()).prop_map(|(node, attributes, history)| {
            Change::ClearTransient { node, attributes, history }
        }),
        prop::option::of(word())
            .prop_map(|dc_uuid| Change::Leader { dc_uuid, have_quorum: Some(true) }),
        (0..3u64).prop_map(Change::RaiseAdminEpoch),
    ]
}

proptest! {
    /// The version says whether anything changed, and what is known to change nothing does not.
    /// What is refused is never called that: it must be refused.
    #[test]
    fn what_changes_nothing_is_known_before(changes in prop::collection::vec(any_change(), 1..25)) {
        let mut cib = cib();
        for change in changes {
            let before = cib.clone();
            let noop = is_noop(&cib, &change);
            let applied = apply(&mut cib, &change, NOW);
            let same = cib == before;
            if !matches!(change, Change::RecordOperation(_)) {
                prop_assert_eq!(same, cib.header.version == before.header.version, "{:?}", &change);
            }
            if noop {
                prop_assert!(same && applied.is_ok(), "{:?}", &change);
            } else if same && applied.is_ok() {
                // Only what depends on the time, or is always news, is not known before.
                let is_news = matches!(
                    change,
                    Change::RecordOperation(_)
                        | Change::Ticket { action: TicketAction::Grant, .. }
                );
                prop_assert!(is_news, "{:?}", &change);
            }
        }
    }
}

/// Any text, rich in what documents, terminals and tools stumble over.
fn any_text() -> impl Strategy<Value = Text> {
    let odd = prop::sample::select(vec![
        '\0', '\u{1b}', '\u{7f}', '\u{9b}', '\n', '\t', '\r', '\u{c}', '\u{fffe}', '\u{ffff}', '<',
        '&', '"', '\'', ' ', 'ä', '💥', '\u{feff}', '\u{2028}',
    ]);
    let c = prop_oneof![3 => prop::char::range('a', 'z'), 2 => odd, 1 => any::<char>()];
    prop::collection::vec(c, 1..6).prop_map(|chars| chars.into_iter().collect())
}

/// Changes of every kind that brings in texts of its own.
fn change_with_texts() -> impl Strategy<Value = Change> {
    let set = |node: &str, name, value, lifetime| {
        Change::SetAttribute(AttributeChange {
            node: node.into(),
            name,
            value: NewValue::Set(value),
            lifetime,
            kind: AttributeKind::Plain,
            set: None,
        })
    };
    let lifetime = prop::sample::select(vec![Lifetime::Forever, Lifetime::UntilReboot]);
    prop_oneof![
        (any_text(), any_text(), lifetime).prop_map(move |(n, v, l)| set("1", n, v, l)),
        any_text().prop_map(|id| Change::Ticket { id, action: TicketAction::Grant }),
        (any_text(), any_text()).prop_map(|(name, value)| Change::Ticket {
            id: "t".into(),
            action: TicketAction::Attribute(name, Some(value))
        }),
        (any_text(), any_text()).prop_map(|(name, value)| {
            let other = vec![(name, Some(value))];
            Change::NodeState(NodeUpdate { id: "1".into(), other, ..NodeUpdate::default() })
        }),
        any_text().prop_map(|reason| {
            let Change::RecordOperation(mut recorded) = record("start", 0, 1, 0) else {
                unreachable!("it records")
            };
            recorded.record.exit_reason = Some(reason);
            Change::RecordOperation(recorded)
        }),
        (any_text(), any_text()).prop_map(|(user, value)| {
            let values = vec![("cluster-name".into(), value)];
            let edits = vec![Edit::SetProperties { set: "opts".into(), values }];
            let author = rota_cib::change::Author { user, ..Default::default() };
            Change::Configure(Configure { edits, author, force: true, ..Configure::default() })
        }),
        any_text().prop_map(|text| {
            let node = Node {
                id: "n3".into(),
                uname: "n3".into(),
                description: Some(text),
                ..Node::default()
            };
            let edits = vec![Edit::Put { item: Box::new(Item::Node(node)), place: Place::Same }];
            Change::Configure(Configure { edits, ..Configure::default() })
        }),
    ]
}

proptest! {
    /// One ESC in the Cib, and no tool could read it any more.
    #[test]
    fn what_is_accepted_is_read_back(changes in prop::collection::vec(change_with_texts(), 1..6)) {
        let mut cib = cib();
        for change in changes {
            let accepted = apply(&mut cib, &change, NOW);
            let is_result = matches!(change, Change::RecordOperation(_));
            prop_assert!(accepted.is_ok() || !is_result, "what an agent did must be known");
            let read = xml::read(xml::write(&cib).as_bytes());
            prop_assert_eq!(read.as_ref(), Ok(&cib), "{:?}", change);
        }
    }
}

#[test]
fn what_no_document_can_hold_is_refused_with_its_place() {
    let mut cib = cib();
    let set = NewValue::Set("\u{1b}[31mred".into());
    let refused = apply(&mut cib, &attribute("foo", set, Lifetime::UntilReboot), NOW);
    assert_eq!(
        refused.map_err(|refused| refused.to_string()),
        Err("no document can hold this, leave it out: attribute 'value' of nvpair \
             \"status-1-foo\": it contains the character U+001B"
            .to_owned())
    );
}

#[test]
fn a_reason_is_one_short_line() {
    let of = |reason: &str| rota_cib::change::readable_reason(reason).to_string();
    assert_eq!(of("\u{1b}[31mbad\nworse\u{9b}"), " [31mbad worse ");
    let long = of(&"ä".repeat(9_000));
    assert_eq!(long.chars().count(), rota_cib::change::REASON_CHARS_MAX + 1);
}

#[test]
fn a_cib_that_was_poisoned_before_can_be_read_and_repaired() {
    let mut cib = cib();
    let set = |value: &str| NewValue::Set(value.into());
    apply(&mut cib, &attribute("foo", set("bad"), Lifetime::UntilReboot), NOW).unwrap();
    cib.status.nodes[0].attributes[0].pairs[0].value = Some("\u{1b}".into());
    cib.config.nodes[1].description = Some("\u{1}".into());
    let seen = xml::read(xml::write(&cib).as_bytes()).unwrap();
    assert_eq!(seen.config.nodes[1].description.as_deref(), Some("\u{fffd}"));
    apply(&mut cib, &attribute("foo", set("good"), Lifetime::UntilReboot), NOW).unwrap();
    let mut repaired = seen.config;
    repaired.nodes[1].description = None;
    let replace = ReplaceConfig { config: Box::new(repaired), ..ReplaceConfig::default() };
    apply(&mut cib, &Change::ReplaceConfig(replace), NOW).unwrap();
    assert_eq!(xml::read(xml::write(&cib).as_bytes()).unwrap(), cib);
}

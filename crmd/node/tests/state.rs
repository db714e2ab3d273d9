//! What the cluster's state makes of entries: one test a rule.

use std::collections::BTreeMap;

use rota_cib::change::{
    AttributeChange, AttributeKind, Change, Lifetime, NewValue, NodeUpdate, OperationFilter,
    Recorded, ReplaceConfig,
};
use rota_cib::node::{Node, NodeKind};
use rota_cib::status::{OperationRecord, ResourceHistory};
use rota_fencing::{HistoryEntry, Outcome, Proof, Verdict, Wish};
use rota_ids::{BootId, Incarnation, NodeId, NodeName, StartId, WallTime};
use rota_membership::View;
use rota_node::entry::{Entry, Member, OperationResult, Proposal, ProposalId};
use rota_node::state::{Answer, ClusterState, News};

const NOW: WallTime = WallTime(1_000_000);

fn life(boot: u64, start: u32) -> Incarnation {
    Incarnation { boot: BootId(boot), start: StartId(start) }
}

/// A cluster of n1, n2, n3, and how its log goes on.
struct Log {
    state: ClusterState,
    number: u64,
}

impl Log {
    fn new() -> Self {
        let links = vec![([10, 0, 0, 1], 7610).into()];
        let member = Member { id: NodeId(1), name: "n1".into(), links };
        let found = Entry::Found { cluster: "lab".into(), member, life: life(1, 1) };
        let mut log = Self { state: ClusterState::founded(&found, NOW), number: 0 };
        for n in 2..=3 {
            log.admit(&format!("n{n}"), n);
        }
        log.view(&[(1, life(1, 1)), (2, life(2, 1)), (3, life(3, 1))], &[]);
        log
    }

    fn propose(&mut self, entry: Entry) -> (Answer, Vec<News>) {
        self.number += 1;
        let id = ProposalId { node: NodeId(1), life: life(1, 1), number: self.number };
        let proposal = Proposal { id, settled_below: self.number, at: NOW, entry };
        let applied = self.state.apply(&proposal);
        (applied.answer.expect("a new proposal is answered"), applied.news)
    }

    fn admit(&mut self, name: &str, n: u8) -> Answer {
        let digest = [n; 32];
        self.propose(Entry::TokenMade { digest, expires: WallTime(NOW.0 + 60) });
        let links = vec![([10, 0, 0, n], 7610).into()];
        self.propose(Entry::Admitted { digest, name: name.into(), links }).0
    }

    fn view(&mut self, members: &[(u32, Incarnation)], gone: &[(u32, Incarnation)]) -> Vec<News> {
        let map = |of: &[(u32, Incarnation)]| -> BTreeMap<NodeId, Incarnation> {
            of.iter().map(|&(node, life)| (NodeId(node), life)).collect()
        };
        let view: View = self.state.view.next(map(members), &map(gone));
        self.propose(Entry::View(view)).1
    }

    fn verdict(&mut self, target: &str, incarnation: Incarnation) -> Answer {
        let proof = Proof::Administrator { who: "test".into() };
        let incarnation = Some(incarnation);
        self.propose(Entry::Verdict(Verdict { target: target.into(), incarnation, proof })).0
    }

    /// A probe found that the resource does not run there.
    fn looked_for(&mut self, node: &str, resource: &str) {
        let record = OperationRecord {
            id: format!("{resource}_last_0").into(),
            operation: "monitor".into(),
            rc: 7,
            ..OperationRecord::default()
        };
        let node = self.state.node_named(&node.into()).expect("a node").id.to_string().into();
        let resource = ResourceHistory { id: resource.into(), ..ResourceHistory::default() };
        let recorded = Box::new(Recorded { node, resource, record });
        self.propose(Entry::Change(Change::RecordOperation(recorded)));
    }

    fn has_history(&self, node: &str, resource: &str) -> bool {
        let states = &self.state.cib.status.nodes;
        let state = states.iter().find(|state| state.uname == node).expect("the node has a state");
        state.history.iter().any(|history| history.id == resource)
    }

    /// in_ccm, join, expected of a node as the policy engine sees them.
    fn words(&self, name: &str) -> [String; 3] {
        let states = &self.state.cib.status.nodes;
        let state = states.iter().find(|s| s.uname == name).expect("the node has a state");
        [&state.in_ccm, &state.join, &state.expected]
            .map(|word| word.as_deref().unwrap_or_default().to_owned())
    }
}

#[test]
fn a_newcomer_has_never_run_anything_and_need_not_be_fenced() {
    let mut log = Log::new();
    log.admit("n4", 4);
    assert_eq!(log.words("n4"), ["false", "down", "down"]);
}

#[test]
fn who_leaves_without_goodbye_is_unclean_until_the_verdict_on_that_very_life() {
    let mut log = Log::new();
    log.view(&[(1, life(1, 1)), (3, life(3, 1))], &[]);
    assert_eq!(log.state.unclean, BTreeMap::from([(NodeId(2), life(2, 1))]));
    assert_eq!(log.words("n2"), ["false", "down", "member"]);

    log.verdict("n2", life(2, 1));
    assert!(log.state.unclean.is_empty());
    assert_eq!(log.words("n2"), ["false", "down", "down"]);
}

#[test]
fn who_says_goodbye_is_clean_at_once() {
    let mut log = Log::new();
    log.view(&[(1, life(1, 1)), (3, life(3, 1))], &[(2, life(2, 1))]);
    assert!(log.state.unclean.is_empty());
    assert_eq!(log.words("n2"), ["false", "down", "down"]);
}

#[test]
fn a_new_boot_proves_that_the_old_one_is_over() {
    let mut log = Log::new();
    log.view(&[(1, life(1, 1)), (3, life(3, 1))], &[]);
    let news = log.view(&[(1, life(1, 1)), (2, life(22, 1)), (3, life(3, 1))], &[]);
    assert!(log.state.unclean.is_empty());
    let proof = Proof::NewBoot { seen: life(22, 1) };
    assert!(news.contains(&News::Ended { node: NodeName::from("n2"), proof }), "{news:?}");
}

#[test]
fn a_verdict_on_an_old_life_does_not_touch_the_new_one() {
    let mut log = Log::new();
    log.view(&[(1, life(1, 1)), (3, life(3, 1))], &[]);
    log.view(&[(1, life(1, 1)), (2, life(22, 1)), (3, life(3, 1))], &[]);
    log.verdict("n2", life(2, 1));
    assert_eq!(log.words("n2"), ["true", "member", "member"]);
}

/// The word was given while the node was unheard; it came back before the log held the word.
#[test]
fn a_word_for_a_node_that_came_back_meanwhile_is_refused() {
    let mut log = Log::new();
    log.view(&[(1, life(1, 1)), (3, life(3, 1))], &[]);
    log.view(&[(1, life(1, 1)), (2, life(2, 1)), (3, life(3, 1))], &[]);
    log.looked_for("n2", "vip");
    let answer = log.verdict("n2", life(2, 1));
    assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
    assert!(!log.state.ended.contains_key(&NodeId(2)));
    assert!(log.has_history("n2", "vip"), "what runs there must not be forgotten");
    assert_eq!(log.words("n2"), ["true", "member", "member"]);
}

#[test]
fn a_request_to_fence_is_about_the_life_of_its_moment() {
    let mut log = Log::new();
    let wish = rota_fencing::Wish::Reboot;
    let asked = |life| Entry::FenceAsked { target: "n2".into(), wish, by: "test".into(), life };
    log.propose(asked(Some(life(2, 1))));
    let n2 = NodeName::from("n2");
    log.view(&[(1, life(1, 1)), (3, life(3, 1))], &[]);
    assert!(log.state.fence_asked.contains_key(&n2), "it is not proven off yet");
    log.view(&[(1, life(1, 1)), (2, life(22, 1)), (3, life(3, 1))], &[]);
    assert!(log.state.fence_asked.is_empty(), "that life is over");
}

#[test]
fn a_node_found_off_without_a_known_life_does_not_lose_one_it_began_since() {
    let mut log = Log::new();
    log.view(&[(1, life(1, 1)), (3, life(3, 1))], &[]);
    log.verdict("n2", life(2, 1));
    let wish = rota_fencing::Wish::Reboot;
    let asked = Entry::FenceAsked { target: "n2".into(), wish, by: "test".into(), life: None };
    log.propose(asked);
    let n2 = NodeName::from("n2");
    assert!(log.state.fence_asked.contains_key(&n2));
    // The verdict waits for a quorum; meanwhile the node is back.
    log.view(&[(1, life(1, 1)), (2, life(22, 1)), (3, life(3, 1))], &[]);
    let proof = Proof::Administrator { who: "test".into() };
    let target = NodeName::from("n2");
    log.propose(Entry::Verdict(Verdict { target, incarnation: None, proof }));
    assert_eq!(log.words("n2"), ["true", "member", "member"]);
    assert!(!log.state.ended.values().any(|over| *over == life(22, 1)));
    assert!(log.state.fence_asked.is_empty());
}

#[test]
fn a_daemon_restarted_in_its_boot_is_no_loss() {
    let mut log = Log::new();
    let news = log.view(&[(1, life(1, 1)), (2, life(2, 2)), (3, life(3, 1))], &[]);
    assert!(log.state.unclean.is_empty());
    assert!(matches!(&news[..], [News::View(change)] if change.restarted.len() == 1), "{news:?}");
}

#[test]
fn an_older_view_is_refused() {
    let mut log = Log::new();
    let old = log.state.view.clone();
    log.view(&[(1, life(1, 1)), (3, life(3, 1))], &[]);
    assert!(matches!(log.propose(Entry::View(old)).0, Answer::Refused(_)));
}

#[test]
fn a_proposal_that_comes_twice_is_applied_once() {
    let mut log = Log::new();
    let id = ProposalId { node: NodeId(2), life: life(2, 1), number: 7 };
    let entry = Entry::TokenMade { digest: [9; 32], expires: WallTime(NOW.0 + 60) };
    let proposal = Proposal { id, settled_below: 1, at: NOW, entry };
    assert!(log.state.apply(&proposal).answer.is_some());
    let after_first = log.state.clone();
    assert_eq!(log.state.apply(&proposal).answer, None);
    assert_eq!(log.state, after_first);
}

/// A daemon restarts, and what its last life had sent arrives once more after what its new one says.
#[test]
fn a_proposal_of_an_older_life_that_comes_late_is_applied_once_and_forgets_nothing() {
    let mut log = Log::new();
    let propose = |log: &mut Log, start, number, standby: &str| {
        let id = ProposalId { node: NodeId(2), life: life(2, start), number };
        let change = AttributeChange {
            node: "2".into(),
            name: "standby".into(),
            value: NewValue::Set(standby.into()),
            lifetime: Lifetime::Forever,
            kind: AttributeKind::Plain,
            set: None,
        };
        let entry = Entry::Change(Change::SetAttribute(change));
        let proposal = Proposal { id, settled_below: 1, at: NOW, entry };
        log.state.apply(&proposal).answer
    };
    assert!(propose(&mut log, 1, 7, "on").is_some());
    assert!(propose(&mut log, 2, 1, "off").is_some());
    let before = log.state.cib.clone();
    assert_eq!(propose(&mut log, 1, 7, "on"), None);
    assert_eq!(propose(&mut log, 2, 1, "off"), None);
    assert_eq!(log.state.cib, before);
}

#[test]
fn a_secret_opens_the_door_once_and_not_for_ever() {
    let mut log = Log::new();
    let digest = [7; 32];
    let links = || vec![([10, 0, 0, 7], 7610).into()];
    let knock = |name: &str| Entry::Admitted { digest, name: name.into(), links: links() };
    assert!(matches!(log.propose(knock("n7")).0, Answer::Refused(_)), "no such secret");

    log.propose(Entry::TokenMade { digest, expires: WallTime(NOW.0 - 1) });
    assert!(matches!(log.propose(knock("n7")).0, Answer::Refused(_)), "too old");

    log.propose(Entry::TokenMade { digest, expires: WallTime(NOW.0 + 60) });
    assert!(matches!(log.propose(knock("n7")).0, Answer::Admitted(_)));
    assert!(matches!(log.propose(knock("n8")).0, Answer::Refused(_)), "used");
}

#[test]
fn a_name_or_number_is_never_given_twice() {
    let mut log = Log::new();
    assert!(matches!(log.admit("n2", 5), Answer::Refused(_)));
    let Answer::Admitted(n4) = log.admit("n4", 4) else { panic!("n4 is welcome") };
    log.propose(Entry::Removed { node: n4.id });
    let Answer::Admitted(n5) = log.admit("n5", 5) else { panic!("n5 is welcome") };
    assert!(n5.id > n4.id);
}

#[test]
fn a_node_that_is_up_or_unclean_cannot_be_removed() {
    let mut log = Log::new();
    assert!(matches!(log.propose(Entry::Removed { node: NodeId(2) }).0, Answer::Refused(_)));
    log.view(&[(1, life(1, 1)), (3, life(3, 1))], &[]);
    assert!(matches!(log.propose(Entry::Removed { node: NodeId(2) }).0, Answer::Refused(_)));
    log.verdict("n2", life(2, 1));
    assert!(matches!(log.propose(Entry::Removed { node: NodeId(2) }).0, Answer::Done(_)));
}

/// The next host of that name is another one.
#[test]
fn what_was_asked_of_a_node_goes_with_it() {
    let mut log = Log::new();
    log.view(&[(1, life(1, 1)), (3, life(3, 1))], &[(2, life(2, 1))]);
    let wish = rota_fencing::Wish::Off;
    log.propose(Entry::FenceAsked { target: "n2".into(), wish, by: "test".into(), life: None });
    log.propose(Entry::Removed { node: NodeId(2) });
    log.admit("n2", 9);
    assert!(log.state.fence_asked.is_empty(), "the newcomer would be switched off");
}

#[test]
fn the_state_survives_a_snapshot() {
    let mut log = Log::new();
    log.view(&[(1, life(1, 1)), (3, life(3, 1))], &[]);
    let bytes = log.state.encode().unwrap();
    assert_eq!(ClusterState::decode(&bytes).unwrap(), log.state);
}

#[test]
fn who_loses_the_source_of_a_migration_looks_at_its_target() {
    let mut log = Log::new();
    let (source, target) = (NodeName::from("n2"), NodeName::from("n3"));
    log.view(&[(1, life(1, 1)), (2, life(2, 1)), (3, life(3, 1))], &[]);
    log.looked_for("n3", "vm");
    log.propose(Entry::Migrating { resource: "vm".into(), source, target });
    assert!(log.has_history("n3", "vm"));
    log.view(&[(1, life(1, 1)), (3, life(3, 1))], &[]);
    assert!(log.has_history("n3", "vm"), "the source may still be at it");
    let proof = Proof::Administrator { who: "test".into() };
    let target = NodeName::from("n2");
    let incarnation = Some(life(2, 1));
    let (_, news) = log.propose(Entry::Verdict(Verdict { target, incarnation, proof }));
    assert!(!log.has_history("n3", "vm"), "nobody knows whether it arrived");
    let place = |wanted: fn(&News) -> bool| news.iter().position(wanted);
    let status = place(|news| *news == News::Status);
    let ended = place(|news| matches!(news, News::Ended { .. }));
    assert!(status.is_some() && status < ended, "orders of the old plan must not go on: {news:?}");
}

/// An agent writes its score at each monitor: a plan each time would never let anything end.
#[test]
fn an_entry_that_changes_nothing_is_no_news() {
    let mut log = Log::new();
    let set = |name: &str, value: &str| {
        Entry::Change(Change::SetAttribute(AttributeChange {
            node: "1".into(),
            name: name.into(),
            value: NewValue::Set(value.into()),
            lifetime: Lifetime::UntilReboot,
            kind: AttributeKind::Plain,
            set: None,
        }))
    };
    assert_eq!(log.propose(set("master-db", "5")).1, [News::Status]);
    let (answer, news) = log.propose(set("master-db", "5"));
    assert_eq!((answer, news), (Answer::Done(log.state.cib.header.version), vec![]));
    // Nor is what no plan reads.
    assert_eq!(log.propose(set("lsn_location", "0/3000060")).1, []);
}

/// As other clusters number and name them, the second of ours not among them.
fn imported(log: &Log) -> Change {
    let entry =
        |id: &str, name: &str| Node { id: id.into(), uname: name.into(), ..Node::default() };
    let mut config = log.state.cib.config.clone();
    let remote = Node { kind: Some(NodeKind::Remote), ..entry("far", "far") };
    config.nodes = vec![entry("7", "n1"), entry("2", "stranger"), entry("1", "n3"), remote];
    let config = Box::new(config);
    Change::ReplaceConfig(ReplaceConfig { config, ..ReplaceConfig::default() })
}

#[test]
fn a_configuration_from_elsewhere_makes_no_stranger_a_node() {
    let mut log = Log::new();
    let change = imported(&log);
    let (answer, news) = log.propose(Entry::Change(change));
    assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
    assert!(news.contains(&News::LeftOut(vec!["stranger".into()])), "{news:?}");
    let nodes = &log.state.cib.config.nodes;
    let named: Vec<(&str, &str)> =
        nodes.iter().map(|node| (node.id.as_str(), node.uname.as_str())).collect();
    assert_eq!(named, [("1", "n1"), ("3", "n3"), ("far", "far"), ("2", "n2")]);
}

#[test]
fn the_state_of_a_stranger_goes_with_its_entry() {
    let mut log = Log::new();
    let update = NodeUpdate { id: "9".into(), uname: Some("old".into()), ..NodeUpdate::default() };
    log.propose(Entry::Change(Change::NodeState(update)));
    let change = imported(&log);
    log.propose(Entry::Change(change));
    let states: Vec<&str> =
        log.state.cib.status.nodes.iter().map(|state| state.uname.as_str()).collect();
    assert_eq!(states, ["n1", "n2", "n3"]);
}

#[test]
fn a_newcomer_with_an_odd_name_is_refused() {
    for name in ["", "../../etc/x", "a\nb", "<x>&", "\u{1b}[31mred", "..", "-x", &"x".repeat(65)] {
        let mut log = Log::new();
        let answer = log.admit(name, 9);
        assert!(
            matches!(&answer, Answer::Refused(why) if why.contains("at most 64")),
            "{name:?}: {answer:?}"
        );
    }
    for name in ["a", "Node-1.example_x", &"x".repeat(64)] {
        assert!(matches!(Log::new().admit(name, 9), Answer::Admitted(_)), "{name}");
    }
}

/// The end of a stop on a node.
fn stop_ended(node: &str, rc: i32, call_id: i64) -> Entry {
    let record = OperationRecord {
        id: "web_last_0".into(),
        operation: "stop".into(),
        transition_key: Some("1:1:0:00000000-0000-4000-8000-000000000001".into()),
        rc,
        call_id,
        ..OperationRecord::default()
    };
    Entry::Result(Box::new(OperationResult {
        node: node.into(),
        life: life(node.bytes().last().map_or(0, |n| u64::from(n - b'0')), 1),
        order: None,
        resource: "web".into(),
        class: "ocf".into(),
        provider: Some("t".into()),
        agent: "Web".into(),
        expected_rc: 0,
        is_probe: false,
        recorded: true,
        record,
    }))
}

#[test]
fn what_cost_a_node_its_life_is_remembered_until_somebody_looks_into_it() {
    let mut log = Log::new();
    log.propose(stop_ended("n2", 1, 5));
    log.view(&[(1, life(1, 1)), (3, life(3, 1))], &[]);
    log.verdict("n2", life(2, 1));
    assert!(log.state.costly.contains("web"), "{:?}", log.state.costly);
    let cleanup = Change::ForgetOperations {
        resource: "web".into(),
        node: None,
        filter: OperationFilter::Failures,
    };
    log.propose(Entry::Change(cleanup));
    assert!(log.state.costly.is_empty());
}

#[test]
fn what_stops_again_has_got_over_it() {
    let mut log = Log::new();
    log.propose(stop_ended("n2", 1, 5));
    log.view(&[(1, life(1, 1)), (3, life(3, 1))], &[]);
    log.verdict("n2", life(2, 1));
    log.propose(stop_ended("n3", 0, 1));
    assert!(log.state.costly.is_empty());
}

#[test]
fn a_node_that_lost_its_power_was_not_cost_by_what_ran_there() {
    let mut log = Log::new();
    log.looked_for("n2", "web");
    log.view(&[(1, life(1, 1)), (3, life(3, 1))], &[]);
    log.verdict("n2", life(2, 1));
    assert!(log.state.costly.is_empty());
}

#[test]
fn a_reboot_is_owed_until_the_node_is_on_again() {
    let note = |outcome, wish| {
        Entry::FencingNote(HistoryEntry {
            target: "n2".into(),
            incarnation: Some(life(2, 1)),
            wish,
            requested_by: "n1".into(),
            why: "test".into(),
            outcome,
            took: std::time::Duration::ZERO,
        })
    };
    let off = || Outcome::Proven(Proof::PoweredOff { devices: Vec::new() });
    let owed = |log: &Log| log.state.owes_on.contains(&NodeName::from("n2"));
    let mut log = Log::new();
    log.propose(note(off(), Wish::Reboot));
    assert!(owed(&log));
    log.propose(note(Outcome::OnFailed { why: "no answer".into() }, Wish::Reboot));
    assert!(owed(&log), "an attempt that failed pays nothing");
    log.propose(note(Outcome::TurnedOn, Wish::Reboot));
    assert!(!owed(&log));
    log.propose(note(off(), Wish::Off));
    assert!(!owed(&log), "it is to stay off");
}

fn private(node: &str, name: &str, value: NewValue) -> Entry {
    Entry::Private { node: node.into(), name: name.into(), value }
}

fn public(node: u32, name: &str, value: &str) -> Entry {
    Entry::Change(Change::SetAttribute(AttributeChange {
        node: node.to_string().into(),
        name: name.into(),
        value: NewValue::Set(value.into()),
        lifetime: Lifetime::UntilReboot,
        kind: AttributeKind::Plain,
        set: None,
    }))
}

impl Log {
    fn private(&self, node: &str, name: &str) -> Option<&str> {
        self.state.private.get(&node.into())?.get(name).map(|value| value.as_str())
    }
}

/// PostgreSQL's agent writes one in each notification before a promotion.
#[test]
fn a_private_attribute_is_in_no_cib_and_no_news() {
    let mut log = Log::new();
    let before = log.state.cib.clone();
    // A name that plans read, if it is public.
    let (answer, news) = log.propose(private("n2", "master-db", NewValue::Set("5".into())));
    assert_eq!((answer, news), (Answer::Done(before.header.version), vec![]));
    assert_eq!(log.private("n2", "master-db"), Some("5"));
    log.propose(private("n2", "master-db", NewValue::Add(2)));
    assert_eq!(log.private("n2", "master-db"), Some("7"));
    log.propose(private("n2", "master-db", NewValue::Unset));
    assert_eq!(log.private("n2", "master-db"), None);
    assert_eq!(log.state.cib, before);
}

#[test]
fn a_private_attribute_that_is_so_changes_nothing() {
    let mut log = Log::new();
    let write = || private("n2", "lsn", NewValue::Set("5".into()));
    assert!(!log.state.changes_nothing(&write()));
    log.propose(write());
    assert!(log.state.changes_nothing(&write()));
    assert!(log.state.changes_nothing(&public(2, "lsn", "5")), "it is the private one's");
    assert!(!log.state.changes_nothing(&private("n1", "lsn", NewValue::Set("5".into()))));
    assert!(log.state.changes_nothing(&private("n1", "lsn", NewValue::Unset)));
}

/// attrd_updater(8): "If this creates a new attribute, never write the attribute to CIB".
#[test]
fn an_attribute_stays_what_its_first_writer_made_it() {
    let mut log = Log::new();
    let before = log.state.cib.clone();
    log.propose(private("n1", "lsn", NewValue::Set("5".into())));
    log.propose(public(2, "lsn", "6"));
    assert_eq!((log.private("n1", "lsn"), log.private("n2", "lsn")), (Some("5"), Some("6")));
    assert_eq!(log.state.cib, before);

    log.propose(public(1, "master-db", "5"));
    let (_, news) = log.propose(private("n2", "master-db", NewValue::Set("6".into())));
    assert_eq!((news, log.private("n2", "master-db")), (vec![News::Status], None));
    // Nobody would see that the node wants to leave.
    log.propose(private("n2", "shutdown", NewValue::Set("1".into())));
    assert_eq!(log.private("n2", "shutdown"), None);
}

#[test]
fn private_attributes_die_with_their_node_and_not_before() {
    let mut log = Log::new();
    for node in ["n1", "n2", "n3"] {
        log.propose(private(node, "lsn", NewValue::Set("5".into())));
    }
    log.view(&[(1, life(1, 1)), (3, life(3, 1))], &[]);
    log.verdict("n2", life(2, 1));
    log.view(&[(1, life(1, 1))], &[(3, life(3, 1))]);
    assert_eq!(log.private("n2", "lsn"), None, "it was fenced");
    assert_eq!(log.private("n3", "lsn"), None, "it left");
    assert_eq!(log.private("n1", "lsn"), Some("5"));
    let bytes = log.state.encode().expect("a state has bytes");
    assert_eq!(ClusterState::decode(&bytes).expect("they are a state").private, log.state.private);
}

#[test]
fn a_private_attribute_of_nobody_or_that_nothing_can_show_is_refused() {
    let mut log = Log::new();
    let before = log.state.private.clone();
    for (node, value) in [("far", "5"), ("n1", "a\u{1}b")] {
        let (answer, _) = log.propose(private(node, "lsn", NewValue::Set(value.into())));
        assert!(matches!(answer, Answer::Refused(_)), "{node}: {answer:?}");
    }
    assert_eq!(log.state.private, before);
}

/// A service was started on a node.
fn started(node: &str) -> Entry {
    let Entry::Result(mut result) = stop_ended(node, 0, 3) else { panic!("a result") };
    result.record.operation = "start".into();
    Entry::Result(result)
}

#[test]
fn what_a_node_leaves_running_is_known_until_it_is_back_or_proven_off() {
    let left = |log: &Log| log.state.left_behind.contains_key(&NodeName::from("n2"));
    let gone = |log: &mut Log| {
        log.propose(started("n2"));
        log.view(&[(1, life(1, 1)), (3, life(3, 1))], &[(2, life(2, 1))]);
        assert!(left(log), "nothing was stopped there");
    };
    let mut log = Log::new();
    gone(&mut log);
    log.view(&[(1, life(1, 1)), (2, life(2, 2)), (3, life(3, 1))], &[]);
    assert!(!left(&log), "it is back and will be looked at");

    let mut log = Log::new();
    gone(&mut log);
    assert!(matches!(log.verdict("n2", life(2, 1)), Answer::Done(_)), "somebody vouches for it");
    assert!(!left(&log));

    let mut log = Log::new();
    log.propose(started("n2"));
    log.propose(stop_ended("n2", 0, 4));
    log.view(&[(1, life(1, 1)), (3, life(3, 1))], &[(2, life(2, 1))]);
    assert!(!left(&log), "it was stopped before");
}

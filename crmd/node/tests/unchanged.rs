//! What changes nothing is answered, and leaves no trace in the log.

use rota_cib::change::{AttributeChange, AttributeKind, Change, Lifetime, NewValue};
use rota_ids::{BootId, Incarnation, Moment, NodeId, StartId, WallTime};
use rota_node::entry::{Entry, Member, Proposal, ProposalId};
use rota_node::message::Message;
use rota_node::state::ClusterState;
use rota_node::{Ask, RequestId, Told};
use rota_node::{Config, Effect, Event, Node, Now};
use rota_replica::{MemStore, Replica, StoreId};

const NOW: WallTime = WallTime(1_000_000);

fn life(boot: u64) -> Incarnation {
    Incarnation { boot: BootId(boot), start: StartId(1) }
}

/// A cluster of one, which leads.
struct Alone {
    node: Node<MemStore>,
    now: u64,
}

impl Alone {
    fn new() -> Self {
        let links = vec![([10, 0, 0, 1], 7610).into()];
        let member = Member { id: NodeId(1), name: "n1".into(), links };
        let found = Entry::Found { cluster: "lab".into(), member, life: life(1) };
        let state = ClusterState::founded(&found, NOW).encode().expect("a state has bytes");
        let config = rota_replica::Config::new(NodeId(1));
        let store = MemStore::new(StoreId(1));
        let replica = Replica::bootstrap(config, store, state).expect("an empty store");
        let config = Config {
            me: NodeId(1),
            name: "n1".into(),
            life: life(1),
            cluster: "lab".into(),
            memory: None,
        };
        let node = Node::new(config, replica, Now { moment: Moment::from_millis(0), wall: NOW });
        let mut alone = Self { node, now: 0 };
        for _ in 0..200 {
            alone.step(Event::Tick);
        }
        assert!(alone.node.is_quorate(), "one of one leads");
        alone
    }

    fn step(&mut self, event: Event) -> Vec<Effect> {
        self.now += 50;
        let now = Now { moment: Moment::from_millis(self.now), wall: NOW };
        self.node.step(now, event).expect("it goes on");
        let mut effects = self.node.flush(now).expect("it goes on");
        while self.node.has_more() {
            effects.extend(self.node.flush(now).expect("it goes on"));
        }
        effects
    }

    fn log(&self) -> u64 {
        self.node.replica().last_index().0
    }

    /// Asks for a change; the answer, and by how many entries the log has grown.
    fn ask(&mut self, change: Change) -> (bool, u64) {
        let before = self.log();
        let request = RequestId(self.now);
        let effects = self.step(Event::Asked { request, ask: Ask::Change(change) });
        let is_done = |effect: &Effect| matches!(effect, Effect::Tell { told: Told::Done(_), .. });
        (effects.iter().any(is_done), self.log() - before)
    }

    /// Node 2 comes into the roster: words of strangers mean nothing.
    fn admit_second(&mut self) {
        let digest = [2; 32];
        let expires = WallTime(NOW.0 + 60);
        let links = vec![([10, 0, 0, 2], 7610).into()];
        for ask in [Ask::Token { digest, expires }, Ask::Admit { digest, name: "n2".into(), links }]
        {
            let request = RequestId(self.now);
            self.step(Event::Asked { request, ask });
        }
        self.step(Event::Tick);
        assert!(self.node.member(NodeId(2)).is_some(), "it is admitted");
    }

    /// A peer asks with this message: whether it is told that nothing changes, and the growth.
    fn peer(&mut self, message: Message) -> (bool, u64) {
        let before = self.log();
        let effects = self.step(Event::Peer { from: NodeId(2), message });
        let is_told = |effect: &Effect| {
            matches!(effect, Effect::Peer { to: NodeId(2), message: Message::Unchanged { .. } })
        };
        (effects.iter().any(is_told), self.log() - before)
    }
}

fn attribute(value: &str) -> Change {
    Change::SetAttribute(AttributeChange {
        node: "1".into(),
        name: "load".into(),
        value: NewValue::Set(value.into()),
        lifetime: Lifetime::UntilReboot,
        kind: AttributeKind::Plain,
        set: None,
    })
}

fn proposal(number: u64, change: Change) -> Vec<u8> {
    let id = ProposalId { node: NodeId(2), life: life(2), number };
    let entry = Entry::Change(change);
    Proposal { id, settled_below: number, at: NOW, entry }.encode().expect("it has bytes")
}

#[test]
fn the_same_value_again_is_answered_without_an_entry() {
    let mut alone = Alone::new();
    let (done, grown) = alone.ask(attribute("5"));
    assert!(done && grown >= 1, "it is new: {done} {grown}");
    alone.step(Event::Tick);
    assert_eq!(alone.ask(attribute("5")), (true, 0));
    let (done, grown) = alone.ask(attribute("6"));
    assert!(done && grown >= 1, "another value: {done} {grown}");
}

#[test]
fn a_peer_is_told_at_first_asking_only() {
    let mut alone = Alone::new();
    alone.admit_second();
    alone.ask(attribute("5"));
    alone.step(Event::Tick);
    assert_eq!(alone.peer(Message::Ask(proposal(1, attribute("5")))), (true, 0));
    let (told, grown) = alone.peer(Message::Ask(proposal(2, attribute("6"))));
    assert!(!told && grown == 1, "it changes something: {told} {grown}");
    alone.step(Event::Tick);
    // A copy of a first asking may still be on its way: what is asked again is applied once.
    let (told, grown) = alone.peer(Message::Propose(proposal(3, attribute("6"))));
    assert!(!told && grown == 1, "{told} {grown}");
}

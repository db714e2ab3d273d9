//! A few replicas, a network and disks, in one thread and from one seed.
//!
//! Checks at every step: one leader per term, and no two replicas ever hand out different entries
//! for one index, be it as an entry or inside a snapshot.

use std::collections::{BTreeMap, BTreeSet};

use rota_ids::{NodeId, Term};
use rota_replica::{
    Config, Effect, Error, Input, LogIndex, LogStore, MemStore, Position, Replica, Role, StoreId,
};

/// Cheap, repeatable chance.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

/// What the log makes of a node: all entries so far, so that a snapshot can be compared.
pub type State = BTreeMap<u64, Vec<u8>>;

pub struct Node {
    pub replica: Option<Replica<MemStore>>,
    pub disk: Option<MemStore>,
    pub state: State,
    pub effects: Vec<Effect>,
}

struct Packet {
    due: u64,
    order: u64,
    from: NodeId,
    to: NodeId,
    bytes: Vec<u8>,
}

pub struct World {
    pub nodes: BTreeMap<NodeId, Node>,
    pub random: Random,
    pub now: u64,
    /// Chances in percent, and ticks.
    pub loss: u64,
    pub duplicates: u64,
    pub delay: u64,
    pub cut: BTreeSet<(NodeId, NodeId)>,
    pub committed: BTreeMap<u64, (Term, Vec<u8>)>,
    pub keep_entries: u64,
    leaders: BTreeMap<Term, NodeId>,
    wire: Vec<Packet>,
    sent: u64,
    stores_made: u64,
    pub what: String,
}

impl World {
    pub fn new(seed: u64) -> Self {
        World {
            nodes: BTreeMap::new(),
            random: Random(seed),
            now: 0,
            loss: 0,
            duplicates: 0,
            delay: 0,
            cut: BTreeSet::new(),
            committed: BTreeMap::new(),
            keep_entries: 10,
            leaders: BTreeMap::new(),
            wire: Vec::new(),
            sent: 0,
            stores_made: 0,
            what: format!("seed {seed}"),
        }
    }

    /// A cluster of `count` voters, grown as people would grow it.
    pub fn cluster(seed: u64, count: u32) -> Self {
        let mut world = World::new(seed);
        world.found(NodeId(1));
        for id in 2..=count {
            world.join_and_wait(NodeId(id));
        }
        world.run(10);
        world
    }

    fn config(&self, me: NodeId) -> Config {
        let mut config = Config::new(me);
        config.keep_entries = self.keep_entries;
        config.snapshot_retry_ticks = 20;
        config
    }

    fn new_store(&mut self) -> MemStore {
        self.stores_made += 1;
        MemStore::new(StoreId(self.stores_made))
    }

    pub fn found(&mut self, me: NodeId) {
        let store = self.new_store();
        let replica = Replica::bootstrap(self.config(me), store, encode(&State::new())).unwrap();
        self.place(me, replica);
    }

    /// Starts a node on an empty disk.
    pub fn newcomer(&mut self, me: NodeId) -> StoreId {
        let store = self.new_store();
        let id = store.id();
        let replica = Replica::open(self.config(me), store).unwrap();
        self.place(me, replica);
        id
    }

    pub fn join_and_wait(&mut self, me: NodeId) {
        let store = self.newcomer(me);
        for _ in 0..200 {
            if let Some(leader) = self.leader() {
                let seat = rota_replica::Seat::Voter;
                let _ = self.replica(leader).add_member(me, store, seat);
                if self.replica(leader).members().voters.contains(&me) {
                    return;
                }
            }
            self.tick();
        }
        panic!("{}: {me} did not become a voter", self.what);
    }

    fn place(&mut self, me: NodeId, replica: Replica<MemStore>) {
        let node =
            Node { replica: Some(replica), disk: None, state: State::new(), effects: Vec::new() };
        self.nodes.insert(me, node);
        self.flush(me);
    }

    pub fn replica(&mut self, me: NodeId) -> &mut Replica<MemStore> {
        self.nodes.get_mut(&me).unwrap().replica.as_mut().unwrap()
    }

    pub fn up(&self) -> Vec<NodeId> {
        self.nodes.iter().filter(|(_, node)| node.replica.is_some()).map(|(id, _)| *id).collect()
    }

    /// The leader with the highest term that may act.
    pub fn leader(&self) -> Option<NodeId> {
        let replicas = self.nodes.iter().filter_map(|(id, n)| Some((*id, n.replica.as_ref()?)));
        let leaders = replicas.filter(|(_, replica)| replica.role() == Role::Leader);
        leaders.max_by_key(|(_, replica)| replica.term()).map(|(id, _)| id)
    }

    pub fn tick(&mut self) {
        self.now += 1;
        for me in self.up() {
            self.input(me, Input::Tick);
        }
        self.deliver();
    }

    pub fn run(&mut self, ticks: u64) {
        for _ in 0..ticks {
            self.tick();
        }
    }

    /// Delivers everything that is due, and what follows from it, within this tick.
    pub fn deliver(&mut self) {
        loop {
            let now = self.now;
            let due = self.wire.iter().enumerate().filter(|(_, packet)| packet.due <= now);
            let next = due.min_by_key(|(_, packet)| (packet.due, packet.order));
            let Some((at, _)) = next else { return };
            let packet = self.wire.swap_remove(at);
            if !self.cut.contains(&(packet.from, packet.to)) {
                let message = packet.bytes;
                self.input(packet.to, Input::Received { from: packet.from, message });
            }
        }
    }

    pub fn input(&mut self, me: NodeId, input: Input) {
        let Some(node) = self.nodes.get_mut(&me) else { return };
        let Some(replica) = node.replica.as_mut() else { return };
        match replica.step(input) {
            Ok(()) => self.flush(me),
            Err(error) => self.died(me, &error),
        }
    }

    pub fn flush(&mut self, me: NodeId) {
        let mut out = Vec::new();
        if self.nodes[&me].replica.is_none() {
            return;
        }
        if self.random.percent(50) {
            // Half of the time as a daemon does it: what may leave early leaves before the disk.
            self.replica(me).send_early(&mut out);
            for effect in std::mem::take(&mut out) {
                self.carry_out(me, effect);
            }
        }
        let result = self.replica(me).flush(&mut out);
        for effect in out {
            self.carry_out(me, effect);
        }
        if let Err(error) = result {
            self.died(me, &error);
        }
    }

    fn died(&mut self, me: NodeId, error: &Error) {
        let crash = matches!(error, Error::Store(_));
        assert!(crash, "{}: {me} died of {error}", self.what);
        let chance = self.random.below(5);
        self.power_off(me, chance);
    }

    /// Cuts the power; of the un-synced writes `keep` survive.
    pub fn power_off(&mut self, me: NodeId, keep: u64) {
        let node = self.nodes.get_mut(&me).unwrap();
        let Some(replica) = node.replica.take() else { return };
        let mut disk = replica.into_store();
        disk.power_cut(keep as usize);
        node.disk = Some(disk);
        node.state.clear();
    }

    pub fn power_on(&mut self, me: NodeId) {
        let config = self.config(me);
        let node = self.nodes.get_mut(&me).unwrap();
        let Some(disk) = node.disk.take() else { return };
        node.replica = Some(Replica::open(config, disk).unwrap());
        self.flush(me);
    }

    /// Proposes on that node; where it went, if it leads.
    pub fn propose(&mut self, me: NodeId, data: &str) -> Option<Position> {
        let at = self.replica(me).propose(data.as_bytes().to_vec()).ok();
        self.flush(me);
        at
    }

    /// Proposes on the leader and waits until every running member has it.
    pub fn commit(&mut self, data: &str) -> Position {
        let leader = self.leader().unwrap_or_else(|| panic!("{}: no leader", self.what));
        let at = self.propose(leader, data).unwrap();
        for _ in 0..100 {
            self.deliver();
            if self.nodes[&leader].state.contains_key(&at.index.0) {
                return at;
            }
            self.tick();
        }
        panic!("{}: {data} was not committed", self.what);
    }

    pub fn compact(&mut self, me: NodeId) {
        if self.nodes[&me].replica.is_none() {
            return;
        }
        let payload = encode(&self.nodes[&me].state);
        let replica = self.replica(me);
        let upto = replica.applied();
        if upto <= LogIndex(replica.store().snapshot_meta().index) {
            return;
        }
        match replica.compact(upto, payload) {
            Ok(()) => self.flush(me),
            Err(error) => self.died(me, &error),
        }
    }

    pub fn isolate(&mut self, me: NodeId) {
        for other in self.nodes.keys() {
            self.cut.extend([(me, *other), (*other, me)]);
        }
    }

    fn carry_out(&mut self, me: NodeId, effect: Effect) {
        match effect {
            Effect::Send { to, message } => self.post(me, to, message),
            Effect::Committed { at, data } => {
                let known = self.committed.entry(at.index.0).or_insert((at.term, data.clone()));
                assert_eq!(*known, (at.term, data.clone()), "{}: {me} at {at:?}", self.what);
                let state = &mut self.nodes.get_mut(&me).unwrap().state;
                let last = state.keys().next_back().copied().unwrap_or(0);
                assert!(at.index.0 > last, "{}: {me} got {at:?} after {last}", self.what);
                state.insert(at.index.0, data);
            }
            Effect::Restore { at, snapshot } => {
                let state = decode(&snapshot);
                let upto = self.committed.range(..=at.index.0);
                let expected: State = upto.map(|(i, (_, data))| (*i, data.clone())).collect();
                assert_eq!(state, expected, "{}: snapshot of {me} at {at:?}", self.what);
                self.nodes.get_mut(&me).unwrap().state = state;
            }
            Effect::SnapshotWanted => self.compact(me),
            Effect::Role { term, role: Role::Leader | Role::Elected, .. } => {
                let first = *self.leaders.entry(term).or_insert(me);
                assert_eq!(first, me, "{}: two leaders in term {term}", self.what);
                self.remember(me, effect);
            }
            Effect::Role { .. }
            | Effect::Members(_)
            | Effect::ReadReady { .. }
            | Effect::ReadLost { .. } => self.remember(me, effect),
        }
    }

    fn remember(&mut self, me: NodeId, effect: Effect) {
        self.nodes.get_mut(&me).unwrap().effects.push(effect);
    }

    fn post(&mut self, from: NodeId, to: NodeId, bytes: Vec<u8>) {
        if self.random.percent(self.loss) {
            return;
        }
        let copies = 1 + u64::from(self.random.percent(self.duplicates));
        for _ in 0..copies {
            let due = self.now + self.random.below(self.delay + 1);
            self.sent += 1;
            // With delays, packets of one tick also overtake each other.
            let order = if self.delay > 0 { self.random.below(1 << 20) } else { self.sent };
            self.wire.push(Packet { due, order, from, to, bytes: bytes.clone() });
        }
    }
}

pub fn encode(state: &State) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, data) in state {
        out.extend(index.to_be_bytes());
        out.extend((data.len() as u64).to_be_bytes());
        out.extend(data);
    }
    out
}

fn decode(mut bytes: &[u8]) -> State {
    let mut state = State::new();
    let number = |bytes: &[u8]| u64::from_be_bytes(bytes[..8].try_into().unwrap());
    while !bytes.is_empty() {
        let (index, size) = (number(bytes), number(&bytes[8..]) as usize);
        state.insert(index, bytes[16..16 + size].to_vec());
        bytes = &bytes[16 + size..];
    }
    state
}

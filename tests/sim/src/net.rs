//! The networks between the hosts: what is lost, late, doubled, or cut in one direction.

use std::collections::BTreeSet;

use crate::clock::{MS, Time};
use crate::rng::Rng;

/// One direction of one network between two hosts.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    /// Nothing gets through.
    pub cut: bool,
    /// So many packets in a thousand are lost.
    pub loss: u32,
    /// How long a packet travels at least.
    pub delay_min: Time,
    /// How long it travels at most.
    pub delay_max: Time,
}

impl Path {
    /// A good LAN.
    pub const GOOD: Self = Self { cut: false, loss: 0, delay_min: MS / 20, delay_max: MS / 4 };
}

/// What becomes of letters on one way from host to host, whatever network they take. Heartbeats
/// have a fate of their own: a firewall or a wrong MTU stops the ones and not the others.
#[derive(Clone, Copy, Debug)]
pub struct Post {
    /// No letter gets through.
    pub cut: bool,
    /// Letters of more bytes than this are lost.
    pub longest: usize,
}

impl Post {
    /// Every letter arrives.
    pub const GOOD: Self = Self { cut: false, longest: usize::MAX };
}

/// All networks.
#[derive(Debug)]
pub struct Net {
    hosts: usize,
    links: usize,
    paths: Vec<Path>,
    post: Vec<Post>,
    /// Which hosts cannot reach the BMCs.
    pub no_bmc: Vec<bool>,
    /// Letters overtake each other, come twice, get lost, and some come very late. (In truth they
    /// travel on streams; what relies on that is to be found.)
    pub rough: bool,
    /// Old orders that come again as new ones (a deliberate bug).
    pub dressed: BTreeSet<Vec<u8>>,
    last_letter: Vec<Time>,
}

impl Net {
    /// Good networks.
    pub fn new(hosts: usize, links: usize) -> Self {
        Self {
            hosts,
            links,
            paths: vec![Path::GOOD; hosts * hosts * links],
            post: vec![Post::GOOD; hosts * hosts],
            no_bmc: vec![false; hosts],
            rough: false,
            dressed: BTreeSet::new(),
            last_letter: vec![0; hosts * hosts],
        }
    }

    /// How many networks there are.
    pub const fn links(&self) -> usize {
        self.links
    }

    /// One direction of one network.
    pub fn path(&mut self, link: usize, from: usize, to: usize) -> &mut Path {
        let place = self.place(link, from, to);
        &mut self.paths[place]
    }

    /// What becomes of letters from one host to the other.
    pub fn post(&mut self, from: usize, to: usize) -> &mut Post {
        &mut self.post[from * self.hosts + to]
    }

    fn place(&self, link: usize, from: usize, to: usize) -> usize {
        (link * self.hosts + from) * self.hosts + to
    }

    /// Whether anything can get from one host to the other.
    pub fn reaches(&self, from: usize, to: usize) -> bool {
        (0..self.links).any(|link| !self.paths[self.place(link, from, to)].cut)
    }

    /// Whether every letter arrives that goes from one host to the other.
    pub fn delivers(&self, from: usize, to: usize) -> bool {
        let post = self.post[from * self.hosts + to];
        !post.cut && post.longest == usize::MAX
    }

    /// Cuts one direction on all networks, or mends it.
    pub fn cut(&mut self, from: usize, to: usize, cut: bool) {
        for link in 0..self.links {
            self.path(link, from, to).cut = cut;
        }
    }

    /// Everything is good again.
    pub fn heal(&mut self) {
        self.paths.fill(Path::GOOD);
        self.post.fill(Post::GOOD);
        self.no_bmc.fill(false);
        self.rough = false;
    }

    /// When a datagram arrives, if it does.
    pub fn datagram(&self, rng: &mut Rng, link: usize, from: usize, to: usize) -> Option<Time> {
        let path = self.paths[self.place(link, from, to)];
        if path.cut || (path.loss > 0 && rng.chance(path.loss)) {
            return None;
        }
        Some(rng.between(path.delay_min, path.delay_max))
    }

    /// When a letter of so many bytes arrives: never, once or twice.
    pub fn letter(
        &mut self,
        rng: &mut Rng,
        now: Time,
        link: usize,
        (from, to): (usize, usize),
        bytes: usize,
    ) -> Vec<Time> {
        let path = self.paths[self.place(link, from, to)];
        let post = self.post[from * self.hosts + to];
        if path.cut || post.cut || bytes > post.longest {
            return Vec::new();
        }
        let travels = rng.between(path.delay_min, path.delay_max);
        if self.rough {
            return self.rough_letter(rng, path, now + travels);
        }
        // A stream repeats what is lost, and what was sent later waits for it.
        let again = if path.loss > 0 && rng.chance(path.loss) { 200 * MS } else { 0 };
        let last = &mut self.last_letter[from * self.hosts + to];
        *last = (*last + 1).max(now + travels + again);
        vec![*last]
    }

    fn rough_letter(&self, rng: &mut Rng, path: Path, at: Time) -> Vec<Time> {
        if rng.chance(path.loss.max(10)) {
            return Vec::new();
        }
        let late = match rng.below(1000) {
            0..=4 => rng.between(1_000 * MS, 30_000 * MS),
            5..=50 => rng.between(10 * MS, 1_000 * MS),
            _ => rng.below(3 * MS),
        };
        let mut arrivals = vec![at + late];
        if rng.chance(20) {
            arrivals.push(at + rng.below(2_000 * MS));
        }
        arrivals
    }
}

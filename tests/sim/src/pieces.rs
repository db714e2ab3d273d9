//! The services of a rough world: pieces of every kind, and what stands between them.

use rota_ids::Text;

use crate::rng::Rng;
use crate::script::Character;

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One service that stands alone.
    Single,
    /// So many services, one after the other, on one node.
    Group(usize),
    /// A service on every node.
    Clone,
    /// A service on every node, of which so many instances are promoted.
    Promotable(usize),
    /// One service that can be moved while it runs.
    Migrating,
}

/// One configured service with all its options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The id of the primitive, or the stem of those of a group.
    pub id: &'static str,
    /// What it is.
    pub kind: Kind,
    /// How its agent behaves.
    pub character: Character,
    /// `notify`, for clones.
    pub notify: bool,
    /// `ordered`, for clones.
    pub ordered: bool,
    /// `interleave`, for clones.
    pub interleave: bool,
    /// Seconds between its monitors; none for no monitor.
    pub monitor_s: Option<u32>,
    /// Timeout of every operation, in seconds.
    pub timeout_s: u32,
    /// `on-fail` of operations, where it is given.
    pub on_fail: Vec<(&'static str, &'static str)>,
    /// `failure-timeout` in seconds.
    pub failure_timeout_s: Option<u32>,
    /// A parameter of the agent: an administrator counts it up.
    pub edition: u32,
    /// `target-role=Stopped`.
    pub disabled: bool,
}

/// What stands between two pieces: `then` comes after `first`, or is where `first` is, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tie {
    /// The place of the one that comes first.
    pub first: usize,
    /// The place of the other, always a later one: no circles.
    pub then: usize,
    /// Whether there is an order, and of which kind.
    pub order: Option<&'static str>,
    /// Whether `then` is where `first` is, and with which score.
    pub colocation: Option<&'static str>,
}

/// All services of a rough world.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pieces {
    /// The services.
    pub pieces: Vec<Piece>,
    /// What stands between them.
    pub ties: Vec<Tie>,
}

impl Piece {
    /// A service that stands alone, with a monitor and an agent that does nothing unusual.
    pub const fn plain(id: &'static str, kind: Kind) -> Self {
        Self {
            id,
            kind,
            character: Character::Plain,
            notify: false,
            ordered: false,
            interleave: false,
            monitor_s: Some(3),
            timeout_s: 5,
            on_fail: Vec::new(),
            failure_timeout_s: None,
            edition: 1,
            disabled: false,
        }
    }

    /// A promotable clone with notifications.
    pub fn promotable(id: &'static str, character: Character) -> Self {
        Self { character, notify: true, ..Self::plain(id, Kind::Promotable(1)) }
    }

    /// Its primitives.
    pub fn leaves(&self) -> Vec<Text> {
        match self.kind {
            Kind::Group(count) => ["a", "b", "c"]
                .iter()
                .take(count)
                .map(|n| format!("{}{n}", self.id).into())
                .collect(),
            _ => vec![self.id.into()],
        }
    }

    /// Whether it runs on every node.
    pub const fn is_clone(&self) -> bool {
        matches!(self.kind, Kind::Clone | Kind::Promotable(_))
    }

    /// What constraints call it.
    pub fn name(&self) -> String {
        if self.is_clone() { format!("{}-clone", self.id) } else { self.id.to_owned() }
    }

    /// `on-fail` of an operation, if it was given.
    pub fn on_fail_of(&self, operation: &str) -> Option<&'static str> {
        self.on_fail.iter().find(|(name, _)| *name == operation).map(|(_, word)| *word)
    }

    fn operation(&self, leaf: &str, name: &str, more: &str) -> String {
        let word = self.on_fail_of(name).map(|word| format!(" on-fail='{word}'"));
        format!(
            "<op id='{leaf}-{name}{}' name='{name}' timeout='{}s' {more}{}/>",
            more.replace(|c: char| !c.is_alphanumeric(), ""),
            self.timeout_s,
            word.unwrap_or_default()
        )
    }

    fn primitive(&self, leaf: &str) -> String {
        let mut operations: String = ["start", "stop", "promote", "demote", "notify", "migrate_to"]
            .map(|name| self.operation(leaf, name, "interval='0'"))
            .concat();
        match (self.monitor_s, self.kind) {
            (Some(every), Kind::Promotable(_)) => {
                for (role, every) in [("Promoted", every), ("Unpromoted", every + 1)] {
                    let more = format!("interval='{every}s' role='{role}'");
                    operations += &self.operation(leaf, "monitor", &more);
                }
            }
            (Some(every), _) => {
                operations += &self.operation(leaf, "monitor", &format!("interval='{every}s'"));
            }
            (None, _) => {}
        }
        let mut meta = String::new();
        if self.kind == Kind::Migrating {
            meta += &pair(leaf, "allow-migrate", "true");
        }
        if self.disabled {
            meta += &pair(leaf, "target-role", "Stopped");
        }
        if let Some(seconds) = self.failure_timeout_s {
            meta += &pair(leaf, "failure-timeout", &format!("{seconds}s"));
        }
        format!(
            "<primitive id='{leaf}' class='ocf' provider='sim' type='Service'>\
             <instance_attributes id='{leaf}-params'>{}</instance_attributes>\
             <meta_attributes id='{leaf}-meta'>{meta}</meta_attributes>\
             <operations>{operations}</operations></primitive>",
            pair(leaf, "edition", &self.edition.to_string()),
        )
    }

    /// The piece in the words of the configuration.
    pub fn xml(&self) -> String {
        let primitives: String = self.leaves().iter().map(|leaf| self.primitive(leaf)).collect();
        match self.kind {
            Kind::Single | Kind::Migrating => primitives,
            Kind::Group(_) => format!("<group id='{}'>{primitives}</group>", self.id),
            Kind::Clone | Kind::Promotable(_) => {
                let name = self.name();
                let mut meta = pair(&name, "notify", &self.notify.to_string());
                meta += &pair(&name, "ordered", &self.ordered.to_string());
                meta += &pair(&name, "interleave", &self.interleave.to_string());
                if let Kind::Promotable(most) = self.kind {
                    meta += &pair(&name, "promotable", "true");
                    meta += &pair(&name, "promoted-max", &most.to_string());
                }
                format!(
                    "<clone id='{name}'><meta_attributes id='{name}-meta'>{meta}\
                     </meta_attributes>{primitives}</clone>"
                )
            }
        }
    }
}

fn pair(of: &str, name: &str, value: &str) -> String {
    format!("<nvpair id='{of}-{name}' name='{name}' value='{value}'/>")
}

impl Pieces {
    /// The piece that a primitive belongs to.
    pub fn of(&self, leaf: &str) -> Option<&Piece> {
        self.place_of(leaf).map(|place| &self.pieces[place])
    }

    /// The place of the piece that a primitive belongs to.
    pub fn place_of(&self, leaf: &str) -> Option<usize> {
        let has = |piece: &Piece| {
            leaf == piece.id
                || matches!(piece.kind, Kind::Group(_))
                    && leaf.len() == piece.id.len() + 1
                    && leaf.starts_with(piece.id)
        };
        self.pieces.iter().position(has)
    }

    /// The resources in the words of the configuration.
    pub fn resources(&self) -> String {
        self.pieces.iter().map(Piece::xml).collect()
    }

    /// The constraints in the words of the configuration.
    pub fn constraints(&self) -> String {
        let mut text = String::new();
        for (number, tie) in self.ties.iter().enumerate() {
            let (first, then) = (&self.pieces[tie.first], &self.pieces[tie.then]);
            let promoted = matches!(first.kind, Kind::Promotable(_));
            if let Some(kind) = tie.order {
                let action = if promoted { "promote" } else { "start" };
                text += &format!(
                    "<rsc_order id='order-{number}' first='{}' first-action='{action}' \
                     then='{}' then-action='start' kind='{kind}'/>",
                    first.name(),
                    then.name()
                );
            }
            if let Some(score) = tie.colocation {
                let role = if promoted { " with-rsc-role='Promoted'" } else { "" };
                text += &format!(
                    "<rsc_colocation id='with-{number}' rsc='{}' with-rsc='{}'{role} \
                     score='{score}'/>",
                    then.name(),
                    first.name()
                );
            }
        }
        text
    }

    /// The services of a seed.
    pub fn of_seed(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x0070_1ece);
        let mut pieces = vec![random(&mut rng, "vip", Kind::Single)];
        let promoted = if rng.chance(250) { 2 } else { 1 };
        let kinds = [
            ("db", Kind::Single, 600),
            ("g", Kind::Group(2 + rng.index(2)), 600),
            ("web", Kind::Clone, 500),
            ("pg", Kind::Promotable(promoted), 700),
            ("vm", Kind::Migrating, 400),
            ("app", Kind::Single, 600),
            ("mq", Kind::Clone, 300),
        ];
        for (id, kind, often) in kinds {
            if rng.chance(often) {
                let piece = random(&mut rng, id, kind);
                pieces.push(piece);
            }
        }
        let mut ties = Vec::new();
        for then in 1..pieces.len() {
            // What runs everywhere is tied to nothing that does not.
            let may = |first: &usize| !pieces[then].is_clone() || pieces[*first].is_clone();
            let firsts: Vec<usize> = (0..then).filter(may).collect();
            if firsts.is_empty() || rng.chance(400) {
                continue;
            }
            let first = firsts[rng.index(firsts.len())];
            let orders = [None, Some("Mandatory"), Some("Mandatory"), Some("Optional")];
            let scores = [None, Some("INFINITY"), Some("100"), Some("-50")];
            let order = orders[rng.index(4)];
            let colocation = scores[rng.index(4)].filter(|_| !pieces[then].is_clone());
            ties.push(Tie { first, then, order, colocation });
        }
        Self { pieces, ties }
    }
}

fn random(rng: &mut Rng, id: &'static str, kind: Kind) -> Piece {
    let is_clone = matches!(kind, Kind::Clone | Kind::Promotable(_));
    let mut on_fail = Vec::new();
    let words: [(&str, &[&str]); 4] = [
        ("start", &["restart", "stop", "block", "fence", "standby", "ignore"]),
        ("stop", &["fence", "block"]),
        ("monitor", &["restart", "stop", "block", "fence", "standby", "ignore"]),
        ("promote", &["restart", "block", "demote"]),
    ];
    for (operation, words) in words {
        if rng.chance(200) {
            on_fail.push((operation, words[rng.index(words.len())]));
        }
    }
    let character = match kind {
        Kind::Promotable(1) => [
            Character::Stateful,
            Character::Redis,
            Character::Mariadb,
            Character::Paf,
            Character::Galera,
        ][rng.index(5)],
        Kind::Promotable(_) => [Character::Stateful, Character::Galera][rng.index(2)],
        Kind::Clone => [Character::Plain, Character::Rabbit][rng.index(2)],
        _ => [Character::Plain, Character::Plain, Character::Rabbit][rng.index(3)],
    };
    // Those that score with their monitors have one.
    let needs_monitor = matches!(kind, Kind::Promotable(_));
    Piece {
        id,
        kind,
        character,
        notify: is_clone && (needs_monitor || rng.chance(500)),
        ordered: is_clone && rng.chance(300),
        interleave: is_clone && rng.chance(500),
        monitor_s: (needs_monitor || rng.chance(700)).then(|| [1, 2, 3, 5][rng.index(4)]),
        timeout_s: [4, 5, 8][rng.index(3)],
        on_fail,
        failure_timeout_s: rng.chance(350).then_some([7, 20, 45][rng.index(3)]),
        edition: 1,
        disabled: false,
    }
}

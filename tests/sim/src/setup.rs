//! What a world is made of: how many hosts and networks, and what the cluster is to run.

use rota_cib::change::{Edit, Item, Place};
use rota_cib::resource::{CloneChild, Resource};
use rota_ids::Text;

use crate::pieces::{Kind, Piece, Pieces, Tie};
use crate::rng::Rng;

/// What a world is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// How many hosts.
    pub hosts: usize,
    /// How many networks between them.
    pub links: usize,
    /// Whether there is a group.
    pub group: bool,
    /// Whether there is an anonymous clone.
    pub clone: bool,
    /// Whether there is a promotable clone, of which one instance may be promoted.
    pub promotable: bool,
    /// Whether there is a resource that can migrate.
    pub migratable: bool,
    /// Whether failures are forgotten after a while.
    pub forgets_failures: bool,
    /// The services of a rough world, in place of those above.
    pub pieces: Option<Pieces>,
}

impl Setup {
    /// Three hosts, one network, one service of each kind.
    pub const SMALL: Self = Self {
        hosts: 3,
        links: 1,
        group: true,
        clone: false,
        promotable: false,
        migratable: false,
        forgets_failures: false,
        pieces: None,
    };

    /// Three hosts with these services.
    pub fn of_pieces(pieces: Vec<Piece>, ties: Vec<Tie>) -> Self {
        Self { pieces: Some(Pieces { pieces, ties }), ..Self::SMALL }
    }

    /// The rough setup of a seed.
    pub fn rough(seed: u64) -> Self {
        Self { pieces: Some(Pieces::of_seed(seed)), ..Self::plain(seed) }
    }

    /// The setup of a seed.
    pub fn of_seed(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x00c1_0e5e);
        Self { promotable: rng.chance(600), migratable: rng.chance(400), ..Self::plain(seed) }
    }

    /// The setup of a seed with nothing in it that can be promoted or migrate.
    pub fn plain(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x0005_e70b);
        Self {
            hosts: if rng.chance(150) { 5 } else { 3 },
            links: if rng.chance(400) { 2 } else { 1 },
            group: rng.chance(600),
            clone: rng.chance(400),
            promotable: false,
            migratable: false,
            forgets_failures: false,
            pieces: None,
        }
    }

    /// The configuration as people would write it.
    fn document(&self) -> String {
        if let Some(pieces) = &self.pieces {
            return self.document_of(&pieces.resources(), &pieces.constraints());
        }
        let mut resources = String::new();
        resources += &primitive("vip", 10);
        resources += &primitive("db", 1_000);
        resources += &primitive("app", 2_000);
        if self.group {
            let members: String =
                ["g1", "g2", "g3"].map(|member| primitive(member, 5_000)).concat();
            resources += &format!("<group id='g'>{members}</group>");
        }
        if self.clone {
            resources += &format!("<clone id='everywhere'>{}</clone>", primitive("web", 1_000));
        }
        let mut constraints = String::new();
        if self.promotable {
            resources += &promotable("pg");
            constraints += "<rsc_colocation id='vip-pg' rsc='vip' with-rsc='pg-clone' \
                            with-rsc-role='Promoted' score='INFINITY'/>\
                            <rsc_order id='pg-vip' first='pg-clone' first-action='promote' \
                            then='vip' then-action='start'/>";
        }
        if self.migratable {
            let allow = "<meta_attributes id='vm-meta'>\
                         <nvpair id='vm-migrate' name='allow-migrate' value='true'/>\
                         </meta_attributes>";
            resources +=
                &primitive("vm", 3_000).replace("<operations>", &format!("{allow}<operations>"));
        }
        if self.forgets_failures {
            resources = forgetting(&resources);
        }
        let constraints = format!(
            "<rsc_colocation id='app-db' rsc='app' with-rsc='db' score='INFINITY'/>\
             <rsc_order id='db-app' first='db' then='app'/>{constraints}"
        );
        self.document_of(&resources, &constraints)
    }

    fn document_of(&self, resources: &str, constraints: &str) -> String {
        let devices: String = (1..=self.hosts).map(fence_device).collect();
        format!(
            "<cib validate-with='pacemaker-3.9' admin_epoch='0' epoch='0' num_updates='0'>\
             <configuration><crm_config><cluster_property_set id='sim'>\
             <nvpair id='sim-stonith' name='stonith-enabled' value='true'/>\
             </cluster_property_set></crm_config><nodes/>\
             <resources>{resources}{devices}</resources><constraints>\
             {constraints}</constraints></configuration><status/></cib>"
        )
    }

    /// The edits that make a new cluster's configuration this one.
    ///
    /// # Panics
    /// When the document above is wrong: a world without it is of no use.
    #[expect(clippy::panic, reason = "the document is part of this program")]
    pub fn edits(&self) -> Vec<Edit> {
        let cib = match rota_cib::xml::read(self.document().as_bytes()) {
            Ok(cib) => cib,
            Err(error) => panic!("the simulator's own configuration is wrong: {error}"),
        };
        let put = |item| Edit::Put { item: Box::new(item), place: Place::Same };
        let properties = cib.config.properties.into_iter().map(Item::Properties);
        let resources = cib.config.resources.into_iter().map(Item::Resource);
        let constraints = cib.config.constraints.into_iter().map(Item::Constraint);
        properties.chain(resources).chain(constraints).map(put).collect()
    }

    /// Resources of which at most one may be active anywhere.
    pub fn unique(&self) -> Vec<Text> {
        if let Some(pieces) = &self.pieces {
            let single = pieces.pieces.iter().filter(|piece| !piece.is_clone());
            return single.flat_map(Piece::leaves).collect();
        }
        let mut unique: Vec<Text> = vec!["vip".into(), "db".into(), "app".into()];
        if self.group {
            unique.extend(["g1", "g2", "g3"].map(Text::from));
        }
        if self.migratable {
            unique.push("vm".into());
        }
        unique
    }

    /// Whether somebody looks after a resource, so that it is recovered when it dies.
    pub fn is_watched(&self, leaf: &str) -> bool {
        let piece = self.pieces.as_ref().and_then(|pieces| pieces.of(leaf));
        piece.is_none_or(|piece| {
            let is_left = matches!(piece.on_fail_of("monitor"), Some("ignore" | "block" | "stop"));
            piece.monitor_s.is_some() && !is_left
        })
    }

    /// Resources that run everywhere.
    pub fn everywhere(&self) -> Vec<Text> {
        if let Some(pieces) = &self.pieces {
            // An instance that comes after a promotion comes where there is one.
            let waits = |place: usize| {
                pieces.ties.iter().any(|tie| {
                    let is_promoted = matches!(pieces.pieces[tie.first].kind, Kind::Promotable(_));
                    tie.then == place && tie.order.is_some() && is_promoted
                })
            };
            let clones = pieces.pieces.iter().enumerate();
            let clones = clones.filter(|(place, piece)| piece.is_clone() && !waits(*place));
            return clones.flat_map(|(_, piece)| piece.leaves()).collect();
        }
        let mut everywhere: Vec<Text> = Vec::new();
        if self.clone {
            everywhere.push("web".into());
        }
        everywhere.extend(self.promotable().cloned());
        everywhere
    }

    /// The resource of which at most one instance may be promoted anywhere.
    pub fn promotable(&self) -> Option<&'static Text> {
        static PG: std::sync::LazyLock<Text> = std::sync::LazyLock::new(|| "pg".into());
        (self.promotable && self.pieces.is_none()).then(|| &*PG)
    }

    /// What can be promoted, and how many instances of it may be.
    pub fn promotables(&self) -> Vec<(Text, usize)> {
        let plain = self.promotable().map(|pg| (pg.clone(), 1));
        let pieces = self.pieces.iter().flat_map(|pieces| &pieces.pieces);
        let rough = pieces.filter_map(|piece| match piece.kind {
            Kind::Promotable(most) => Some((piece.id.into(), most)),
            _ => None,
        });
        plain.into_iter().chain(rough).collect()
    }

    /// All resources that have a history.
    pub fn leaves(&self) -> Vec<Text> {
        let mut leaves = Vec::new();
        for edit in self.edits() {
            if let Edit::Put { item, .. } = edit
                && let Item::Resource(resource) = *item
            {
                leaves.extend(leaves_of(&resource));
            }
        }
        leaves
    }
}

fn leaves_of(resource: &Resource) -> Vec<Text> {
    match resource {
        Resource::Primitive(primitive) => vec![primitive.id.clone()],
        Resource::Group(group) => group.members.iter().map(|member| member.id.clone()).collect(),
        Resource::Clone(clone) => match &clone.child {
            CloneChild::Primitive(primitive) => vec![primitive.id.clone()],
            CloneChild::Group(group) => {
                group.members.iter().map(|member| member.id.clone()).collect()
            }
        },
        Resource::Bundle(_) => Vec::new(),
    }
}

fn primitive(id: &str, interval_ms: u32) -> String {
    let interval = interval_ms.max(1_000);
    format!(
        "<primitive id='{id}' class='ocf' provider='sim' type='Service'><operations>\
         <op id='{id}-m' name='monitor' interval='{interval}ms' timeout='4s'/>\
         <op id='{id}-a' name='start' interval='0' timeout='5s'/>\
         <op id='{id}-o' name='stop' interval='0' timeout='5s'/>\
         </operations></primitive>"
    )
}

fn promotable(id: &str) -> String {
    let roles = [("Promoted", 5), ("Unpromoted", 6)].map(|(role, seconds)| {
        format!(
            "<op id='{id}-{role}' name='monitor' role='{role}' interval='{seconds}s' timeout='4s'/>"
        )
    });
    let once = ["start", "stop", "promote", "demote"]
        .map(|name| format!("<op id='{id}-{name}' name='{name}' interval='0' timeout='5s'/>"));
    format!(
        "<clone id='{id}-clone'><meta_attributes id='{id}-meta'>\
         <nvpair id='{id}-promotable' name='promotable' value='true'/></meta_attributes>\
         <primitive id='{id}' class='ocf' provider='sim' type='Stateful'><operations>{}{}\
         </operations></primitive></clone>",
        roles.concat(),
        once.concat(),
    )
}

/// The same resources, with failures that are forgotten after 20 s. What has meta attributes of its
/// own is left as it is.
fn forgetting(resources: &str) -> String {
    let forgets = |primitive: &str| {
        if primitive.contains("<meta_attributes") {
            return primitive.to_owned();
        }
        let id = primitive.split('\'').next().unwrap_or_default();
        let meta = format!(
            "<meta_attributes id='{id}-forgets'><nvpair id='{id}-timeout' \
             name='failure-timeout' value='20s'/></meta_attributes><operations>"
        );
        primitive.replacen("<operations>", &meta, 1)
    };
    let mut parts = resources.split("<primitive id='");
    let head = parts.next().unwrap_or_default().to_owned();
    parts.fold(head, |text, part| text + "<primitive id='" + &forgets(part))
}

fn fence_device(number: usize) -> String {
    let id = format!("fence-n{number}");
    let pair = |name: &str, value: &str| {
        format!("<nvpair id='{id}-{name}' name='{name}' value='{value}'/>")
    };
    format!(
        "<primitive id='{id}' class='stonith' type='fence_sim'>\
         <instance_attributes id='{id}-i'>{}{}{}</instance_attributes>\
         <operations><op id='{id}-m' name='monitor' interval='60s' timeout='10s'/></operations>\
         </primitive>",
        pair("pcmk_host_list", &format!("n{number}")),
        pair("pcmk_off_timeout", "8s"),
        pair("pcmk_on_timeout", "8s"),
    )
}

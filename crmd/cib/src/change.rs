//! The only way a [`Cib`] changes: [`apply`] with a [`Change`].
//!
//! On a live cluster each change is a committed entry of the log, applied by every node in the
//! same order. Applying is therefore a function of its arguments alone. Changes are stored by
//! name; fields and variants are only ever added.

mod attribute;
mod edit;
mod record;
mod same;
mod texts;

use rota_ids::WallTime;
use serde::{Deserialize, Serialize};

pub use attribute::{AttributeChange, AttributeKind, Lifetime, NewValue, xml_id};
pub use edit::{Edit, Item, List, Place, diff};
pub use record::{NodeUpdate, OperationFilter, Recorded, TicketAction};
pub use same::is_noop;
pub use texts::{REASON_CHARS_MAX, readable_reason};

use crate::validate::{Finding, closed::closed, errors};
use crate::{Cib, Config, Text, Version};

/// A change of the cluster's state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// People change the configuration.
    Configure(Configure),
    /// People put another configuration in place of all.
    ReplaceConfig(ReplaceConfig),
    /// People raise the first part of the version, to win against everything else.
    RaiseAdminEpoch(u64),
    /// Who decides, and whether with quorum, changed.
    Leader {
        /// Identity of the deciding node.
        dc_uuid: Option<Text>,
        /// Whether it has quorum; none leaves what is known.
        have_quorum: Option<bool>,
    },
    /// Something became known of a node.
    NodeState(NodeUpdate),
    /// A node was removed from the cluster: its state goes.
    NodeGone {
        /// Identity of the node.
        node: Text,
    },
    /// A node left or was fenced: what lasted until then goes. Histories locked by a clean
    /// shutdown stay.
    ClearTransient {
        /// Identity of the node.
        node: Text,
        /// Whether its transient attributes go.
        attributes: bool,
        /// Whether its operation history goes.
        history: bool,
    },
    /// An operation began or ended.
    RecordOperation(Box<Recorded>),
    /// Operation records go.
    ForgetOperations {
        /// The resource; its name without instance number means all instances.
        resource: Text,
        /// Identity of the node; every node, if none.
        node: Option<Text>,
        /// Which records.
        filter: OperationFilter,
    },
    /// A node attribute changes.
    SetAttribute(AttributeChange),
    /// Something happens to a ticket.
    Ticket {
        /// The ticket.
        id: Text,
        /// What.
        action: TicketAction,
    },
}

/// Edits of the configuration, all or none of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Configure {
    /// The version that the edits were made for: they are refused if the configuration has changed
    /// since then. None takes the risk.
    pub base: Option<Version>,
    /// The edits in order.
    pub edits: Vec<Edit>,
    /// Whether errors that the edits bring in are accepted.
    pub force: bool,
    /// Who asked.
    pub author: Author,
}

/// Another configuration in place of all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReplaceConfig {
    /// As in [`Configure`].
    pub base: Option<Version>,
    /// The new configuration.
    pub config: Box<Config>,
    /// The schema that it follows; none leaves the one that there is.
    pub validate_with: Option<Text>,
    /// As in [`Configure`].
    pub force: bool,
    /// Who asked.
    pub author: Author,
}

/// Who asked for a change of the configuration; written into the document's header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Author {
    /// The node on which it was asked.
    pub origin: Text,
    /// The program.
    pub client: Text,
    /// The user.
    pub user: Text,
}

/// What [`Refused::Stale`] begins with; by this it is known when all that is left of it is text.
pub const STALE: &str = "the configuration has changed since it was read";

/// A change that was refused; the Cib is as before.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refused {
    /// The configuration has changed since the edits were made.
    #[error(
        "{} (from {}.{} to {}.{}); read it again and repeat the change",
        STALE, base.admin_epoch, base.epoch, current.admin_epoch, current.epoch
    )]
    Stale {
        /// The version that the edits were made for.
        base: Version,
        /// The version that there is.
        current: Version,
    },
    /// The edits would bring errors into the configuration.
    #[error("the change would make the configuration invalid: {}", summary(.0))]
    Invalid(Vec<Finding>),
    /// A text that no document can hold.
    #[error("no document can hold this, leave it out: {0}")]
    Unwritable(crate::xml::Unwritable),
    /// What nobody would act upon, whether forced or not.
    #[error("refused: {}", summary(.0))]
    NotBuilt(Vec<Finding>),
    /// An item that was to be removed is not there.
    #[error("there is no '{id}' to remove; it may have been removed already")]
    NoSuchItem {
        /// The list.
        list: List,
        /// The id.
        id: Text,
    },
    /// The node is not in the configuration.
    #[error("there is no node '{0}' in the configuration; add it first")]
    NoSuchNode(Text),
    /// The version can only be raised.
    #[error("the admin epoch is {0} already and can only be raised")]
    NotRaised(u64),
}

fn summary(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Which part of the version a change raises.
enum Effect {
    Nothing,
    Status,
    Config(Author),
}

/// Applies a change; `at` is the time at which it was proposed. Gives the version after it, which
/// is the one before it if nothing changed.
///
/// # Errors
/// [`Refused`]; the Cib is unchanged then.
pub fn apply(cib: &mut Cib, change: &Change, at: WallTime) -> Result<Version, Refused> {
    texts::check(cib, change)?;
    let status = |changed| if changed { Effect::Status } else { Effect::Nothing };
    let effect = match change {
        Change::Configure(asked) => {
            check_base(cib, asked.base)?;
            let mut config = cib.config.clone();
            edit::apply(&mut config, &asked.edits)
                .map_err(|(list, id)| Refused::NoSuchItem { list, id })?;
            replace_config(cib, config, asked.force, &asked.author)?
        }
        Change::ReplaceConfig(asked) => {
            check_base(cib, asked.base)?;
            let done = replace_config(cib, (*asked.config).clone(), asked.force, &asked.author)?;
            match &asked.validate_with {
                Some(schema) if *schema != cib.header.validate_with => {
                    cib.header.validate_with = schema.clone();
                    Effect::Config(asked.author.clone())
                }
                _ => done,
            }
        }
        Change::RaiseAdminEpoch(to) => return raise_admin_epoch(cib, *to),
        Change::Leader { dc_uuid, have_quorum } => {
            let before = (cib.header.dc_uuid.clone(), cib.header.have_quorum);
            cib.header.dc_uuid.clone_from(dc_uuid);
            cib.header.have_quorum = have_quorum.or(cib.header.have_quorum);
            status(before != (cib.header.dc_uuid.clone(), cib.header.have_quorum))
        }
        Change::NodeState(update) => status(record::node_update(cib, update)),
        Change::NodeGone { node } => status(record::node_gone(cib, node)),
        Change::ClearTransient { node, attributes, history } => {
            status(record::clear(cib, node, *attributes, *history))
        }
        Change::RecordOperation(recorded) => status(record::record(cib, recorded)),
        Change::ForgetOperations { resource, node, filter } => {
            status(record::forget(cib, resource, node.as_deref(), filter))
        }
        Change::SetAttribute(asked) => {
            match (attribute::change(cib, asked).map_err(Refused::NoSuchNode)?, asked.lifetime) {
                (false, _) => Effect::Nothing,
                (true, Lifetime::Forever) => Effect::Config(Author::default()),
                (true, Lifetime::UntilReboot) => Effect::Status,
            }
        }
        Change::Ticket { id, action } => status(record::ticket(cib, id, action, at)),
    };
    Ok(raise_version(cib, effect, at))
}

/// The same for a living cluster, which also refuses what nobody in it would act upon
/// ([`crate::validate::closed`]). In a file it may stand: other programs plan with it.
///
/// # Errors
/// [`Refused`]; the Cib is unchanged then.
pub fn apply_live(cib: &mut Cib, change: &Change, at: WallTime) -> Result<Version, Refused> {
    let config = match change {
        Change::Configure(asked) => {
            check_base(cib, asked.base)?;
            let mut config = cib.config.clone();
            edit::apply(&mut config, &asked.edits)
                .map_err(|(list, id)| Refused::NoSuchItem { list, id })?;
            Some(config)
        }
        Change::ReplaceConfig(asked) => {
            check_base(cib, asked.base)?;
            Some((*asked.config).clone())
        }
        _ => None,
    };
    let mut new = config.map(|config| closed(&config)).unwrap_or_default();
    if !new.is_empty() {
        // What stood there before does not keep people from changing something else.
        let before = closed(&cib.config);
        new.retain(|finding| !before.contains(finding));
    }
    if !new.is_empty() {
        return Err(Refused::NotBuilt(new));
    }
    apply(cib, change, at)
}

fn check_base(cib: &Cib, base: Option<Version>) -> Result<(), Refused> {
    let current = cib.header.version;
    match base {
        // Changes of the status do not matter to people who edit the configuration.
        Some(base) if (base.admin_epoch, base.epoch) != (current.admin_epoch, current.epoch) => {
            Err(Refused::Stale { base, current })
        }
        _ => Ok(()),
    }
}

fn replace_config(
    cib: &mut Cib,
    config: Config,
    force: bool,
    author: &Author,
) -> Result<Effect, Refused> {
    if config == cib.config {
        return Ok(Effect::Nothing);
    }
    if !force {
        let mut found = errors(&config);
        if !found.is_empty() {
            // What was wrong before does not stop people from repairing something else.
            let before = errors(&cib.config);
            found.retain(|finding| !before.contains(finding));
        }
        if !found.is_empty() {
            return Err(Refused::Invalid(found));
        }
    }
    cib.config = config;
    Ok(Effect::Config(author.clone()))
}

fn raise_admin_epoch(cib: &mut Cib, to: u64) -> Result<Version, Refused> {
    let version = &mut cib.header.version;
    if to <= version.admin_epoch {
        return Err(Refused::NotRaised(version.admin_epoch));
    }
    *version = Version { admin_epoch: to, epoch: 0, num_updates: 0 };
    Ok(*version)
}

fn raise_version(cib: &mut Cib, effect: Effect, at: WallTime) -> Version {
    let header = &mut cib.header;
    match effect {
        Effect::Nothing => {}
        Effect::Status => {
            header.version.num_updates = header.version.num_updates.saturating_add(1);
        }
        Effect::Config(author) => {
            header.version.epoch = header.version.epoch.saturating_add(1);
            header.version.num_updates = 0;
            let written = crate::date::ctime(at.0).map(Text::from);
            record::set_other(&mut header.other, "cib-last-written", written.as_ref());
            for (name, value) in [
                ("update-origin", &author.origin),
                ("update-client", &author.client),
                ("update-user", &author.user),
            ] {
                let value = (!value.is_empty()).then_some(value);
                record::set_other(&mut header.other, name, value);
            }
        }
    }
    header.version
}

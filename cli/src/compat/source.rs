//! Where a tool looks and what it changes: the cluster, or a file named by `CIB_file`.

use std::path::PathBuf;

use rota_cib::change::{Change, Configure, apply};
use rota_cib::{Cib, Text, Version, xml};
use rota_ids::WallTime;
use rota_node::report::StatusReport;

use super::fail::{CONFIG, DATA, DISCONNECTED, Failure};
use crate::client::{Client, Histories};

/// The cluster, or a file that stands for it.
#[expect(clippy::large_enum_variant, reason = "there is one in a process")]
pub enum Source {
    /// A document that `CIB_file` names.
    File {
        /// Where it is.
        path: PathBuf,
    },
    /// The daemon of this host.
    Cluster {
        /// The connection.
        client: Client,
        /// The version that was read last: what is changed was worked out on it.
        seen: Option<Version>,
        /// What was read last without histories, and the name of the node that gave it.
        light: Option<Box<(Cib, String)>>,
    },
}

/// The time now, in whole seconds since 1970.
pub fn now() -> WallTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    WallTime(since.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX)))
}

impl Source {
    /// The file that `CIB_file` names, or else the daemon. A pipe (`CIB_file=<(cibadmin -Q …)`, as
    /// the OCF shell library does) is a copy of what the daemon knows better, so it is asked only
    /// if there is no daemon.
    ///
    /// # Errors
    /// When the daemon does not answer.
    pub fn open() -> Result<Self, Failure> {
        match std::env::var_os("CIB_file").filter(|path| !path.is_empty()) {
            Some(path) => {
                let path = PathBuf::from(path);
                let is_pipe = path.starts_with("/dev/fd") || path.starts_with("/proc");
                match is_pipe.then(Client::connect) {
                    Some(Ok(client)) => Ok(Self::Cluster { client, seen: None, light: None }),
                    Some(Err(_)) | None => Ok(Self::File { path }),
                }
            }
            None => Self::cluster(),
        }
    }

    /// The daemon, whatever `CIB_file` says.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn cluster() -> Result<Self, Failure> {
        Ok(Self::Cluster { client: Client::connect()?, seen: None, light: None })
    }

    /// The document as it stands.
    ///
    /// # Errors
    /// When it cannot be had.
    pub fn text(&mut self) -> Result<String, Failure> {
        let bytes = match self {
            Self::File { path } => std::fs::read(&*path).map_err(|error| {
                Failure::new(DISCONNECTED, format!("{}: {error}", path.display()))
            })?,
            Self::Cluster { client, .. } => client.cib_xml()?,
        };
        String::from_utf8(bytes).map_err(|_| Failure::new(DATA, "the CIB is not UTF-8"))
    }

    /// The Cib.
    ///
    /// # Errors
    /// When it cannot be had or read.
    pub fn cib(&mut self) -> Result<Cib, Failure> {
        match self {
            Self::File { .. } => read(&self.text()?),
            Self::Cluster { client, seen, .. } => {
                let (cib, _) = client.cib_and_name(Histories::Wanted)?;
                *seen = Some(cib.header.version);
                Ok(cib)
            }
        }
    }

    /// The Cib without what agents did, where that does not matter: it is much smaller. (A file is
    /// given whole.)
    ///
    /// # Errors
    /// As [`Source::cib`].
    pub fn cib_without_history(&mut self) -> Result<Cib, Failure> {
        match self {
            Self::File { .. } => self.cib(),
            Self::Cluster { .. } => {
                let cib = self.light()?.map(|(cib, _)| cib.clone()).unwrap_or_default();
                if let Self::Cluster { seen, .. } = self {
                    *seen = Some(cib.header.version);
                }
                Ok(cib)
            }
        }
    }

    /// The Cib without histories and who gave it, read at most once; none for a file.
    fn light(&mut self) -> Result<Option<&(Cib, String)>, Failure> {
        let Self::Cluster { client, light, .. } = self else { return Ok(None) };
        let known = match light.take() {
            Some(known) => known,
            None => Box::new(client.cib_and_name(Histories::LeftOut)?),
        };
        Ok(Some(light.insert(known)))
    }

    /// What the daemon reports; none for a file.
    ///
    /// # Errors
    /// When the daemon cannot answer.
    pub fn report(&mut self) -> Result<Option<StatusReport>, Failure> {
        match self {
            Self::File { .. } => Ok(None),
            Self::Cluster { client, .. } => Ok(Some(client.status()?)),
        }
    }

    /// The connection; none for a file.
    pub fn client(&mut self) -> Option<&mut Client> {
        match self {
            Self::File { .. } => None,
            Self::Cluster { client, .. } => Some(client),
        }
    }

    /// Makes a change. One of the configuration is refused when somebody else has changed the
    /// configuration since it was read here.
    ///
    /// # Errors
    /// When it is refused.
    pub fn change(&mut self, change: &Change) -> Result<(), Failure> {
        match self {
            Self::Cluster { client, seen, light } => {
                *light = None;
                let version = match change {
                    Change::Configure(asked) if asked.base.is_none() => {
                        let asked = Configure { base: *seen, ..asked.clone() };
                        client.change(&Change::Configure(asked))?
                    }
                    other => client.change(other)?,
                };
                *seen = seen.is_some().then_some(version);
                Ok(())
            }
            Self::File { .. } => {
                let mut cib = self.cib()?;
                // A file keeps the word on who last changed it on a cluster.
                let other = cib.header.other.clone();
                apply(&mut cib, change, now())
                    .map_err(|refused| Failure::new(CONFIG, refused.to_string()))?;
                cib.header.other = other;
                self.save(&xml::write(&cib))
            }
        }
    }

    /// Writes the whole document into the file: first beside it, so that a reader sees either.
    ///
    /// # Errors
    /// When it cannot be written. On a cluster nothing is written.
    pub fn save(&mut self, text: &str) -> Result<(), Failure> {
        let Self::File { path } = self else { return Ok(()) };
        let beside = path.with_extension("rota-new");
        std::fs::write(&beside, text)
            .and_then(|()| std::fs::rename(&beside, &*path))
            .map_err(|error| Failure::new(74, format!("{}: {error}", path.display())))
    }

    /// The name of a node: the one given, or the one that this runs on.
    ///
    /// # Errors
    /// When the daemon cannot answer.
    pub fn node_or_local(&mut self, given: Option<&str>) -> Result<Text, Failure> {
        if let Some(name) = given.filter(|name| !name.is_empty()) {
            return Ok(name.into());
        }
        // Agents run for a remote node are told on whose behalf.
        if let Ok(name) = std::env::var("OCF_RESKEY_CRM_meta_on_node") {
            return Ok(name.into());
        }
        Ok(self.light()?.map_or_else(host_name, |(_, via)| via.as_str().into()))
    }
}

/// Reads a document.
///
/// # Errors
/// When it is no CIB.
pub fn read(text: &str) -> Result<Cib, Failure> {
    xml::read(text.as_bytes()).map_err(|error| Failure::new(CONFIG, error.to_string()))
}

/// The name of this host.
pub fn host_name() -> Text {
    let name = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    name.unwrap_or_default().into()
}

/// The identity of a node, by its name or identity.
pub fn node_id(cib: &Cib, name: &str) -> Option<Text> {
    let configured = cib.config.nodes.iter().map(|node| (&node.uname, &node.id));
    let seen = cib.status.nodes.iter().map(|state| (&state.uname, &state.id));
    let mut all: Vec<_> = configured.chain(seen).collect();
    all.dedup();
    let by_name = all.iter().find(|(uname, _)| *uname == name);
    by_name.or_else(|| all.iter().find(|(_, id)| *id == name)).map(|(_, id)| (*id).clone())
}

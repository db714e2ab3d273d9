//! Reading and writing the files of one host.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::identity::{Authority, Identity, LinkKey};
use crate::settings::{Roster, Settings};

/// Why a file of this host could not be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused. Nothing was changed.
    #[error("{doing} {}", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is there but says something else than it should.
    #[error("{} is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A certificate or key could not be made or read.
    #[error("certificate: {0}")]
    Certificate(String),
    /// The kernel gave no randomness.
    #[error("no randomness: {source}")]
    Random {
        /// What the system said.
        source: getrandom::Error,
    },
    /// The join line is not one.
    #[error("the join line cannot be used: {why}; copy it whole from 'rota cluster token'")]
    JoinLine {
        /// What is wrong with it.
        why: String,
    },
}

impl Error {
    pub(crate) fn certificate(source: rcgen::Error) -> Self {
        Self::Certificate(source.to_string())
    }
}

/// The directory that holds this host's files (`/etc/rota`).
#[derive(Clone, Debug)]
pub struct Directory(PathBuf);

impl Directory {
    /// The directory at this path; nothing is read yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the settings are.
    pub fn settings_path(&self) -> PathBuf {
        self.0.join("rotad.toml")
    }

    /// Whether this host belongs to a cluster.
    pub fn is_provisioned(&self) -> bool {
        self.settings_path().exists()
    }

    /// Reads the settings.
    ///
    /// # Errors
    /// When the file cannot be read or has a field that is unknown or wrong.
    pub fn settings(&self) -> Result<Settings, Error> {
        let settings: Settings = self.read_toml("rotad.toml")?;
        if !settings.bind.is_empty() && settings.bind.len() != settings.links.len() {
            return Err(Error::Damaged {
                path: self.settings_path(),
                why: "'bind' needs one address for each of 'links'".to_owned(),
            });
        }
        Ok(settings)
    }

    /// Writes the settings anew.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn write_settings(&self, settings: &Settings) -> Result<(), Error> {
        self.write_toml("rotad.toml", settings)
    }

    /// Reads who the other nodes were when that last changed; nobody, if nothing was written.
    ///
    /// # Errors
    /// When the file is there but cannot be read.
    pub fn roster(&self) -> Result<Roster, Error> {
        if !self.0.join("roster.toml").exists() {
            return Ok(Roster::default());
        }
        self.read_toml("roster.toml")
    }

    /// Writes who the nodes are.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn write_roster(&self, roster: &Roster) -> Result<(), Error> {
        self.write_toml("roster.toml", roster)
    }

    /// Reads the cluster's authority.
    ///
    /// # Errors
    /// When its files cannot be read.
    pub fn authority(&self) -> Result<Authority, Error> {
        Ok(Authority { certificate: self.read("ca.pem")?, key: self.read("ca.key")? })
    }

    /// Tells the cluster that this host belongs to from any other that it was in or will be in. It is
    /// kept in a file of its own from the first call on, so that it outlives a change of the authority;
    /// other nodes need not have the same.
    ///
    /// # Errors
    /// When the files cannot be read or written.
    pub fn cluster_id(&self) -> Result<String, Error> {
        const NAME: &str = "cluster-id";
        if self.0.join(NAME).exists() {
            return self.read(NAME).map(|text| text.trim().to_owned());
        }
        let digest = Sha256::digest(self.read("ca.pem")?);
        let id = digest.iter().take(16).fold(String::new(), |id, byte| format!("{id}{byte:02x}"));
        self.write(NAME, 0o644, id.as_bytes())?;
        Ok(id)
    }

    /// Reads this node's certificate.
    ///
    /// # Errors
    /// When its files cannot be read.
    pub fn identity(&self) -> Result<Identity, Error> {
        Ok(Identity { certificate: self.read("node.pem")?, key: self.read("node.key")? })
    }

    /// Reads the link key.
    ///
    /// # Errors
    /// When the file cannot be read or has the wrong length.
    pub fn link_key(&self) -> Result<LinkKey, Error> {
        let path = self.0.join("link.key");
        let bytes = fs::read(&path).map_err(|source| Error::File {
            doing: "reading",
            path: path.clone(),
            source,
        })?;
        let key = bytes.try_into().map_err(|bytes: Vec<u8>| Error::Damaged {
            path,
            why: format!("it has {} bytes instead of 32", bytes.len()),
        })?;
        Ok(LinkKey(key))
    }

    /// Writes everything that makes this host a node. The settings come last: a host without
    /// them belongs to no cluster, so that a failure half-way can simply be repeated.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn provision(
        &self,
        settings: &Settings,
        authority: &Authority,
        identity: &Identity,
        link_key: &LinkKey,
        roster: &Roster,
    ) -> Result<(), Error> {
        fs::create_dir_all(&self.0).map_err(|source| Error::File {
            doing: "creating",
            path: self.0.clone(),
            source,
        })?;
        self.write("ca.pem", 0o644, authority.certificate.as_bytes())?;
        self.write("ca.key", 0o600, authority.key.as_bytes())?;
        self.write("node.pem", 0o644, identity.certificate.as_bytes())?;
        self.write("node.key", 0o600, identity.key.as_bytes())?;
        self.write("link.key", 0o600, &link_key.0)?;
        self.write_toml("roster.toml", roster)?;
        self.write_toml("rotad.toml", settings)
    }

    fn read(&self, name: &str) -> Result<String, Error> {
        let path = self.0.join(name);
        fs::read_to_string(&path).map_err(|source| Error::File { doing: "reading", path, source })
    }

    fn read_toml<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<T, Error> {
        let text = self.read(name)?;
        toml::from_str(&text)
            .map_err(|e| Error::Damaged { path: self.0.join(name), why: e.to_string() })
    }

    fn write_toml<T: serde::Serialize>(&self, name: &str, value: &T) -> Result<(), Error> {
        let text = toml::to_string_pretty(value)
            .map_err(|e| Error::Damaged { path: self.0.join(name), why: e.to_string() })?;
        self.write(name, 0o644, text.as_bytes())
    }

    /// Writes a file whole or not at all, and onto the disk.
    fn write(&self, name: &str, mode: u32, content: &[u8]) -> Result<(), Error> {
        let path = self.0.join(name);
        let new = self.0.join(format!(".{name}.new"));
        let attempt = || -> io::Result<()> {
            let mut file =
                OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&new)?;
            file.write_all(content)?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            fs::File::open(&self.0)?.sync_all()
        };
        attempt().map_err(|source| Error::File { doing: "writing", path: path.clone(), source })
    }
}

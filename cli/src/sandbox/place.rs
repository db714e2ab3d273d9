//! Where a sandbox is: its directory, its hosts, their addresses.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The variable that names the sandbox's directory.
pub const VARIABLE: &str = "ROTA_SANDBOX";

/// Networks that each host is on.
pub const LINKS: u8 = 2;

/// The port of daemons.
const PORT: u16 = 7610;

/// The port of BMCs: the real one (623) needs privileges.
const BMC_PORT: u16 = 9623;

/// The port of `web`, and of the address that moves.
pub const WEB_PORT: u16 = 8080;

/// The port of `cache`, which runs everywhere.
pub const CACHE_PORT: u16 = 8081;

/// Second octets that are tried, so that several sandboxes fit on one machine.
const NETWORKS: std::ops::Range<u8> = 7..107;

/// The longest path that a Unix socket may have, and what we add to the directory.
const SOCKET_PATH_MAX: usize = 107 - "/n1/run/rota.sock".len();

/// One host of the sandbox, by its number from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Host(pub u8);

impl Host {
    /// All hosts.
    pub const ALL: [Self; 3] = [Self(1), Self(2), Self(3)];

    /// The host of that name.
    ///
    /// # Errors
    /// When there is none.
    pub fn named(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|host| host.name() == name).ok_or_else(|| {
            Error::Usage(format!("there is no host '{name}' here; there are n1, n2 and n3"))
        })
    }

    /// Its name.
    pub fn name(self) -> String {
        format!("n{}", self.0)
    }
}

/// A sandbox's place.
#[derive(Clone, Debug)]
pub struct Place {
    dir: PathBuf,
    network: u8,
}

impl Place {
    /// Where the sandbox of this user is, or would be.
    pub fn directory() -> PathBuf {
        if let Some(dir) = std::env::var_os(VARIABLE) {
            // However it is spelled, marks must be alike: no slash at the end, none doubled.
            return Path::new(&dir).components().collect();
        }
        if let Some(runtime) = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from)
            && runtime.is_dir()
        {
            return runtime.join("rota-sandbox");
        }
        format!("/tmp/rota-sandbox-{}", nix::unistd::geteuid()).into()
    }

    /// The sandbox that is there.
    ///
    /// # Errors
    /// When there is none, or its directory belongs to somebody else.
    pub fn existing() -> Result<Self, Error> {
        let dir = Self::directory();
        let none = || Error::Refused("no sandbox is up: 'rota sandbox' starts one".to_owned());
        check_ours(&dir)?.then_some(()).ok_or_else(none)?;
        let network = fs::read_to_string(dir.join("network"))
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .ok_or_else(none)?;
        Ok(Self { dir, network })
    }

    /// Makes the directory for a new one and picks addresses that nobody uses.
    ///
    /// # Errors
    /// When the directory cannot be made, or no network is free.
    pub fn create() -> Result<Self, Error> {
        let dir = Self::directory();
        if dir.as_os_str().len() > SOCKET_PATH_MAX || !dir.is_absolute() {
            return Err(Error::Usage(format!(
                "{} is too long or no absolute path (sockets lie there): set {VARIABLE} to a \
                 short one",
                dir.display()
            )));
        }
        if let Some(parent) = dir.parent() {
            fs::create_dir_all(parent).map_err(|error| file("creating", parent, &error))?;
        }
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&dir)
            .map_err(|error| file("creating", &dir, &error))?;
        let network = NETWORKS.into_iter().find(|network| is_free(*network)).ok_or_else(|| {
            Error::Refused(
                "no network below 127.0.0.0/8 is free: do many sandboxes run here?".to_owned(),
            )
        })?;
        let place = Self { dir, network };
        place.write("network", &network.to_string())?;
        for host in Host::ALL {
            let dir = place.host_dir(host);
            fs::create_dir(&dir).map_err(|error| file("creating", &dir, &error))?;
        }
        Ok(place)
    }

    /// Its directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes a small file in it.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn write(&self, name: &str, content: &str) -> Result<(), Error> {
        let path = self.dir.join(name);
        fs::write(&path, content).map_err(|error| file("writing", &path, &error))
    }

    /// All that a host keeps; also its mark.
    pub fn host_dir(&self, host: Host) -> PathBuf {
        self.dir.join(host.name())
    }

    /// What a power-cut erases.
    pub fn run_dir(&self, host: Host) -> PathBuf {
        self.host_dir(host).join("run")
    }

    /// By which a host's daemon knows, besides, whether the host was booted.
    pub fn boot_mark(&self, host: Host) -> PathBuf {
        self.host_dir(host).join("state/boot")
    }

    /// What a host's daemon writes.
    pub fn log(&self, host: Host) -> PathBuf {
        self.host_dir(host).join("rotad.log")
    }

    /// Where a host's daemon answers the command line.
    pub fn socket(&self, host: Host) -> PathBuf {
        self.run_dir(host).join("rota.sock")
    }

    /// The address that the others know.
    pub fn known(&self, host: Host, link: u8) -> SocketAddr {
        self.at(host.0, link + 1, PORT)
    }

    /// The address that the host itself has, at its end of the cable.
    pub fn own(&self, host: Host, link: u8) -> SocketAddr {
        self.at(host.0 + 10, link + 1, PORT)
    }

    /// Which host's end of a cable this is.
    pub fn owner(&self, ip: IpAddr) -> Option<Host> {
        let IpAddr::V4(ip) = ip else { return None };
        let [_, network, host, _] = ip.octets();
        Host::ALL.into_iter().find(|h| network == self.network && host == h.0 + 10)
    }

    /// A host's BMC.
    pub fn bmc(&self, host: Host) -> SocketAddr {
        self.at(host.0, 200, BMC_PORT)
    }

    /// Where clients find the service, wherever it runs.
    pub fn service(&self) -> SocketAddr {
        self.at(0, 100, WEB_PORT)
    }

    /// Where a host's own services listen, without a port.
    pub fn services_of(&self, host: Host) -> IpAddr {
        self.at(host.0, 100, 0).ip()
    }

    fn at(&self, third: u8, fourth: u8, port: u16) -> SocketAddr {
        (Ipv4Addr::new(127, self.network, third, fourth), port).into()
    }
}

/// This program.
///
/// # Errors
/// When the system does not say.
pub fn own_program() -> Result<PathBuf, Error> {
    std::env::current_exe().map_err(|error| Error::File(format!("finding this program: {error}")))
}

/// An error about a file.
pub fn file(doing: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::File(format!("{doing} {}: {error}", path.display()))
}

/// Whether the directory is there.
///
/// # Errors
/// When somebody else made it: in `/tmp` that could be a trap.
pub fn check_ours(dir: &Path) -> Result<bool, Error> {
    match fs::symlink_metadata(dir) {
        Ok(found) if found.is_dir() && found.uid() == nix::unistd::geteuid().as_raw() => Ok(true),
        Ok(_) => Err(Error::Refused(format!(
            "{} belongs to somebody else: set {VARIABLE} to a directory that does not exist yet",
            dir.display()
        ))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(file("looking at", dir, &error)),
    }
}

fn is_free(network: u8) -> bool {
    let place = Place { dir: PathBuf::new(), network };
    TcpListener::bind(place.known(Host(1), 0)).is_ok()
        && TcpListener::bind(place.service()).is_ok()
        && std::net::UdpSocket::bind(place.bmc(Host(1))).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_is_another_one_and_cables_know_their_host() {
        let place = Place { dir: "/nowhere".into(), network: 7 };
        let mut all = vec![place.service()];
        for host in Host::ALL {
            all.push(place.bmc(host));
            all.push((place.services_of(host), WEB_PORT).into());
            for link in 0..LINKS {
                all.push(place.known(host, link));
                all.push(place.own(host, link));
                assert_eq!(place.owner(place.own(host, link).ip()), Some(host));
                assert_eq!(place.owner(place.known(host, link).ip()), None);
            }
        }
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}

//! The cables between the hosts: relays that can be cut.
//!
//! The others know a host by an address where a relay listens; the relay passes datagrams and
//! connections on to the address that the host itself has. Daemons send from that own address, so
//! the relay knows both ends, and drops what crosses a cut. A connection across a cut is not
//! closed: it is silent, as it is with a real cable.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket, UnixListener};
use tokio::sync::watch;

use super::place::{Host, LINKS, Place};
use crate::error::Error;

/// The largest datagram there is.
const DATAGRAM_MAX: usize = 65_536;

/// How long the relay may take to answer a command.
const PATIENCE: Duration = Duration::from_secs(5);

/// A pair of hosts that a link does not connect; the smaller number first.
pub type Cut = (Host, Host, u8);

type Cuts = BTreeSet<Cut>;

/// The cut between two hosts on a link, in the one way it is written.
pub fn between(a: Host, b: Host, link: u8) -> Cut {
    (a.min(b), a.max(b), link)
}

/// All cuts that part a host from all others on the given links.
pub fn all_of(host: Host, links: &[u8]) -> Vec<Cut> {
    let others = Host::ALL.into_iter().filter(|other| *other != host);
    others.flat_map(|other| links.iter().map(move |link| between(host, other, *link))).collect()
}

/// Where the relay takes commands.
fn control(place: &Place) -> PathBuf {
    place.dir().join("wires.sock")
}

/// Which cuts there are now.
///
/// # Errors
/// When the relay does not answer.
pub fn cuts(place: &Place) -> Result<Cuts, Error> {
    ask(place, "list")
}

/// Cuts or mends.
///
/// # Errors
/// When the relay does not answer.
pub fn set(place: &Place, cut: bool, which: &[Cut]) -> Result<Cuts, Error> {
    let verb = if cut { "cut" } else { "mend" };
    let words: Vec<String> = which.iter().map(write_cut).collect();
    ask(place, &format!("{verb} {}", words.join(" ")))
}

fn ask(place: &Place, line: &str) -> Result<Cuts, Error> {
    let talk = || -> std::io::Result<String> {
        let mut stream = UnixStream::connect(control(place))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(format!("{line}\n").as_bytes())?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer)?;
        Ok(answer)
    };
    let answer = talk().map_err(|error| {
        Error::NoDaemon(format!("the sandbox's cables do not answer ({error}): is it up?"))
    })?;
    Ok(answer.split_whitespace().filter_map(read_cut).collect())
}

fn write_cut((a, b, link): &Cut) -> String {
    format!("{}-{}-{link}", a.0, b.0)
}

fn read_cut(word: &str) -> Option<Cut> {
    let mut parts = word.split('-').map(str::parse::<u8>);
    let (a, b, link) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    Some(between(Host(a), Host(b), link))
}

/// Runs the relays until killed. Prints "ready" once all cables are there.
///
/// # Errors
/// When an address is taken.
pub fn run(place: &Place) -> Result<(), Error> {
    let odd = |error: std::io::Error| Error::File(format!("the sandbox's cables: {error}"));
    nix::unistd::setsid().map_err(|error| odd(error.into()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(odd)?.block_on(serve(place)).map_err(odd)
}

async fn serve(place: &Place) -> std::io::Result<()> {
    let (cuts, seen) = watch::channel(Cuts::new());
    for host in Host::ALL {
        for link in 0..LINKS {
            let end = Arc::new(End { place: place.clone(), host, link, cuts: seen.clone() });
            let udp = UdpSocket::bind(place.known(host, link)).await?;
            let tcp = TcpListener::bind(place.known(host, link)).await?;
            tokio::spawn(Arc::clone(&end).relay_datagrams(udp));
            tokio::spawn(end.relay_connections(tcp));
        }
    }
    let listener = UnixListener::bind(control(place))?;
    out!("ready");
    loop {
        let (stream, _) = listener.accept().await?;
        let (reader, mut writer) = stream.into_split();
        let mut line = String::new();
        let mut reader = tokio::io::BufReader::new(reader.take(4096));
        let asked = reader.read_line(&mut line);
        if let Ok(Ok(_)) = tokio::time::timeout(PATIENCE, asked).await {
            obey(&line, &cuts);
            let words: Vec<String> = cuts.borrow().iter().map(write_cut).collect();
            // Whoever asked may have gone away.
            let _ = writer.write_all(format!("{}\n", words.join(" ")).as_bytes()).await;
        }
    }
}

fn obey(line: &str, cuts: &watch::Sender<Cuts>) {
    let mut words = line.split_whitespace();
    let verb = words.next();
    let which: Cuts = words.filter_map(read_cut).collect();
    match verb {
        Some("cut") => cuts.send_modify(|cuts| cuts.extend(which)),
        Some("mend") => cuts.send_modify(|cuts| cuts.retain(|cut| !which.contains(cut))),
        _ => {}
    }
}

/// One host's end of one cable.
struct End {
    place: Place,
    host: Host,
    link: u8,
    cuts: watch::Receiver<Cuts>,
}

impl End {
    /// The cut that would part this end from whoever sends from there; none for clients.
    fn cut_from(&self, from: SocketAddr) -> Option<Cut> {
        self.place.owner(from.ip()).map(|other| between(self.host, other, self.link))
    }

    async fn relay_datagrams(self: Arc<Self>, socket: UdpSocket) {
        let to = self.place.own(self.host, self.link);
        let mut buffer = vec![0; DATAGRAM_MAX];
        loop {
            // Errors tell of earlier datagrams that a host which is off did not take.
            let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
            let is_cut = self.cut_from(from).is_some_and(|cut| self.cuts.borrow().contains(&cut));
            if let (false, Some(datagram)) = (is_cut, buffer.get(..length)) {
                let _ = socket.send_to(datagram, to).await;
            }
        }
    }

    async fn relay_connections(self: Arc<Self>, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, from)) => {
                    tokio::spawn(Arc::clone(&self).relay_connection(stream, from));
                }
                // Out of descriptors, most likely: some will come back.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    async fn relay_connection(self: Arc<Self>, near: TcpStream, from: SocketAddr) {
        let cut = self.cut_from(from);
        let mut cuts = self.cuts.clone();
        if open(cut, &mut cuts).await.is_none() {
            return;
        }
        let Ok(far) = self.connect().await else { return };
        let _ = (near.set_nodelay(true), far.set_nodelay(true));
        let (near_in, near_out) = near.into_split();
        let (far_in, far_out) = far.into_split();
        // When one side closes both are closed: neither gRPC nor TLS lives on half a stream.
        tokio::select! {
            () = pass(near_in, far_out, cut, self.cuts.clone()) => {}
            () = pass(far_in, near_out, cut, self.cuts.clone()) => {}
        }
    }

    async fn connect(&self) -> std::io::Result<TcpStream> {
        TcpSocket::new_v4()?.connect(self.place.own(self.host, self.link)).await
    }
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    cut: Option<Cut>,
    mut cuts: watch::Receiver<Cuts>,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length) = from.read(&mut buffer).await {
        let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else { return };
        if open(cut, &mut cuts).await.is_none() || to.write_all(bytes).await.is_err() {
            return;
        }
    }
}

/// Waits until the cable is whole; none when the relay ends.
async fn open(cut: Option<Cut>, cuts: &mut watch::Receiver<Cuts>) -> Option<()> {
    let Some(cut) = cut else { return Some(()) };
    cuts.wait_for(|cuts| !cuts.contains(&cut)).await.ok().map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_survive_being_written_and_name_pairs_in_one_way() {
        assert_eq!(between(Host(3), Host(1), 0), between(Host(1), Host(3), 0));
        for cut in all_of(Host(2), &[0, 1]) {
            assert_eq!(read_cut(&write_cut(&cut)), Some(cut));
        }
        assert_eq!(all_of(Host(2), &[0, 1]).len(), 4);
        assert_eq!(read_cut("1-x-0"), None);
    }
}

//! One socket, one pace: the first datagram that fits, and how long to wait for it.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep, timeout_at};

use crate::limits::{RETRY_FIRST, RETRY_MAX};

/// How long to wait before sending again; kept over the whole call, so that a slow BMC is learnt.
pub(crate) struct Pace {
    wait: Duration,
    last_heard: Instant,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self { wait: RETRY_FIRST, last_heard: Instant::now() }
    }

    /// How long nothing has been heard.
    pub(crate) fn silence(&self) -> Duration {
        self.last_heard.elapsed()
    }

    /// Something that fits arrived.
    pub(crate) fn heard(&mut self) {
        self.last_heard = Instant::now();
    }

    /// A round trip that certainly belongs to one transmission (Karn's rule).
    pub(crate) fn measured(&mut self, sent: Instant) {
        self.heard();
        self.wait = (sent.elapsed() * 2).clamp(RETRY_FIRST, RETRY_MAX);
    }

    /// Nothing came in time: wait longer from now on.
    pub(crate) fn back_off(&mut self) {
        self.wait = (self.wait * 2).min(RETRY_MAX);
    }

    /// When to send again.
    pub(crate) fn until(&self, deadline: Instant) -> Instant {
        (Instant::now() + self.wait).min(deadline)
    }
}

/// A socket that hears this address only.
pub(crate) async fn connect(address: SocketAddr) -> std::io::Result<UdpSocket> {
    let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(address).await?;
    Ok(socket)
}

/// The first datagram that is accepted before the time is up. A "connection refused" (the BMC is
/// starting) is silence.
pub(crate) async fn receive<T>(
    socket: &UdpSocket,
    until: Instant,
    mut accept: impl FnMut(&[u8]) -> Option<T>,
) -> Option<T> {
    let mut buffer = [0; 1024];
    loop {
        match timeout_at(until, socket.recv(&mut buffer)).await {
            Err(_) => return None,
            Ok(Ok(length)) => {
                if let Some(found) = accept(&buffer[..length]) {
                    return Some(found);
                }
            }
            Ok(Err(_)) => sleep(Duration::from_millis(10)).await,
        }
    }
}

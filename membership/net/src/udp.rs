//! One UDP socket per link.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};

use crate::limits::RECEIVE_BUFFER;

/// DSCP class selector 6, network control (RFC 4594 §3.1), as the TOS byte holds it.
const NETWORK_CONTROL: u32 = 48 << 2;

/// The socket of a link, bound to our address on it.
///
/// An address that no interface has yet is bound all the same: an interface that is down at boot
/// makes a silent link, not a daemon that does not start.
pub(crate) fn bind(local: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(local), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    if local.is_ipv6() {
        socket.set_only_v6(true)?;
        socket.set_freebind_v6(true)?;
    } else {
        socket.set_freebind_v4(true)?;
        // A wish: networks that know classes let heartbeats pass first.
        let _wish = socket.set_tos_v4(NETWORK_CONTROL);
    }
    // The kernel caps it; a smaller buffer serves too.
    let _wish = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    socket.bind(&local.into())?;
    Ok(socket.into())
}

//! Where the peers are.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use rota_ids::{LinkId, NodeId};
use rota_membership::{LINKS_MAX, PeerLinks};

/// A peer and its address on each link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerAddresses {
    /// Who.
    pub peer: NodeId,
    /// Its address on link 0, 1 and so on; `None` where it has none.
    pub addresses: Vec<Option<SocketAddr>>,
}

impl PeerAddresses {
    /// The address on `link`.
    pub(crate) fn on(&self, link: LinkId) -> Option<SocketAddr> {
        self.addresses.get(usize::from(link.0)).copied().flatten()
    }

    /// The links that both sides have.
    pub(crate) fn links(&self, ours: usize) -> PeerLinks {
        let common = (0u8..).take(ours.min(LINKS_MAX)).map(LinkId);
        let links: BTreeSet<LinkId> = common.filter(|&link| self.on(link).is_some()).collect();
        PeerLinks { peer: self.peer, links }
    }
}

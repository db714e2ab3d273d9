//! What went in and out, and why datagrams were dropped.

use crate::seal::Reject;

/// Counted since the start of the thread, over all links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Heartbeats given to the kernel.
    pub sent: u64,
    /// Heartbeats that the kernel did not take (no route, interface down, buffer full).
    pub send_failed: u64,
    /// Datagrams that arrived, good and bad.
    pub received: u64,
    /// Errors of receiving.
    pub receive_failed: u64,
    /// Too short or too long for a sealed heartbeat.
    pub rejected_size: u64,
    /// Another format or a version that we do not know.
    pub rejected_version: u64,
    /// From a node that is not configured, to another node, or on another link than it says.
    pub rejected_address: u64,
    /// Not sealed with a key of this cluster, or changed on the way.
    pub rejected_key: u64,
    /// Seen before, or too old to tell.
    pub rejected_replayed: u64,
    /// Authentic, but not a heartbeat that we can read.
    pub rejected_content: u64,
}

impl Counters {
    /// All datagrams that were dropped.
    pub const fn rejected(&self) -> u64 {
        self.rejected_size
            + self.rejected_version
            + self.rejected_address
            + self.rejected_key
            + self.rejected_replayed
            + self.rejected_content
    }

    pub(crate) fn reject(&mut self, reason: Reject) {
        let counter = match reason {
            Reject::Size => &mut self.rejected_size,
            Reject::Version => &mut self.rejected_version,
            Reject::Stranger | Reject::Misdirected => &mut self.rejected_address,
            Reject::Key => &mut self.rejected_key,
            Reject::Replayed => &mut self.rejected_replayed,
            Reject::Content => &mut self.rejected_content,
        };
        *counter += 1;
    }
}

//! A heartbeat as bytes: protobuf fields, which are only ever added (D11).
//!
//! Only authenticated bytes come here, yet every count is checked: a peer may be of another
//! version, or broken. The sender's incarnation stands in the sealed header, not here.

use std::time::Duration;

use prost::Message;
use rota_ids::{BootId, Incarnation, NodeId, StartId};
use rota_membership::{Echo, Heartbeat, NODES_MAX};

use crate::seal::Reject;

#[derive(Clone, PartialEq, Message)]
struct HeartbeatBytes {
    #[prost(uint64, tag = "1")]
    seq: u64,
    #[prost(message, repeated, tag = "2")]
    echoes: Vec<EchoBytes>,
    #[prost(uint64, tag = "3")]
    progress: u64,
    #[prost(uint64, tag = "4")]
    hears_version: u64,
    #[prost(message, repeated, tag = "5")]
    hears: Vec<HeardBytes>,
    #[prost(bool, tag = "6")]
    leaving: bool,
    #[prost(message, repeated, tag = "7")]
    wary: Vec<HeardBytes>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct EchoBytes {
    #[prost(fixed64, tag = "1")]
    boot: u64,
    #[prost(uint32, tag = "2")]
    start: u32,
    #[prost(uint64, tag = "3")]
    seq: u64,
    #[prost(uint64, tag = "4")]
    held_us: u64,
    #[prost(uint32, tag = "5")]
    loss_permille: u32,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct HeardBytes {
    #[prost(uint32, tag = "1")]
    node: u32,
    #[prost(fixed64, tag = "2")]
    boot: u64,
    #[prost(uint32, tag = "3")]
    start: u32,
}

/// Appends the bytes of `heartbeat` to `out`.
pub(crate) fn write(heartbeat: &Heartbeat, out: &mut Vec<u8>) {
    let heard = |&(node, life): &(NodeId, Incarnation)| HeardBytes {
        node: node.0,
        boot: life.boot.0,
        start: life.start.0,
    };
    let bytes = HeartbeatBytes {
        seq: heartbeat.seq,
        echoes: heartbeat.echoes.iter().flatten().map(EchoBytes::from).collect(),
        progress: heartbeat.progress,
        hears_version: heartbeat.hears_version,
        hears: heartbeat.hears.iter().map(heard).collect(),
        wary: heartbeat.wary.iter().map(heard).collect(),
        leaving: heartbeat.leaving,
    };
    out.reserve(bytes.encoded_len());
    bytes.encode_raw(out);
}

/// The heartbeat that authentic `plain` bytes of `incarnation` say.
pub(crate) fn read(incarnation: Incarnation, plain: &[u8]) -> Result<Heartbeat, Reject> {
    let bytes = HeartbeatBytes::decode(plain).map_err(|_| Reject::Content)?;
    if bytes.hears.len() > NODES_MAX || bytes.wary.len() > NODES_MAX {
        return Err(Reject::Content);
    }
    let mut echoes = bytes.echoes.into_iter().map(EchoBytes::to_echo);
    let heard = |heard: &HeardBytes| (NodeId(heard.node), life(heard.boot, heard.start));
    Ok(Heartbeat {
        incarnation,
        seq: bytes.seq,
        echoes: [echoes.next(), echoes.next()],
        progress: bytes.progress,
        hears_version: bytes.hears_version,
        hears: bytes.hears.iter().map(heard).collect(),
        wary: bytes.wary.iter().map(heard).collect(),
        leaving: bytes.leaving,
    })
}

const fn life(boot: u64, start: u32) -> Incarnation {
    Incarnation { boot: BootId(boot), start: StartId(start) }
}

impl From<&Echo> for EchoBytes {
    fn from(echo: &Echo) -> Self {
        Self {
            boot: echo.incarnation.boot.0,
            start: echo.incarnation.start.0,
            seq: echo.seq,
            held_us: u64::try_from(echo.held.as_micros()).unwrap_or(u64::MAX),
            loss_permille: echo.loss_permille.into(),
        }
    }
}

impl EchoBytes {
    fn to_echo(self) -> Echo {
        Echo {
            incarnation: life(self.boot, self.start),
            seq: self.seq,
            held: Duration::from_micros(self.held_us),
            loss_permille: u16::try_from(self.loss_permille).unwrap_or(u16::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::limits::DATAGRAM_MAX;
    use crate::seal::OVERHEAD;

    fn some_life() -> impl Strategy<Value = Incarnation> {
        (any::<u64>(), any::<u32>()).prop_map(|(boot, start)| life(boot, start))
    }

    fn some_echo() -> impl Strategy<Value = Option<Echo>> {
        let parts = (some_life(), any::<u64>(), any::<u32>(), any::<u16>());
        proptest::option::of(parts.prop_map(|(incarnation, seq, held_us, loss_permille)| Echo {
            incarnation,
            seq,
            held: Duration::from_micros(held_us.into()),
            loss_permille,
        }))
    }

    fn some_heartbeat() -> impl Strategy<Value = Heartbeat> {
        let hears = proptest::collection::vec((any::<u32>().prop_map(NodeId), some_life()), 0..64);
        let wary = proptest::collection::vec((any::<u32>().prop_map(NodeId), some_life()), 0..64);
        let numbers = any::<(u64, u64, u64, bool)>();
        (some_life(), some_echo(), some_echo(), hears, wary, numbers).prop_map(
            |(incarnation, first, second, hears, wary, numbers)| {
                let (seq, progress, hears_version, leaving) = numbers;
                // A lone second echo is read as the first: their order means nothing.
                let echoes = if first.is_none() { [second, None] } else { [first, second] };
                let (hears, wary) = (hears.into(), wary.into());
                Heartbeat {
                    incarnation,
                    seq,
                    echoes,
                    progress,
                    hears_version,
                    hears,
                    wary,
                    leaving,
                }
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(heartbeat in some_heartbeat()) {
            let mut bytes = Vec::new();
            write(&heartbeat, &mut bytes);
            prop_assert_eq!(read(heartbeat.incarnation, &bytes), Ok(heartbeat));
        }

        #[test]
        fn whatever_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _either = read(life(1, 1), &bytes);
        }
    }

    #[test]
    fn the_largest_cluster_fits_one_datagram() {
        let echo = Echo {
            incarnation: life(u64::MAX, 1_000_000),
            seq: 1 << 40,
            held: Duration::from_secs(1),
            loss_permille: 1000,
        };
        // Node ids and starts as large as a long-lived cluster may ever count them.
        // Who is heard is not one to be wary of: there are 63 others in all.
        let peer = |n| (NodeId(2_000_000 + n), life(u64::MAX, 1_000_000));
        let (hears, wary) = ((0..33_u32).map(peer).collect(), (33..63_u32).map(peer).collect());
        let heartbeat = Heartbeat {
            incarnation: life(u64::MAX, 1_000_000),
            seq: 1 << 40,
            echoes: [Some(echo), Some(echo)],
            progress: 1 << 50,
            hears_version: 1 << 30,
            hears,
            wary,
            leaving: true,
        };
        let mut bytes = Vec::new();
        write(&heartbeat, &mut bytes);
        assert!(bytes.len() + OVERHEAD <= DATAGRAM_MAX, "{} bytes", bytes.len());
    }
}

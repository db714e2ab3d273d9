//! Whatever an authentic packet says, without a fresh echo of ours it moves nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use rota_ids::{BootId, Incarnation, LinkId, Moment, NodeId, StartId};
use rota_membership::{Echo, Effect, Heartbeat, Input, Membership, Options, PeerLinks};

const ME: Incarnation = Incarnation { boot: BootId(1), start: StartId(5) };

fn some_life() -> impl Strategy<Value = Incarnation> {
    (0u64..3, 0u32..9)
        .prop_map(|(boot, start)| Incarnation { boot: BootId(boot), start: StartId(start) })
}

/// An echo of another life of ours, or of a heartbeat that we have never sent.
fn some_stale_echo() -> impl Strategy<Value = Echo> {
    (some_life(), any::<u64>(), any::<u32>(), any::<u16>()).prop_map(
        |(incarnation, seq, held_us, loss_permille)| Echo {
            incarnation,
            seq: if incarnation == ME { seq | 1 << 32 } else { seq % 100 },
            held: Duration::from_micros(held_us.into()),
            loss_permille,
        },
    )
}

fn some_heartbeat() -> impl Strategy<Value = Heartbeat> {
    let echo = || proptest::option::of(some_stale_echo());
    let numbers = any::<(u64, u64, u64, bool)>();
    (some_life(), echo(), echo(), numbers).prop_map(
        |(incarnation, first, second, (seq, progress, hears_version, leaving))| Heartbeat {
            incarnation,
            seq,
            echoes: [first, second],
            progress,
            hears_version,
            hears: [].into(),
            wary: [].into(),
            leaving,
        },
    )
}

proptest! {
    #[test]
    fn a_heartbeat_without_a_fresh_echo_is_never_believed(
        heartbeats in proptest::collection::vec((some_heartbeat(), 0u32..4, 0u8..4, 0u64..5), 1..300)
    ) {
        let mut machine = Membership::new(NodeId(1), ME, Options::default());
        let links: BTreeSet<LinkId> = [LinkId(0), LinkId(1)].into();
        let peer = PeerLinks { peer: NodeId(2), links };
        let mut todo = Vec::new();
        machine.step(Moment::ORIGIN, Input::Configure(vec![peer]), &mut todo);
        let mut now_ms = 0;
        for (heartbeat, from, link, wait_ms) in heartbeats {
            now_ms += wait_ms;
            let now = Moment::from_millis(now_ms);
            let received = Input::Received { from: NodeId(from), link: LinkId(link), heartbeat };
            machine.step(now, received, &mut todo);
            machine.step(now, Input::Woken, &mut todo);
        }
        let reports = todo.iter().filter(|effect| matches!(effect, Effect::Report(_))).count();
        prop_assert_eq!(reports, 0);
        // Per interval and link at most one heartbeat and one answer.
        let sent = todo.iter().filter(|effect| matches!(effect, Effect::Send { .. })).count();
        let intervals = usize::try_from(now_ms / 40 + 1).unwrap_or(usize::MAX);
        prop_assert!(sent <= intervals * 2 * 2, "{} in {} intervals", sent, intervals);
    }
}

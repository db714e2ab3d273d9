//! What the heartbeat thread costs and how fast it is: three nodes, two links, on loopback.
//!
//! `cargo run --release -p rota-membership-net --example measure -- [idle seconds] [kills] [ordinary]`
//!
//! It prints the CPU share of each heartbeat thread while nothing happens, how many alarms there
//! were meanwhile (load the machine to see them), and for each kill how long the others took. With `ordinary` the
//! threads do not ask for real-time priority.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use rota_ids::{BootId, Incarnation, NodeId, StartId};
use rota_membership::{Options, Report};
use rota_membership_net::{Config, Handle, Key, Keys, PeerAddresses, start};

const NODES: u32 = 3;
const LINKS: u8 = 2;

type Running = (Handle, Receiver<(Instant, Report)>);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let idle: u64 = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let kills: u32 = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let realtime = arguments.next().as_deref() != Some("ordinary");
    let mut nodes = (1..=NODES).map(|me| run(me, 1, realtime)).collect::<Result<Vec<_>, _>>()?;
    println!("{:?}", nodes[0].0.privileges());
    rest(&nodes, Duration::from_secs(2));
    let alarms = watch(&nodes, Duration::from_secs(idle))?;
    println!("{alarms} alarms in {idle} s");
    for kill in 1..=kills {
        nodes.pop().ok_or("no node to kill")?.0.stop();
        let killed = Instant::now();
        for (_, reports) in &nodes {
            println!("kill {kill}: lost after {:?}", lost_at(reports)?.duration_since(killed));
        }
        nodes.push(run(NODES, kill + 1, realtime)?);
        rest(&nodes, Duration::from_millis(500));
    }
    Ok(())
}

/// Lets time pass in which all main loops make their rounds.
fn pass(nodes: &[Running], time: Duration) {
    let over = Instant::now() + time;
    while Instant::now() < over {
        nodes.iter().for_each(|(handle, _)| handle.progress());
        std::thread::sleep(Duration::from_millis(250));
    }
}

/// Lets the nodes run and forgets what they report.
fn rest(nodes: &[Running], time: Duration) {
    pass(nodes, time);
    for (_, reports) in nodes {
        reports.try_iter().for_each(drop);
    }
}

/// Counts losses while nobody dies, and prints what each thread used.
fn watch(nodes: &[Running], time: Duration) -> Result<usize, Box<dyn Error>> {
    let used = |(handle, _): &Running| handle.status().map(|status| status.cpu);
    let before = nodes.iter().map(used).collect::<Result<Vec<_>, _>>()?;
    pass(nodes, time);
    let mut alarms = 0;
    for ((handle, reports), before) in nodes.iter().zip(before) {
        let status = handle.status()?;
        let share = (status.cpu - before).as_secs_f64() / time.as_secs_f64() * 100.0;
        println!("{share:.3} % of a core, {:?}", status.counters);
        for (_, report) in reports.try_iter() {
            alarms += usize::from(matches!(report, Report::PeerLost { .. }));
            println!("  {report:?}");
        }
    }
    Ok(alarms)
}

fn lost_at(reports: &Receiver<(Instant, Report)>) -> Result<Instant, Box<dyn Error>> {
    loop {
        let (at, report) = reports.recv_timeout(Duration::from_secs(10))?;
        if matches!(report, Report::PeerLost { .. }) {
            return Ok(at);
        }
    }
}

fn run(me: u32, start_id: u32, realtime: bool) -> Result<Running, Box<dyn Error>> {
    let (tell, reports) = mpsc::channel();
    let report = move |report| {
        let _ended = tell.send((Instant::now(), report));
    };
    let peer = |peer| {
        Ok(PeerAddresses {
            peer: NodeId(peer),
            addresses: (0..LINKS)
                .map(|link| address(link, peer).map(Some))
                .collect::<Result<_, Box<dyn Error>>>()?,
        })
    };
    let config = Config {
        me: NodeId(me),
        incarnation: Incarnation { boot: BootId(me.into()), start: StartId(start_id) },
        links: (0..LINKS).map(|link| address(link, me)).collect::<Result<_, _>>()?,
        peers: (1..=NODES)
            .filter(|&other| other != me)
            .map(peer)
            .collect::<Result<_, Box<dyn Error>>>()?,
        keys: Keys { current: Key::new([7; 32]), older: Vec::new() },
        options: Options::default(),
        realtime,
        lock_memory: true,
    };
    Ok((start(config, Box::new(report))?, reports))
}

fn address(link: u8, node: u32) -> Result<SocketAddr, Box<dyn Error>> {
    Ok((Ipv4Addr::new(127, 99, link, u8::try_from(node)?), 19_999).into())
}

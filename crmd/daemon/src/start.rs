//! Starting up: from files to a running node.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use rota_ids::{Incarnation, NodeName};
use rota_membership::{Options, Timing};
use rota_membership_net::{self as net, PeerAddresses};
use rota_node::entry::{Entry, Member};
use rota_node::{Config, Node};
use rota_replica::{Replica, StoreId};
use rota_settings::{Directory, Settings};
use rota_store::Opened;

use crate::agents::Agents;
use crate::devices::Devices;
use crate::effects::Effects;
use crate::node_loop::{Input, Inputs, NodeLoop};
use crate::peers::Peers;
use crate::planner::Planner;
use crate::{admin, life, node_loop, peers};

/// After a cold start hosts come up at their own pace: so long we wait for a member that was
/// there before it counts as lost (Pacemaker's `dc-deadtime` is 20 s too).
const COLD_START_PATIENCE: Duration = Duration::from_secs(20);

/// Runs the daemon until it ends.
///
/// # Errors
/// When this host's files, its store or its addresses cannot be used.
pub fn run(config_dir: &Path) -> Result<ExitCode> {
    let directory = Directory::at(config_dir);
    if !directory.is_provisioned() {
        anyhow::bail!(
            "this host belongs to no cluster: there is no {}. Found one with 'rota cluster init' \
             or join one with 'rota cluster join'",
            directory.settings_path().display()
        );
    }
    let settings = directory.settings()?;
    fs::create_dir_all(&settings.run_dir)
        .with_context(|| format!("creating {}", settings.run_dir.display()))?;
    let life = life::begin(&settings.run_dir, &settings.state_dir)?;
    tracing::info!(node = %settings.node, id = %settings.node_id, %life, "starting");

    let (inputs, queue) = mpsc::channel();
    let inputs = Inputs::new(inputs);
    let heart = start_heart(&directory, &settings, life, &inputs)?;
    let replica = open_replica(&directory, &settings, life)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("edges")
        .enable_all()
        .build()
        .context("starting the runtime")?;
    let _guard = runtime.enter();

    let agents = Agents::open(&settings, inputs.clone())?;
    let peers = Arc::new(Peers::new(&directory, &settings, inputs.clone())?);
    peers::serve(&directory, &settings, inputs.clone())?;
    admin::serve(&directory, &settings, inputs.clone())?;

    let config = Config {
        me: settings.node_id,
        name: NodeName::from(settings.node.as_str()),
        life,
        memory: life::memory(&settings.run_dir)?,
        cluster: directory.cluster_id()?.into(),
    };
    let mut node = Node::new(config, replica, node_loop::now());
    node.set_zone(rota_settings::system_zone());
    node.resume(node_loop::now(), &agents.known_runs());
    agents.adopt_what_still_runs();
    let effects = Effects {
        agents,
        devices: Devices::new(inputs.clone()),
        planner: Planner::start(inputs)?,
        peers,
        heart,
        directory,
        settings,
    };
    NodeLoop::new(node, effects, queue).run()
}

fn start_heart(
    directory: &Directory,
    settings: &Settings,
    life: Incarnation,
    inputs: &Inputs,
) -> Result<net::Handle> {
    let defaults = Timing::default();
    let timing = Timing {
        interval: settings.timing.heartbeat().unwrap_or(defaults.interval),
        silence: settings.timing.lost_after().unwrap_or(defaults.silence),
        absent: COLD_START_PATIENCE,
        ..defaults
    };
    let key = directory.link_key()?;
    let peers = directory
        .roster()?
        .members
        .iter()
        .filter(|member| member.node_id != settings.node_id)
        .map(|member| PeerAddresses {
            peer: member.node_id,
            addresses: member.links.iter().copied().map(Some).collect(),
        })
        .collect();
    let config = net::Config {
        me: settings.node_id,
        incarnation: life,
        links: settings.listen().to_vec(),
        peers,
        keys: net::Keys { current: net::Key::new(key.0), older: Vec::new() },
        options: Options::new(timing).context("timing in rotad.toml")?,
        realtime: true,
        lock_memory: true,
    };
    let inputs = inputs.clone();
    let heart = net::start(
        config,
        Box::new(move |report| inputs.send(Input::Event(rota_node::Event::Membership(report)))),
    )
    .context("starting heartbeats")?;
    tracing::info!(privileges = ?heart.privileges(), "heartbeats began");
    Ok(heart)
}

/// Opens the log. Only the founder may begin one of its own, and only once: a founder that lost
/// its store comes back as a newcomer like everybody else.
fn open_replica(
    directory: &Directory,
    settings: &Settings,
    life: Incarnation,
) -> Result<Replica<rota_store::Store>> {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // Larger than any earlier store of this node, as long as its clock does not go back.
    let fresh = StoreId(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX));
    let dir = settings.state_dir.join("log");
    let opened = rota_store::open(&dir, fresh)
        .with_context(|| format!("opening the log in {}", dir.display()))?;
    let config = rota_replica::Config::new(settings.node_id);
    if let Opened::Damaged { why, moved_to, .. } = &opened {
        tracing::error!(
            "the log was damaged ({why}) and is kept in {}; this node begins anew and learns \
             from the others before it votes",
            moved_to.display()
        );
    }
    // Beside the settings, so that it outlives the loss of the whole state directory: a founder
    // without its log must never found a second cluster.
    let mark = directory.path().join("log-began");
    let had_a_log = mark.exists();
    if had_a_log && matches!(opened, Opened::Fresh(_)) {
        tracing::error!(
            "the log that was in {} is gone; this node begins anew and learns from the others \
             before it votes",
            dir.display()
        );
    }
    let store = opened.into_store();
    let is_empty = rota_replica::LogStore::bounds(&store).last == 0;
    let replica = if settings.founder && !had_a_log && is_empty {
        Replica::bootstrap(config, store, first_state(settings, life)?)?
    } else {
        Replica::open(config, store)?
    };
    life::replace(&mark, b"this node has had a log\n")?;
    Ok(replica)
}

/// The state that a new cluster begins with: the founder as its only node.
fn first_state(settings: &Settings, life: Incarnation) -> Result<Vec<u8>> {
    let member = Member {
        id: settings.node_id,
        name: NodeName::from(settings.node.as_str()),
        links: settings.links.clone(),
    };
    let cluster = settings.cluster.as_str().into();
    let entry = Entry::Found { cluster, member, life };
    Ok(rota_node::state::ClusterState::founded(&entry, node_loop::now().wall).encode()?)
}

//! What one run of an agent costs: `cost KEEPER RUNS MEGABYTES`, wall and CPU microseconds per run.
//!
//! MEGABYTES of touched memory make this process as big as a daemon, to see what a fork would copy.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use rota_runner::{Action, Config, Keeper, OpId, Request, Runner};

fn cpu_micros() -> i64 {
    let micros = |time: TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
    [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN]
        .into_iter()
        .filter_map(|who| getrusage(who).ok())
        .map(|usage| micros(usage.user_time()) + micros(usage.system_time()))
        .sum()
}

fn request(op: u64, agent: &str, state: &str) -> Result<Request, rota_runner::AgentError> {
    Ok(Request {
        op: OpId(op),
        note: "an order of some length: term 12, view 34, transition 56, action 78".into(),
        resource: format!("r{op}").into(),
        instance: "r".into(),
        agent: agent.parse()?,
        action: Action::Start,
        interval: None,
        timeout: Duration::from_secs(20),
        node_name: "node1".into(),
        node_uuid: "1".into(),
        params: BTreeMap::from([("state".into(), state.into())]),
        meta: BTreeMap::new(),
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let keeper = args.next().unwrap_or_default();
    let runs: u64 = args.next().map_or(Ok(200), |n| n.parse())?;
    let megabytes: usize = args.next().map_or(Ok(0), |n| n.parse())?;
    let ballast = vec![1_u8; megabytes << 20];
    let dir = PathBuf::from(format!("/dev/shm/rota-cost-{}", std::process::id()));
    let agents = dir.join("ocf/resource.d/test");
    std::fs::create_dir_all(&agents)?;
    std::os::unix::fs::symlink("/bin/true", agents.join("true"))?;
    std::os::unix::fs::symlink("/usr/lib/ocf/lib", dir.join("ocf/lib"))?;
    for provider in ["heartbeat", "pacemaker"] {
        let real = PathBuf::from("/usr/lib/ocf/resource.d").join(provider);
        std::os::unix::fs::symlink(real, dir.join("ocf/resource.d").join(provider))?;
    }
    let state = dir.join("state").to_string_lossy().into_owned();
    for (how, keeper, journal) in [
        ("direct", None, None),
        ("journal", None, Some(dir.join("journal"))),
        (
            "journal+keeper",
            Some(Keeper { program: keeper.into(), args: vec![] }),
            Some(dir.join("journal")),
        ),
    ] {
        let config = Config { ocf_root: dir.join("ocf"), keeper, journal, ..Config::default() };
        let (runner, _) = Runner::open(config)?;
        for agent in ["ocf:test:true", "ocf:pacemaker:Dummy"] {
            let (begun, cpu) = (Instant::now(), cpu_micros());
            for op in 0..runs {
                let outcome = runner.run(request(op, agent, &state)?).await;
                if outcome.status != rota_runner::Status::Done {
                    return Err(format!("{outcome:?}").into());
                }
                runner.reported(OpId(op));
            }
            let wall = begun.elapsed().as_micros() / u128::from(runs);
            let cpu = (cpu_micros() - cpu) / i64::try_from(runs)?;
            println!("{how:15} {agent:20} wall {wall:5} us  cpu {cpu:5} us");
        }
    }
    std::fs::remove_dir_all(&dir)?;
    drop(ballast);
    Ok(())
}

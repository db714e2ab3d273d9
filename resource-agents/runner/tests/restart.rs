//! The daemon is killed while agents run: they go on, and their results are found afterwards.

mod common;

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use common::{World, alive, eventually, request};
use rota_runner::{Action, OcfCode, OpId, Recovered, Runner, Status};

const WORLD: &str = "ROTA_TEST_WORLD";
const TIMEOUT: &str = "ROTA_TEST_TIMEOUT_MS";
const SLOW: &str = "echo $$ > agent
    while [ ! -e go ]; do sleep 0.02; done
    echo still talking; echo still talking >&2
    echo ocf-exit-reason:because >&2; touch done; exit 3";

/// Not a test of its own: the daemon of the other tests, which is killed in the middle of this.
#[tokio::test]
async fn daemon() {
    let Some(dir) = std::env::var_os(WORLD) else { return };
    let config = rota_runner::Config {
        ocf_root: std::path::Path::new(&dir).join("ocf"),
        journal: Some(std::path::Path::new(&dir).join("journal")),
        keeper: Some(rota_runner::Keeper {
            program: env!("CARGO_BIN_EXE_rota-keeper").into(),
            args: vec![],
        }),
        ..rota_runner::Config::default()
    };
    let (runner, _) = Runner::open(config).unwrap();
    let mut start = request("ocf:test:slow", "web", Action::Start);
    start.op = OpId(7);
    start.note = "order 7".into();
    let millis = std::env::var(TIMEOUT).unwrap().parse().unwrap();
    start.timeout = Duration::from_millis(millis);
    let mut quick = request("ocf:test:quick", "db", Action::Start);
    quick.op = OpId(8);
    let mut told = request("ocf:test:quick", "db2", Action::Start);
    told.op = OpId(9);
    runner.run(told).await;
    runner.reported(OpId(9));
    runner.run(quick).await;
    runner.run(start).await;
}

/// A world with a daemon in it that has just been killed while `slow` runs.
fn orphaned() -> World {
    orphaned_with(Duration::from_secs(20))
}

fn orphaned_with(timeout: Duration) -> World {
    let world = World::new();
    world.agent("slow", SLOW);
    world.agent("quick", "exit 0");
    let mut daemon = start_daemon(&world, timeout);
    eventually("the agent runs", || alive(&world.read("agent")));
    daemon.kill().expect("test set-up");
    daemon.wait().expect("test set-up");
    world
}

fn start_daemon(world: &World, timeout: Duration) -> Child {
    Command::new(std::env::current_exe().expect("test set-up"))
        .args(["--exact", "daemon"])
        .env(WORLD, world.dir.path())
        .env(TIMEOUT, timeout.as_millis().to_string())
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("test set-up")
}

fn restart(world: &World) -> (Runner, Recovered) {
    Runner::open(world.config()).expect("test set-up")
}

fn go(world: &World) {
    std::fs::write(world.path("go"), "").expect("test set-up");
}

#[tokio::test]
async fn a_running_agent_is_adopted_and_its_result_known() {
    let world = orphaned();
    assert!(alive(&world.read("agent")), "the agent outlives its daemon");
    let (runner, mut recovered) = restart(&world);
    let finished: Vec<_> = recovered.finished.iter().map(|r| (r.op, r.outcome.code)).collect();
    assert_eq!(finished, [(OpId(8), OcfCode::Ok)], "the reported one is forgotten");
    let in_flight = recovered.in_flight.pop().unwrap();
    assert_eq!((in_flight.op, in_flight.note.as_str()), (OpId(7), "order 7"));
    assert_eq!((in_flight.resource.as_str(), in_flight.action), ("web", Action::Start));
    // A new order for the same resource waits for the old one's end.
    let stop = runner.run(request("ocf:test:quick", "web", Action::Stop));
    let adopted = async {
        go(&world);
        let outcome = runner.adopt(in_flight).await;
        assert!(world.path("done").exists());
        outcome
    };
    let (outcome, stop) = tokio::join!(adopted, stop);
    assert_eq!((&outcome.status, outcome.code), (&Status::Done, OcfCode::Unimplemented));
    assert_eq!(outcome.exit_reason, "because");
    assert_eq!(outcome.stdout, "still talking\n");
    assert_eq!(stop.code, OcfCode::Ok);
    // Known until it is reported, and not longer.
    let (runner, recovered) = restart(&world);
    assert!(recovered.finished.iter().any(|r| r.op == OpId(7) && r.outcome == outcome));
    for result in &recovered.finished {
        runner.reported(result.op);
    }
    let (_, recovered) = restart(&world);
    assert!(recovered.finished.is_empty() && recovered.in_flight.is_empty());
}

#[tokio::test]
async fn an_agent_that_ends_while_nobody_is_there_is_not_disturbed() {
    let world = orphaned();
    go(&world);
    eventually("the keeper wrote", || !world.read("journal/7.result").is_empty());
    assert!(world.path("done").exists(), "talking to nobody did not kill the agent");
    eventually("the keeper is gone", || restart(&world).1.in_flight.is_empty());
    let (_, recovered) = restart(&world);
    let result = recovered.finished.iter().find(|r| r.op == OpId(7)).unwrap();
    assert_eq!(
        (&result.outcome.status, result.outcome.code),
        (&Status::Done, OcfCode::Unimplemented)
    );
    assert_eq!(result.note, "order 7");
}

#[tokio::test]
async fn the_timeout_counts_from_the_beginning_and_not_from_the_restart() {
    let world = orphaned_with(Duration::from_millis(1500));
    let begun = Instant::now();
    let (runner, mut recovered) = restart(&world);
    let outcome = runner.adopt(recovered.in_flight.pop().unwrap()).await;
    assert_eq!(outcome.status, Status::TimedOut);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    eventually("the agent is gone", || !alive(&world.read("agent")));
}

#[tokio::test]
async fn an_adopted_agent_can_be_cancelled() {
    let world = orphaned();
    let (runner, mut recovered) = restart(&world);
    let in_flight = recovered.in_flight.pop().unwrap();
    runner.cancel(OpId(7));
    assert_eq!(runner.adopt(in_flight).await.status, Status::Cancelled);
    eventually("the agent is gone", || !alive(&world.read("agent")));
}

#[tokio::test]
async fn without_its_keeper_a_result_is_lost_and_said_to_be() {
    let world = orphaned();
    let agent = world.read("agent");
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", agent.trim())).unwrap();
    let keeper: i32 = stat.rsplit_once(") ").unwrap().1.split(' ').nth(1).unwrap().parse().unwrap();
    let keeper = nix::unistd::Pid::from_raw(keeper);
    nix::sys::signal::kill(keeper, nix::sys::signal::Signal::SIGKILL).unwrap();
    eventually("the keeper is gone", || !alive(&keeper.to_string()));
    let (_, recovered) = restart(&world);
    assert!(recovered.in_flight.is_empty());
    let result = recovered.finished.iter().find(|r| r.op == OpId(7)).unwrap();
    assert_eq!(result.outcome.status, Status::Lost);
    go(&world);
    eventually("the agent ends by itself", || !alive(&agent));
}

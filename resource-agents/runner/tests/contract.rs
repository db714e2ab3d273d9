//! The contract between manager and agent, by agents that try to break it.

mod common;

use std::time::{Duration, Instant};

use common::{World, alive, eventually, request};
use rota_runner::{Action, OcfCode, Status};

#[tokio::test]
async fn exit_codes_reasons_and_output_come_back() {
    let world = World::new();
    world.agent("talk", "echo out; echo ocf-exit-reason:old >&2; echo ocf-exit-reason:new >&2; exit $OCF_RESKEY_code");
    let runner = world.runner();
    for code in [0, 1, 5, 7, 8, 9, 100, 190, 255] {
        for action in [Action::Start, Action::Monitor] {
            let mut asked = request("ocf:test:talk", "r", action);
            asked.params.insert("code".into(), code.to_string().into());
            let outcome = runner.run(asked).await;
            assert_eq!(outcome.code, OcfCode::from(code));
            assert_eq!(outcome.status, Status::Done);
            assert_eq!(outcome.exit_reason, "new");
            assert_eq!(outcome.stdout, "out\n");
            assert!(outcome.exec_time > Duration::ZERO);
        }
    }
}

#[tokio::test]
async fn a_missing_agent_is_not_installed() {
    let world = World::new();
    let runner = world.runner();
    for agent in ["ocf:test:nobody", "ocf:nobody:nobody", "lsb:nobody"] {
        let outcome = runner.run(request(agent, "r", Action::Start)).await;
        assert_eq!((outcome.code, outcome.status), (OcfCode::NotInstalled, Status::NotInstalled));
        assert!(outcome.exit_reason.contains("nobody"), "{}", outcome.exit_reason);
    }
}

#[tokio::test]
async fn a_file_that_is_no_program_is_an_error() {
    let world = World::new();
    let path = world.path("ocf/resource.d/test/data");
    std::fs::write(&path, "not a program").unwrap();
    let outcome = world.runner().run(request("ocf:test:data", "r", Action::Start)).await;
    assert_eq!(outcome.code, OcfCode::InsufficientPrivilege);
    world.script(&path, "");
    std::fs::write(&path, [0x7f, b'E', b'L', b'F', 0, 0]).unwrap();
    for action in [Action::Start, Action::Monitor] {
        let outcome = world.runner().run(request("ocf:test:data", "r", action)).await;
        assert_eq!(outcome.code, OcfCode::UnknownError);
        assert!(
            matches!(&outcome.status, Status::Error(why) if why.contains("xec format")),
            "{action}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn an_agent_killed_by_a_signal_is_told_from_one_that_exits_so() {
    let world = World::new();
    world.agent("die", "kill -9 $$");
    world.agent("say", "exit 137");
    let runner = world.runner();
    for action in [Action::Start, Action::Monitor] {
        let died = runner.run(request("ocf:test:die", "r", action)).await;
        assert_eq!(died.status, Status::Error("killed by signal 9".into()), "{action}");
        assert_eq!(died.code, OcfCode::UnknownError);
        let said = runner.run(request("ocf:test:say", "r", action)).await;
        assert_eq!((said.status, said.code), (Status::Done, OcfCode::Other(137)), "{action}");
    }
}

#[tokio::test]
async fn the_end_is_the_exit_and_not_the_end_of_the_output() {
    let world = World::new();
    // A service in the agent's group and one in a session of its own, both holding the pipes.
    world.agent(
        "serve",
        "sleep 300 & echo $! > group; setsid sleep 300 & echo $! > session; echo up; exit 0",
    );
    let runner = world.runner();
    for action in [Action::Start, Action::Monitor] {
        let outcome = runner.run(request("ocf:test:serve", "r", action)).await;
        assert_eq!((outcome.status, outcome.code), (Status::Done, OcfCode::Ok));
        assert_eq!(outcome.stdout, "up\n");
        for service in ["group", "session"] {
            let pid = world.read(service);
            assert!(alive(&pid), "{action}: the {service} service lives on after a normal exit");
            end(&pid);
        }
    }
}

fn end(pid: &str) {
    let pid = nix::unistd::Pid::from_raw(pid.trim().parse().expect("test set-up"));
    let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
}

#[tokio::test]
async fn a_timeout_kills_the_group_and_what_ignores_the_term() {
    let world = World::new();
    world.agent(
        "hang",
        "trap '' TERM; echo $$ > agent; sleep 300 & echo $! > child
         setsid sleep 300 & echo $! > session; echo ocf-exit-reason:waiting >&2
         while :; do sleep 1; done",
    );
    let runner = world.runner();
    for action in [Action::Stop, Action::Monitor] {
        let begun = Instant::now();
        let mut asked = request("ocf:test:hang", "r", action);
        asked.timeout = Duration::from_millis(300);
        let outcome = runner.run(asked).await;
        assert_eq!((outcome.status, outcome.code), (Status::TimedOut, OcfCode::UnknownError));
        assert_eq!(outcome.exit_reason, "waiting");
        assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
        eventually("the agent is gone", || !alive(&world.read("agent")));
        eventually("its child is gone", || !alive(&world.read("child")));
        assert!(alive(&world.read("session")), "a daemon with its own session is not ours to kill");
        end(&world.read("session"));
    }
}

#[tokio::test]
async fn an_agent_may_clean_up_on_term() {
    let world = World::new();
    world.agent("tidy", "trap 'echo tidied > mark; exit 1' TERM; while :; do sleep 0.05; done");
    let mut asked = request("ocf:test:tidy", "r", Action::Start);
    asked.timeout = Duration::from_millis(300);
    let outcome = world.runner().run(asked).await;
    assert_eq!(outcome.status, Status::TimedOut);
    assert_eq!(world.read("mark"), "tidied\n");
}

#[tokio::test]
async fn a_flood_is_swallowed_and_its_end_kept() {
    let world = World::new();
    world.agent("flood", "head -c 20000000 /dev/zero | tr '\\0' x >&2; echo; echo ocf-exit-reason:drowned >&2; exit 1");
    for action in [Action::Start, Action::Monitor] {
        let outcome = world.runner().run(request("ocf:test:flood", "r", action)).await;
        assert_eq!((outcome.status, outcome.code), (Status::Done, OcfCode::UnknownError));
        assert_eq!(outcome.exit_reason, "drowned");
        assert_eq!(outcome.stderr.len(), rota_runner::limits::OUTPUT_BYTES);
    }
}

#[tokio::test]
async fn an_endless_flood_ends_at_the_timeout() {
    let world = World::new();
    world.agent("flood", "trap '' TERM; yes");
    let mut asked = request("ocf:test:flood", "r", Action::Monitor);
    asked.timeout = Duration::from_millis(300);
    assert_eq!(world.runner().run(asked).await.status, Status::TimedOut);
}

#[tokio::test]
async fn one_action_at_a_time_in_the_order_of_asking() {
    let world = World::new();
    world.agent("slow", "echo begin $1 >> log; sleep 0.1; echo end $1 >> log");
    let runner = world.runner();
    let (start, promote, stop) = tokio::join!(
        runner.run(request("ocf:test:slow", "r", Action::Start)),
        runner.run(request("ocf:test:slow", "r", Action::Promote)),
        runner.run(request("ocf:test:slow", "r", Action::Stop)),
    );
    let wanted = "begin start\nend start\nbegin promote\nend promote\nbegin stop\nend stop\n";
    assert_eq!(world.read("log"), wanted);
    assert!(start.queue_time < Duration::from_millis(50));
    assert!(promote.queue_time >= Duration::from_millis(100));
    assert!(stop.queue_time >= Duration::from_millis(200));
}

#[tokio::test]
async fn resources_do_not_wait_for_each_other() {
    let world = World::new();
    // Each agent ends only when it has seen the other one begin.
    world.agent(
        "meet",
        "touch $OCF_RESOURCE_INSTANCE; while [ ! -e a ] || [ ! -e b ]; do sleep 0.02; done",
    );
    let runner = world.runner();
    let (a, b) = tokio::join!(
        runner.run(request("ocf:test:meet", "a", Action::Start)),
        runner.run(request("ocf:test:meet", "b", Action::Start)),
    );
    assert_eq!((a.status, b.status), (Status::Done, Status::Done));
}

fn monitor(seconds: u64) -> rota_runner::Request {
    let mut asked = request("ocf:test:slow", "r", Action::Monitor);
    asked.interval = Some(Duration::from_secs(seconds));
    asked
}

#[tokio::test]
async fn a_recurring_monitor_gives_way_and_its_double_is_dropped() {
    let world = World::new();
    world.agent("slow", "[ $1 = monitor ] && sleep 300; exit 0");
    let runner = world.runner();
    let double = async {
        tokio::task::yield_now().await;
        runner.run(monitor(10)).await
    };
    let stop = async {
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        runner.run(request("ocf:test:slow", "r", Action::Stop)).await
    };
    let (first, double, stop) = tokio::join!(runner.run(monitor(10)), double, stop);
    assert_eq!(first.status, Status::Cancelled);
    assert_eq!(double.status, Status::Cancelled);
    assert_eq!(double.exec_time, Duration::ZERO);
    assert_eq!((stop.status, stop.code), (Status::Done, OcfCode::Ok));
    assert!(stop.queue_time < Duration::from_secs(3), "{:?}", stop.queue_time);
}

#[tokio::test]
async fn a_probe_does_not_give_way() {
    let world = World::new();
    world.agent("slow", "[ $1 = monitor ] && sleep 1; exit 0");
    let runner = world.runner();
    let (probe, start) = tokio::join!(
        runner.run(request("ocf:test:slow", "r", Action::Monitor)),
        runner.run(request("ocf:test:slow", "r", Action::Start)),
    );
    assert_eq!((probe.status, start.status), (Status::Done, Status::Done));
    assert!(start.queue_time >= Duration::from_millis(900));
}

#[tokio::test]
async fn operations_can_be_cancelled_in_line_and_running() {
    let world = World::new();
    world.agent("slow", "touch running; sleep 300");
    let runner = world.runner();
    let (running, waiting) = (monitor(10), monitor(20));
    let (first, second) = (running.op, waiting.op);
    let cancel = async {
        while !world.path("running").exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        runner.cancel(second);
        runner.cancel(first);
        runner.cancel(rota_runner::OpId(0));
    };
    let (a, b, ()) = tokio::join!(runner.run(running), runner.run(waiting), cancel);
    assert_eq!((a.status, b.status), (Status::Cancelled, Status::Cancelled));
    assert!(a.exec_time > Duration::ZERO && b.exec_time == Duration::ZERO);
}

#[tokio::test]
async fn a_dropped_future_gives_the_resource_back() {
    let world = World::new();
    world.agent("slow", "[ $1 = start ] && sleep 2; exit 0");
    let runner = world.runner();
    let start = runner.run(request("ocf:test:slow", "r", Action::Start));
    assert!(tokio::time::timeout(Duration::from_millis(100), start).await.is_err());
    let stop = runner.run(request("ocf:test:slow", "r", Action::Stop)).await;
    assert!(stop.queue_time < Duration::from_secs(1));
}

#[tokio::test]
async fn init_scripts_speak_their_own_codes() {
    let world = World::new();
    std::fs::create_dir(world.path("init.d")).unwrap();
    world.script(
        &world.path("init.d/web"),
        "case $1 in start) touch up;; stop) rm -f up; exit 7;; status) [ -e up ] || exit 3;; esac",
    );
    let runner = world.runner();
    for class in ["lsb", "service"] {
        let agent = format!("{class}:web");
        for (action, code) in [
            (Action::Monitor, OcfCode::NotRunning),
            (Action::Start, OcfCode::Ok),
            (Action::Monitor, OcfCode::Ok),
            (Action::Stop, OcfCode::Ok),
            (Action::Monitor, OcfCode::NotRunning),
            (Action::Promote, OcfCode::Unimplemented),
        ] {
            assert_eq!(
                runner.run(request(&agent, "w", action)).await.code,
                code,
                "{agent} {action}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_at_once() {
    let world = World::new();
    world.agent("quick", "echo $OCF_RESOURCE_INSTANCE; exit 7");
    let runner = world.runner();
    let running: Vec<_> = (0..100)
        .map(|number| {
            let action = if number % 2 == 0 { Action::Start } else { Action::Monitor };
            let asked = request("ocf:test:quick", &format!("r{number}"), action);
            let runner = runner.clone();
            tokio::spawn(async move { runner.run(asked).await })
        })
        .collect();
    for (number, run) in running.into_iter().enumerate() {
        let outcome = run.await.unwrap();
        assert_eq!((outcome.status, outcome.code), (Status::Done, OcfCode::NotRunning));
        assert_eq!(outcome.stdout, format!("r{number}\n"));
    }
}

#[tokio::test]
async fn agents_that_are_installed_are_listed() {
    let world = World::new();
    world.agent("b", "");
    world.agent("a", "");
    std::fs::write(world.path("ocf/resource.d/test/readme"), "no agent").unwrap();
    world.agent(".hidden", "");
    let names: Vec<_> = world.runner().installed_agents().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["ocf:test:a", "ocf:test:b"]);
}

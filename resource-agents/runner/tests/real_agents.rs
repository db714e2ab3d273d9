//! Unmodified upstream agents.

mod common;

use std::path::Path;
use std::time::Duration;

use common::{World, installed, request};
use rota_runner::metadata::{MetadataError, ParameterFault};
use rota_runner::{Action, OcfCode, Request, Runner, Status};

fn missing(agent: &str) -> bool {
    let missing = !Path::new("/usr/lib/ocf/resource.d").join(agent).exists();
    if missing {
        println!("skipped: {agent} is not installed");
    }
    missing
}

/// Lets an agent go through actions and compares each code.
async fn walk(runner: &Runner, base: &Request, steps: &[(Action, OcfCode)]) {
    for (number, (action, code)) in (1..).zip(steps) {
        let asked = Request {
            op: rota_runner::OpId(base.op.0 * 1000 + number),
            action: *action,
            ..base.clone()
        };
        let outcome = runner.run(asked).await;
        assert_eq!(outcome.status, Status::Done, "step {number}, {action}: {outcome:?}");
        assert_eq!(outcome.code, *code, "step {number}, {action}: {outcome:?}");
    }
}

const LIFE: [(Action, OcfCode); 6] = [
    (Action::Monitor, OcfCode::NotRunning),
    (Action::Start, OcfCode::Ok),
    (Action::Monitor, OcfCode::Ok),
    (Action::Stop, OcfCode::Ok),
    (Action::Stop, OcfCode::Ok),
    (Action::Monitor, OcfCode::NotRunning),
];

#[tokio::test]
async fn dummies() {
    for agent in ["pacemaker/Dummy", "heartbeat/Dummy"] {
        if missing(agent) {
            continue;
        }
        let world = World::new();
        let name = format!("ocf:{}", agent.replace('/', ":"));
        let mut base = request(&name, "rota-test-dummy", Action::Monitor);
        base.params.insert("state".into(), world.path("state").to_str().unwrap().into());
        walk(&installed(&world), &base, &LIFE).await;
    }
}

#[tokio::test]
async fn anything_leaves_a_daemon_that_lives_on() {
    if missing("heartbeat/anything") {
        return;
    }
    let world = World::new();
    let mut base = request("ocf:heartbeat:anything", "rota-test-any", Action::Monitor);
    for (name, value) in [
        ("binfile", "/bin/sleep".to_owned()),
        ("cmdline_options", "300".to_owned()),
        ("pidfile", world.path("pid").to_str().unwrap().to_owned()),
    ] {
        base.params.insert(name.into(), value.into());
    }
    walk(&installed(&world), &base, &LIFE).await;
}

/// Stateful calls crm_attribute for its promotion score; here a tool of ours answers to the name.
#[tokio::test]
async fn stateful_is_promoted_with_our_tools_first_in_its_path() {
    if missing("pacemaker/Stateful") {
        return;
    }
    let world = World::new();
    std::fs::create_dir(world.path("tools")).unwrap();
    world.script(&world.path("tools/crm_attribute"), "echo \"$*\" >> calls");
    let config = rota_runner::Config {
        ocf_root: "/usr/lib/ocf".into(),
        tools: Some(world.path("tools")),
        ..world.config()
    };
    let (runner, _) = Runner::open(config).unwrap();
    let mut base = request("ocf:pacemaker:Stateful", "rota-test-st:0", Action::Monitor);
    base.params.insert("state".into(), world.path("state").to_str().unwrap().into());
    let steps = [
        (Action::Monitor, OcfCode::NotRunning),
        (Action::Start, OcfCode::Ok),
        (Action::Monitor, OcfCode::Ok),
        (Action::Promote, OcfCode::Ok),
        (Action::Monitor, OcfCode::RunningPromoted),
        (Action::Demote, OcfCode::Ok),
        (Action::Monitor, OcfCode::Ok),
        (Action::Stop, OcfCode::Ok),
        (Action::Monitor, OcfCode::NotRunning),
    ];
    walk(&runner, &base, &steps).await;
    assert!(world.read("calls").contains("--promotion"), "{}", world.read("calls"));
}

/// In a network namespace of its own: the whole test runs once more below `unshare`.
#[test]
fn ipaddr2_in_its_own_network() {
    const INSIDE: &str = "ROTA_TEST_INSIDE";
    if std::env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(ipaddr2());
    }
    if missing("heartbeat/IPaddr2") || !nix::unistd::geteuid().is_root() {
        println!("skipped: needs root and ocf:heartbeat:IPaddr2");
        return;
    }
    let inside = std::process::Command::new("unshare")
        .args(["--net", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "ipaddr2_in_its_own_network", "--nocapture"])
        .env(INSIDE, "1")
        .status()
        .unwrap();
    assert!(inside.success());
}

async fn ipaddr2() {
    let ip = |args: &[&str]| {
        assert!(
            std::process::Command::new("ip").args(args).status().expect("test set-up").success()
        );
    };
    ip(&["link", "add", "ring0", "type", "veth", "peer", "name", "far"]);
    ip(&["addr", "add", "10.10.0.11/24", "dev", "ring0"]);
    for link in ["lo", "ring0", "far"] {
        ip(&["link", "set", link, "up"]);
    }
    let world = World::new();
    let mut base = request("ocf:heartbeat:IPaddr2", "vip", Action::Monitor);
    for (name, value) in [("ip", "10.10.0.100"), ("cidr_netmask", "24"), ("nic", "ring0")] {
        base.params.insert(name.into(), value.into());
    }
    walk(&installed(&world), &base, &LIFE).await;
    base.params.insert("ip".into(), "not-an-address".into());
    let outcome = installed(&world).run(Request { action: Action::Start, ..base }).await;
    assert_eq!(outcome.status, Status::Done);
    assert_ne!(outcome.code, OcfCode::Ok);
    assert!(!outcome.exit_reason.is_empty(), "{outcome:?}");
}

#[tokio::test]
async fn every_installed_agent_describes_itself() {
    let world = World::new();
    let runner = installed(&world);
    let mut read = 0;
    for provider in ["heartbeat", "pacemaker"] {
        let dir = Path::new("/usr/lib/ocf/resource.d").join(provider);
        let Ok(entries) = std::fs::read_dir(dir) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name().into_string().unwrap();
            let Ok(agent) = format!("ocf:{provider}:{name}").parse() else { continue };
            match runner.metadata(&agent).await {
                Ok(metadata) => {
                    read += 1;
                    assert!(metadata.can(Action::Start) && metadata.can(Action::Stop), "{agent}");
                }
                // Some need a program that is not here; none may print what we cannot read.
                Err(MetadataError::NoAnswer { .. } | MetadataError::NotInstalled { .. }) => {}
                Err(error) => panic!("{agent}: {error}"),
            }
        }
    }
    println!("{read} descriptions read");
    assert!(read > 50 || missing("heartbeat/IPaddr2"), "only {read}");
}

#[tokio::test]
async fn a_description_is_asked_once_until_the_agent_changes() {
    let world = World::new();
    let xml = "echo called >> calls; echo '<resource-agent name=\"a\"/>'";
    world.agent("a", xml);
    let runner = world.runner();
    let agent = "ocf:test:a".parse().unwrap();
    for _ in 0..3 {
        assert_eq!(runner.metadata(&agent).await.unwrap().name, "a");
    }
    assert_eq!(world.read("calls"), "called\n");
    world.agent("a", &format!("{xml} # and more"));
    runner.metadata(&agent).await.unwrap();
    assert_eq!(world.read("calls"), "called\ncalled\n");
}

#[tokio::test]
async fn a_mistyped_parameter_of_a_real_agent_is_found() {
    if missing("heartbeat/IPaddr2") {
        return;
    }
    let world = World::new();
    let metadata =
        installed(&world).metadata(&"ocf:heartbeat:IPaddr2".parse().unwrap()).await.unwrap();
    assert_eq!(
        metadata.check([("cidr_netmaks", "24")]),
        [
            ParameterFault::Unknown {
                name: "cidr_netmaks".into(),
                meant: Some("cidr_netmask".into())
            },
            ParameterFault::Missing("ip".into()),
        ]
    );
    assert_eq!(
        metadata.actions.iter().find(|a| a.name == "start").unwrap().timeout,
        Some(Duration::from_secs(20))
    );
}

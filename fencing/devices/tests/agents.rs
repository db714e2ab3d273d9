//! The contract with upstream fence agents, against scripts that keep or break it, and against
//! real ones where they are installed.

#![expect(clippy::unwrap_used, reason = "tests may say what they expect")]

mod common;

use std::path::Path;
use std::time::Duration;

use common::*;
use rota_fencing_devices::{Action, Error, Kind, Params, Registry, Reply};

/// An agent that notes its input, what others can see of it, and answers as told.
fn agent(directory: &Path, body: &str) -> Registry {
    let at = directory.display();
    let metadata = "<?xml version=\"1.0\"?><resource-agent name=\"fence_test\" shortdesc=\"t\">\
        <parameters><parameter name=\"ip\" required=\"1\"><content type=\"string\"/></parameter>\
        <parameter name=\"plug\" required=\"1\" obsoletes=\"port\"><content type=\"string\"/></parameter>\
        <parameter name=\"password\"><content type=\"string\"/></parameter>\
        <parameter name=\"tries\"><content type=\"integer\"/></parameter></parameters>\
        <actions><action name=\"on\" automatic=\"1\"/><action name=\"off\"/><action name=\"status\"/>\
        </actions></resource-agent>";
    let body = format!(
        "if [ \"$2\" = metadata ]; then echo '{metadata}'; exit 0; fi\n\
         cat > {at}/in; cat {at}/in >> {at}/all\n\
         tr '\\0' ' ' < /proc/$$/cmdline > {at}/seen; tr '\\0' ' ' < /proc/$$/environ >> {at}/seen\n\
         action=$(sed -n 's/^action=//p' {at}/in)\n{body}"
    );
    script(&directory.join("fence_test"), &body);
    agents_in(directory)
}

const HONEST: &str = "case $action in off|on) exit 0;; status) exit 2;; esac; exit 1";

fn params() -> Params {
    Params::from([("ip", "10.0.0.1"), ("password", "s3cret-pass")])
}

async fn off(registry: &Registry) -> Reply {
    registry.run(&call("fence_test", params()), Action::Off, LONG).await
}

#[tokio::test]
async fn off_is_proven_by_a_status_afterwards() {
    let directory = tempfile::tempdir().unwrap();
    let registry = agent(directory.path(), HONEST);
    assert_eq!(proven(&off(&registry).await), "fence_test: off ended well, then status said off");
    let all = std::fs::read_to_string(directory.path().join("all")).unwrap();
    let actions: Vec<&str> = all.lines().filter(|l| l.starts_with("action=")).collect();
    assert_eq!(actions, ["action=off", "action=status"]);
}

#[tokio::test]
async fn off_with_success_on_a_host_that_is_on_is_not_believed() {
    let directory = tempfile::tempdir().unwrap();
    let registry = agent(directory.path(), "exit 0");
    assert!(refused(&off(&registry).await).contains("status says that it is on"));
}

#[tokio::test]
async fn failures_carry_the_agents_last_words_without_the_password() {
    let directory = tempfile::tempdir().unwrap();
    let registry =
        agent(directory.path(), "echo one >&2; echo 'login with s3cret-pass failed' >&2; exit 1");
    assert_eq!(
        off(&registry).await.to_string(),
        "unreachable: off ended with code 1: login with *** failed"
    );
}

#[tokio::test]
async fn secrets_go_by_standard_input_only() {
    let directory = tempfile::tempdir().unwrap();
    let registry = agent(directory.path(), HONEST);
    off(&registry).await;
    let read = |name: &str| std::fs::read_to_string(directory.path().join(name)).unwrap();
    assert!(read("in").contains("password=s3cret-pass\n"));
    assert!(!read("seen").contains("s3cret-pass"), "{}", read("seen"));
    assert!(!format!("{:?}", call("fence_test", params())).contains("s3cret-pass"));
}

#[tokio::test]
async fn the_target_is_told_in_the_agents_own_parameter() {
    let directory = tempfile::tempdir().unwrap();
    let registry = agent(directory.path(), HONEST);
    for (extra, expected) in [
        (&[][..], "nodename=n3\nplug=3\n"),
        (&[("pcmk_host_argument", "outlet")], "nodename=n3\noutlet=3\n"),
        (&[("pcmk_host_argument", "none")], "nodename=n3\n"),
        (&[("plug", "7")], "plug=7\naction=status\nnodename=n3\n"),
    ] {
        let call = call("fence_test", with(params(), extra));
        proven(&registry.run(&call, Action::Off, LONG).await);
        let input = std::fs::read_to_string(directory.path().join("in")).unwrap();
        assert!(input.ends_with(expected), "{extra:?}: {input}");
    }
}

#[tokio::test]
async fn actions_can_have_another_name_and_cannot_be_a_parameter() {
    let directory = tempfile::tempdir().unwrap();
    let body = "case $action in poweroff) exit 0;; status) exit 2;; esac; exit 1";
    let registry = agent(directory.path(), body);
    let odd = [("pcmk_off_action", "poweroff"), ("action", "reboot")];
    let call = call("fence_test", with(params(), &odd));
    proven(&registry.run(&call, Action::Off, LONG).await);
}

#[tokio::test]
async fn a_value_that_would_inject_a_parameter_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let registry = agent(directory.path(), HONEST);
    for value in ["x\naction=on", "x ", "\"x\""] {
        let call = call("fence_test", with(params(), &[("password", value)]));
        refused(&registry.run(&call, Action::Off, LONG).await);
    }
    assert!(!directory.path().join("in").exists(), "the agent never ran");
}

fn alive(directory: &Path) -> bool {
    let pid = std::fs::read_to_string(directory.join("pid")).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.trim()));
    status.is_ok_and(|s| !s.contains("State:\tZ"))
}

#[tokio::test]
async fn an_agent_that_hangs_is_killed_with_its_children() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let registry = agent(at, &format!("sleep 1000 & echo $! > {}/pid; sleep 1000", at.display()));
    let call = call("fence_test", params());
    let reply = registry.run(&call, Action::Off, Duration::from_secs(1)).await;
    assert!(matches!(reply, Reply::TimedOut { .. }), "{reply}");
    // SIGKILL was sent; the kernel needs a moment to carry it out.
    for _ in 0..200 {
        if !alive(at) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the grandchild lives");
}

#[tokio::test]
async fn a_call_that_is_dropped_kills_its_agent() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path().to_owned();
    let registry = agent(&at, &format!("echo $$ > {}/pid; sleep 1000", at.display()));
    let running = tokio::spawn(async move {
        registry.run(&call("fence_test", params()), Action::Off, LONG).await
    });
    while !at.join("pid").exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    running.abort();
    let _ = running.await;
    for _ in 0..200 {
        if !alive(&at) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the agent lives");
}

#[tokio::test]
async fn what_an_agent_leaves_behind_does_not_hold_up_its_result() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    // The child keeps the output pipes open for longer than the deadline.
    let body = format!(
        "sleep 30 & echo $! > {}/pid; [ $action = status ] && exit 2; exit 0",
        at.display()
    );
    let registry = agent(at, &body);
    proven(&off(&registry).await);
    let pid: i32 = std::fs::read_to_string(at.join("pid")).unwrap().trim().parse().unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL)
        .unwrap();
}

#[tokio::test]
async fn a_talkative_agent_neither_blocks_nor_fills_memory() {
    let directory = tempfile::tempdir().unwrap();
    let body = format!("head -c 5000000 /dev/zero | tr '\\0' x; {HONEST}");
    let registry = agent(directory.path(), &body);
    proven(&off(&registry).await);
}

#[tokio::test]
async fn a_device_that_knows_its_hosts_lists_them() {
    let directory = tempfile::tempdir().unwrap();
    let body = "[ $action = list ] && printf '1,n1\n2,\n\n3,n3\n'";
    let registry = agent(directory.path(), body);
    let mut call = call("fence_test", params());
    call.target = None;
    let listed = registry.list_targets(&call, LONG).await.unwrap();
    let listed: Vec<String> = listed.iter().map(|(node, plug)| format!("{node}:{plug}")).collect();
    assert_eq!(listed, ["2:2", "n1:1", "n3:3"]);
    let input = std::fs::read_to_string(directory.path().join("in")).unwrap();
    assert!(!input.contains("nodename"), "{input}");
}

#[tokio::test]
async fn agents_are_only_files_of_their_directory() {
    let directory = tempfile::tempdir().unwrap();
    let registry = agent(directory.path(), HONEST);
    script(&directory.path().join("other"), "exit 0");
    assert_eq!(registry.list_agents(), ["fence_rota_ipmi", "fence_test"]);
    for name in ["../fence_test", "fence_../x", "other", "fence_", "fence_missing", "/bin/true"] {
        let known = registry.metadata(name).await;
        assert!(matches!(known, Err(Error::NoAgent(_))), "{name}: {known:?}");
    }
}

#[tokio::test]
async fn configuration_is_checked_against_what_the_agent_says() {
    let directory = tempfile::tempdir().unwrap();
    let registry = agent(directory.path(), HONEST);
    let odd = Params::from([
        ("pasword", "x"),
        ("tries", "many"),
        ("colour", "red"),
        ("action", "off"),
        ("port", "3"),
        ("pcmk_host_list", "n3"),
    ]);
    let findings = registry.validate("fence_test", &odd).await.unwrap();
    let lines: Vec<String> =
        findings.iter().map(|f| format!("{} {} {}", f.fatal, f.parameter, f.problem)).collect();
    assert_eq!(
        lines,
        [
            "true pasword is unknown to the agent; did you mean password?",
            "true tries is not a whole number",
            "true colour is unknown to the agent",
            "false action is set by the cluster, not by the configuration",
            "false port is now called plug",
            "true ip is required",
        ]
    );
    assert!(registry.metadata("fence_test").await.unwrap().unfences());
    assert_eq!(registry.validate("fence_test", &params()).await.unwrap(), []);
    let built_in = Params::from([("ip", "h"), ("password", "x"), ("cipher", "0")]);
    let findings = registry.validate("fence_rota_ipmi", &built_in).await.unwrap();
    assert_eq!(findings.len(), 1, "{findings:?}");
}

#[tokio::test]
async fn our_own_description_is_read_back_as_it_was() {
    let ours = Registry::default().metadata("fence_rota_ipmi").await.unwrap();
    let read = rota_fencing_devices::Metadata::parse(&ours.to_xml()).unwrap();
    assert_eq!(read, *ours);
}

#[tokio::test]
async fn descriptions_that_are_not_xml_are_errors() {
    for xml in [
        "",
        "<resource-agent",
        "<a></b>",
        "no agent",
        "<resource-agent name='x'><parameter name=\"&bad;\">",
    ] {
        assert!(rota_fencing_devices::Metadata::parse(xml).is_err(), "{xml}");
    }
}

#[tokio::test]
async fn the_real_fence_ipmilan_describes_itself_and_fences() {
    if !Path::new("/usr/sbin/fence_ipmilan").is_file() || !Path::new("/usr/bin/ipmitool").is_file()
    {
        eprintln!("skipped: fence_ipmilan or ipmitool is not installed");
        return;
    }
    let registry = Registry::default();
    let metadata = registry.metadata("fence_ipmilan").await.unwrap();
    assert_eq!(metadata.name, "fence_ipmilan");
    let login_timeout = metadata.parameter("login_timeout").unwrap();
    assert_eq!(login_timeout.kind, Kind::Second);
    let (_bmc, address) = bmc(Default::default()).await;
    let params =
        with(login(address), &[("lanplus", "1"), ("cipher", "17"), ("privlvl", "operator")]);
    assert_eq!(registry.validate("fence_ipmilan", &params).await.unwrap(), []);
    let call = call("fence_ipmilan", params);
    let minute = Duration::from_secs(60);
    assert_eq!(registry.run(&call, Action::Status, minute).await, Reply::On);
    assert_eq!(registry.run(&call, Action::Monitor, minute).await, Reply::Works);
    proven(&registry.run(&call, Action::Off, minute).await);
    assert_eq!(registry.run(&call, Action::On, minute).await, Reply::On);
}

/// Our client as a stranger's agent: the same device through the agent contract.
#[tokio::test]
async fn fence_rota_ipmi_as_a_standard_agent() {
    let directory = tempfile::tempdir().unwrap();
    let built = env!("CARGO_BIN_EXE_fence_rota_ipmi");
    std::os::unix::fs::symlink(built, directory.path().join("fence_other")).unwrap();
    let registry = agents_in(directory.path());
    let (_bmc, address) = bmc(Default::default()).await;
    let call = call("fence_other", login(address));
    assert_eq!(registry.run(&call, Action::Status, LONG).await, Reply::On);
    assert_eq!(registry.run(&call, Action::Monitor, LONG).await, Reply::Works);
    proven(&registry.run(&call, Action::Off, LONG).await);
    assert_eq!(registry.run(&call, Action::On, LONG).await, Reply::On);
    // A password in the argument list is refused.
    let said =
        std::process::Command::new(built).args(["-o", "off", "--password=x"]).output().unwrap();
    assert_eq!(said.status.code(), Some(1));
}

#[tokio::test]
async fn fence_rota_ipmi_reboots_for_other_managers() {
    use std::io::Write;
    let (bmc, address) = bmc(Default::default()).await;
    let input = format!(
        "# a comment\nip=127.0.0.1\nipport={}\nusername=oper\npassword=operpass\naction=reboot\nport=n3\n",
        address.port()
    );
    let ended = tokio::task::spawn_blocking(move || {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_fence_rota_ipmi"))
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait().unwrap()
    });
    assert_eq!(ended.await.unwrap().code(), Some(0));
    assert_eq!(bmc.log().controls, [0, 1]);
}

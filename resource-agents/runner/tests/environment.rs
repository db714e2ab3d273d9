//! What agents find in their environment.

mod common;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use common::{World, request};
use rota_runner::{Action, Config, Request, environment};

fn seen(output: &str) -> BTreeMap<String, String> {
    output
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[tokio::test]
async fn an_agent_sees_its_request_and_nothing_of_ours() {
    let world = World::new();
    world.agent("env", "env");
    let config = Config { tools: Some("/opt/rota/compat".into()), ..world.config() };
    let (runner, _) = rota_runner::Runner::open(config).unwrap();
    let mut asked = request("ocf:test:env", "web:0", Action::Monitor);
    asked.params.insert("ip".into(), "10.0.0.1 and more".into());
    asked.params.insert("OCF_CHECK_LEVEL".into(), "10".into());
    asked.params.insert("a-b".into(), "dash".into());
    asked.meta.insert("clone-max".into(), "2".into());
    asked.meta.insert("notify_start_uname".into(), " ".into());
    let probe = seen(&runner.run(asked.clone()).await.stdout);
    for (name, value) in [
        ("OCF_RESOURCE_INSTANCE", "web"),
        ("OCF_RESOURCE_TYPE", "env"),
        ("OCF_RESOURCE_PROVIDER", "test"),
        ("OCF_RA_VERSION_MAJOR", "1"),
        ("OCF_RA_VERSION_MINOR", "1"),
        ("OCF_RESKEY_ip", "10.0.0.1 and more"),
        ("OCF_RESKEY_OCF_CHECK_LEVEL", "10"),
        ("OCF_CHECK_LEVEL", "10"),
        ("OCF_RESKEY_CRM_meta_clone_max", "2"),
        ("OCF_RESKEY_CRM_meta_notify_start_uname", " "),
        ("OCF_RESKEY_CRM_meta_timeout", "20000"),
        ("OCF_RESKEY_CRM_meta_on_node", "node1"),
        ("OCF_RESKEY_CRM_meta_on_node_uuid", "1"),
        ("PCMK_service", "pacemaker-execd"),
        ("LC_ALL", "C"),
    ] {
        assert_eq!(probe.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(probe["HA_SBIN_DIR"], "/opt/rota/compat");
    assert!(probe["PATH"].starts_with("/opt/rota/compat:"));
    for absent in
        ["SHELL", "HOME", "CARGO", "OCF_RESKEY_CRM_meta_interval", "OCF_RESKEY_CRM_meta_name"]
    {
        assert_eq!(probe.get(absent), None, "{absent}");
    }
    asked.interval = Some(Duration::from_secs(10));
    let recurring = seen(&runner.run(asked).await.stdout);
    assert_eq!(recurring["OCF_RESKEY_CRM_meta_interval"], "10000");
    assert_eq!(recurring["OCF_RESKEY_CRM_meta_name"], "monitor");
}

/// Names that a real cluster gives and that say something of its own processes only.
fn of_its_own(name: &str) -> bool {
    (name.starts_with("PCMK_") && name != "PCMK_service")
        || ["INVOCATION_ID", "JOURNAL_STREAM", "PWD", "SYSTEMD_EXEC_PID", "VALGRIND_OPTS", "PATH"]
            .contains(&name)
}

#[test]
fn every_action_of_a_real_cluster_has_the_same_environment_here() {
    let shared = std::env::var_os("ROTA_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let Ok(golden) = std::fs::read_to_string(shared.join("reference/services/golden-env.txt"))
    else {
        println!("skipped: no golden environments in {}", shared.display());
        return;
    };
    let config = Config {
        agents_log_facility: Some("daemon".into()),
        agents_log_file: Some("/var/log/pacemaker/pacemaker.log".into()),
        ..Config::default()
    };
    let mut checked = 0;
    for section in golden.split("### ").filter(|section| section.contains("OCF_ROOT")) {
        let action: Action = section.split(' ').next().unwrap().parse().unwrap();
        let mut wanted = seen(section);
        wanted.retain(|name, _| !of_its_own(name));
        let mut ours = environment(&config, &as_asked(action, &wanted));
        ours.remove("PATH");
        assert_eq!(ours, wanted, "{action}");
        checked += 1;
    }
    assert!(checked >= 15, "only {checked} sections found");
}

/// The request that the policy engine made there, found in what the agent saw.
fn as_asked(action: Action, env: &BTreeMap<String, String>) -> Request {
    let mut asked = request("ocf:pacemaker:Stateful", "st:0", action);
    asked.node_name = env["OCF_RESKEY_CRM_meta_on_node"].as_str().into();
    asked.timeout =
        Duration::from_millis(env["OCF_RESKEY_CRM_meta_timeout"].parse().expect("test set-up"));
    for (name, value) in env {
        let Some(name) = name.strip_prefix("OCF_RESKEY_") else { continue };
        match name.strip_prefix("CRM_meta_") {
            Some("timeout" | "name" | "on_node" | "on_node_uuid") => {}
            Some("interval") => {
                asked.interval = Some(Duration::from_millis(value.parse().expect("test set-up")));
            }
            Some(meta) => {
                asked.meta.insert(meta.into(), value.into());
            }
            None if name == "crm_feature_set" => {}
            None => {
                asked.params.insert(name.into(), value.into());
            }
        }
    }
    asked
}

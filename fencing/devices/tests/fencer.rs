//! The planning half and the acting half together: requests in, verdicts out, real devices
//! between. What a node's shell does with the effects is done here in twenty lines.
#![expect(clippy::unwrap_used, reason = "tests may say what they expect")]

mod common;

use std::collections::BTreeSet;
use std::time::Instant;

use common::*;
use rota_fencing::{
    AttemptId, Chance, Device, Effect, Event, Executor, Fencer, Outcome, Proof, Request,
    RequestDelay, Topology, Wish,
};
use rota_fencing_devices::ipmi::server::{Behaviour, Fate};
use rota_fencing_devices::{DeviceCall, Params, Registry};
use rota_ids::{Moment, NodeId};

fn device(id: &str, params: &Params) -> Device {
    let pairs = params.iter().chain([("pcmk_host_list", "n3"), ("login_timeout", "1")]);
    let (device, findings) = Device::from_params(id.into(), "fence_rota_ipmi", pairs);
    assert_eq!(findings, []);
    device
}

/// Carries out effects until no attempt is under way; returns what was said.
async fn fence(devices: Vec<Device>, topology: Topology, wish: Wish) -> Vec<Effect> {
    let registry = Registry::default();
    let began = Instant::now();
    let now = || Moment::since_origin(began.elapsed());
    let mut fencer = Fencer::new(NodeId(1), AttemptId(1));
    let n1 = Executor {
        id: NodeId(1),
        name: "n1".into(),
        verified: BTreeSet::new(),
        barred: BTreeSet::new(),
    };
    let request = Request {
        target: "n3".into(),
        incarnation: None,
        wish,
        delay: RequestDelay::Skip,
        requested_by: "test".into(),
        why: "lost".into(),
    };
    let mut todo = Vec::new();
    fencer.step(now(), Event::Nodes(vec![n1]), &mut todo);
    fencer.step(now(), Event::Devices { devices: devices.clone(), topology }, &mut todo);
    fencer.step(now(), Event::Asked { request, chance: Chance(0) }, &mut todo);
    let mut said = Vec::new();
    while !todo.is_empty() {
        for effect in std::mem::take(&mut todo) {
            let Effect::Run { attempt, device, action, target, plug, timeout, .. } = effect else {
                said.push(effect);
                continue;
            };
            let Device { agent, params, .. } =
                devices.iter().find(|d| d.id == device).unwrap().clone();
            let call = DeviceCall { agent, params: params.into(), target: Some(target), plug };
            let reply = registry.run(&call, action, timeout).await;
            fencer.step(now(), Event::Replied { attempt, reply }, &mut todo);
        }
    }
    said.retain(|effect| !matches!(effect, Effect::WakeAt(_)));
    said
}

#[tokio::test]
async fn a_reboot_is_off_proven_then_on() {
    let (bmc, address) = bmc(Behaviour::default()).await;
    let said = fence(vec![device("bmc", &login(address))], Topology::new(), Wish::Reboot).await;
    let [Effect::Proven(verdict), Effect::Note(_), Effect::Note(end)] = &said[..] else {
        panic!("{said:?}");
    };
    assert!(matches!(verdict.proof, Proof::PoweredOff { .. }));
    assert_eq!(end.outcome, Outcome::TurnedOn);
    assert_eq!(bmc.log().controls, [0, 1]);
}

#[tokio::test]
async fn a_dead_bmc_leads_to_the_next_level() {
    let (dead, dead_address) = bmc(Behaviour::default()).await;
    dead.behave(|b| b.weather = Box::new(|_, _| Fate::Lost));
    let (_bmc, address) = bmc(Behaviour::default()).await;
    let mut topology = Topology::new();
    topology.add("n3".into(), 1, ["dead".into()]);
    topology.add("n3".into(), 2, ["pdu".into()]);
    let devices = vec![device("dead", &login(dead_address)), device("pdu", &login(address))];
    let said = fence(devices, topology, Wish::Off).await;
    let [Effect::Proven(verdict), Effect::Note(_)] = &said[..] else { panic!("{said:?}") };
    assert!(verdict.proof.to_string().starts_with("pdu (fence_rota_ipmi) by node 1"));
}

#[tokio::test]
async fn a_bmc_that_stays_on_ends_in_exhaustion_and_no_proof() {
    let (_bmc, address) = bmc(Behaviour { stuck: true, ..Behaviour::default() }).await;
    let mut stuck = device("bmc", &login(address));
    stuck.timeouts.off = std::time::Duration::from_secs(1);
    let said = fence(vec![stuck], Topology::new(), Wish::Off).await;
    let [Effect::Exhausted { why, .. }, Effect::Note(_)] = &said[..] else { panic!("{said:?}") };
    assert!(why.contains("the power stays on"), "{why}");
}

//! Fence devices: the fencer's attempts, run from this host.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rota_fencing::AttemptId;
use rota_fencing_devices::{DeviceCall, Registry};
use rota_node::Event;
use rota_node::message::DeviceOrder;
use tokio::task::AbortHandle;

use crate::node_loop::{Input, Inputs};

/// Fence devices that this host was asked to run.
pub struct Devices {
    registry: Arc<Registry>,
    inputs: Inputs,
    running: Arc<Mutex<BTreeMap<AttemptId, AbortHandle>>>,
}

impl Devices {
    /// None is running.
    pub fn new(inputs: Inputs) -> Self {
        Self { registry: Arc::default(), inputs, running: Arc::default() }
    }

    /// Runs a device; its answer comes in as an event.
    pub fn run(&self, order: DeviceOrder) {
        let attempt = order.attempt;
        let (registry, inputs) = (Arc::clone(&self.registry), self.inputs.clone());
        let running = Arc::clone(&self.running);
        let task = tokio::spawn(async move {
            let call = DeviceCall {
                agent: order.agent,
                params: order.params.into(),
                target: Some(order.target.clone()),
                plug: order.plug,
            };
            let deadline = Duration::from_millis(order.timeout_ms);
            tracing::info!(
                device = %order.device, target = %order.target, action = order.action.as_str(),
                "fence device is asked"
            );
            let reply = registry.run(&call, order.action, deadline).await;
            tracing::info!(device = %order.device, target = %order.target, %reply, "it answers");
            running.lock().unwrap_or_else(PoisonError::into_inner).remove(&attempt);
            inputs.send(Input::Event(Event::DeviceEnded { attempt, reply }));
        });
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(attempt, task.abort_handle());
    }

    /// The answer is no longer wanted.
    pub fn cancel(&self, attempt: AttemptId) {
        let task = self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&attempt);
        if let Some(task) = task {
            task.abort();
        }
    }
}

//! The socket for the command line on this host.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use anyhow::{Context, Result};
use rota_fencing::Wish;
use rota_ids::{NodeName, Text, WallTime};
use rota_node::report::{self, NodeCondition};
use rota_node::{Ask, Told};
use rota_settings::{Directory, JoinLine, Settings, secret_digest};
use rota_wire::admin::admin_server::{Admin, AdminServer};
use rota_wire::admin::{
    ChangeReply, ChangeRequest, CibReply, CibRequest, FenceReply, FenceRequest, PrivateAttribute,
    PrivateReply, PrivateRequest, RemoveNodeReply, RemoveNodeRequest, SetPrivateRequest,
    StatusReply, StatusRequest, StopReply, StopRequest, TokenReply, TokenRequest, WaitReply,
    WaitRequest,
};
use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::Server;
use tonic::transport::server::UdsConnectInfo;
use tonic::{Request, Response, Status};

use crate::links;
use crate::node_loop::{Inputs, now};

/// A CIB may be large.
const MESSAGE_MAX: usize = 256 << 20;

/// Members of this group administer the cluster without being root, as with Pacemaker.
const ADMINISTRATORS: &str = "haclient";

/// How long the daemon waits for the log before it tells a client that there is no quorum.
const COMMIT_PATIENCE: Duration = Duration::from_secs(30);

/// Requests that may wait for the log at once.
const ASKED_MAX: usize = 512;

/// Listens on `rota.sock` in the run directory.
///
/// # Errors
/// When the socket cannot be made.
pub fn serve(directory: &Directory, settings: &Settings, inputs: Inputs) -> Result<()> {
    let path = settings.run_dir.join("rota.sock");
    match std::fs::remove_file(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).context(format!("removing {}", path.display())),
    }
    let listener =
        UnixListener::bind(&path).with_context(|| format!("listening on {}", path.display()))?;
    let group = nix::unistd::Group::from_name(ADMINISTRATORS).ok().flatten();
    if let Some(group) = &group {
        // Without the right to give the socket away only root and we ourselves may use it.
        let _ = nix::unistd::chown(&path, None, Some(group.gid));
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o660))
        .with_context(|| format!("permissions of {}", path.display()))?;
    let desk = Desk {
        inputs,
        directory: directory.clone(),
        settings: settings.clone(),
        group: group.map(|group| group.gid.as_raw()),
        places: tokio::sync::Semaphore::new(ASKED_MAX),
    };
    let service = AdminServer::new(desk)
        .max_decoding_message_size(MESSAGE_MAX)
        .max_encoding_message_size(MESSAGE_MAX);
    tokio::spawn(async move {
        let stream = UnixListenerStream::new(listener);
        if let Err(error) = Server::builder().add_service(service).serve_with_incoming(stream).await
        {
            tracing::error!(?error, "the socket for the command line failed");
        }
    });
    Ok(())
}

struct Desk {
    inputs: Inputs,
    directory: Directory,
    settings: Settings,
    group: Option<u32>,
    places: tokio::sync::Semaphore,
}

impl Desk {
    /// Who asks, if they may: root, the user that the daemon runs as, the administrators' group.
    fn admit<T>(&self, request: &Request<T>) -> Result<Text, Status> {
        let peer = request
            .extensions()
            .get::<UdsConnectInfo>()
            .and_then(|info| info.peer_cred)
            .ok_or_else(|| Status::permission_denied("the system does not say who you are"))?;
        let (uid, gid) = (peer.uid(), peer.gid());
        let ours = nix::unistd::geteuid().as_raw();
        let is_in = |group| gid == group || peer.pid().is_some_and(|pid| joined(pid, uid, group));
        if uid == 0 || uid == ours || self.group.is_some_and(is_in) {
            return Ok(format!("user {uid}").into());
        }
        Err(Status::permission_denied(format!(
            "only root and the group {ADMINISTRATORS} administer the cluster"
        )))
    }

    async fn ask(&self, ask: Ask) -> Result<Told, Status> {
        // Without a quorum each of them waits; clients are many and patient.
        let Ok(_place) = self.places.try_acquire() else {
            return Err(Status::resource_exhausted(format!(
                "{ASKED_MAX} requests wait for the cluster already; 'rota status' says why"
            )));
        };
        match tokio::time::timeout(COMMIT_PATIENCE, self.inputs.ask(ask)).await {
            Ok(Some(told)) => Ok(told),
            Ok(None) => Err(ending()),
            Err(_) => Err(Status::unavailable(
                "the cluster has not agreed within 30 s: there is no quorum, or no leader. \
                 'rota status' says more. The change may still be made when quorum is back",
            )),
        }
    }
}

/// Whether a process of this user has a group beside its own one: that is how `usermod -aG` makes
/// people members.
fn joined(pid: i32, uid: u32, group: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/status"))
        .is_ok_and(|status| has_group(&status, uid, group))
}

/// Reads `/proc/PID/status`, proc_pid_status(5). The number of a process that ended may be that of
/// another user's by now.
fn has_group(status: &str, uid: u32, group: u32) -> bool {
    let numbers = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().split_whitespace().filter_map(|word| word.parse::<u32>().ok())
    };
    // Real, effective, saved, of the file system.
    numbers("Uid:").nth(1) == Some(uid) && numbers("Groups:").any(|known| known == group)
}

fn ending() -> Status {
    Status::unavailable("the daemon is about to end")
}

fn refused(told: Told) -> (bool, String) {
    match told {
        Told::Refused(why) => (false, why.to_string()),
        Told::Done(_) | Told::Admitted { .. } | Told::Idle => (true, String::new()),
    }
}

fn changed(told: Told) -> ChangeReply {
    match told {
        Told::Done(version) => ChangeReply {
            admin_epoch: version.admin_epoch,
            epoch: version.epoch,
            num_updates: version.num_updates,
            refused: String::new(),
        },
        other => ChangeReply { refused: refused(other).1, ..ChangeReply::default() },
    }
}

fn unreadable(error: rmp_serde::decode::Error) -> Status {
    Status::invalid_argument(format!(
        "the change cannot be read ({error}); are rota and rotad of the same version?"
    ))
}

#[tonic::async_trait]
impl Admin for Desk {
    async fn status(
        &self,
        request: Request<StatusRequest>,
    ) -> Result<Response<StatusReply>, Status> {
        self.admit(&request)?;
        let name = NodeName::from(self.settings.node.as_str());
        let report = self
            .inputs
            .look(move |node, effects| {
                let mut report = report::status(node, &name, now());
                if let Ok(net) = effects.heart.status() {
                    links::add(&mut report, node.state(), &net);
                }
                report
            })
            .await
            .ok_or_else(ending)?;
        let json = serde_json::to_string(&report).map_err(|e| Status::internal(e.to_string()))?;
        Ok(Response::new(StatusReply { json }))
    }

    async fn cib(&self, request: Request<CibRequest>) -> Result<Response<CibReply>, Status> {
        self.admit(&request)?;
        let without_history = request.into_inner().without_history;
        let cib = self
            .inputs
            .look(move |node, _| {
                let whole = &node.state().cib;
                let mut cib = if without_history {
                    whole.without_history()
                } else {
                    rota_cib::Cib::clone(whole)
                };
                cib.header.have_quorum = Some(node.is_quorate());
                cib.header.dc_uuid = node.leader().map(|id| id.to_string().into());
                cib
            })
            .await
            .ok_or_else(ending)?;
        let via = self.settings.node.clone();
        Ok(Response::new(CibReply { xml: rota_cib::xml::write(&cib).into(), via }))
    }

    async fn change(
        &self,
        request: Request<ChangeRequest>,
    ) -> Result<Response<ChangeReply>, Status> {
        self.admit(&request)?;
        let change = rmp_serde::from_slice(&request.into_inner().change).map_err(unreadable)?;
        Ok(Response::new(changed(self.ask(Ask::Change(change)).await?)))
    }

    async fn set_private(
        &self,
        request: Request<SetPrivateRequest>,
    ) -> Result<Response<ChangeReply>, Status> {
        self.admit(&request)?;
        let SetPrivateRequest { node, name, value } = request.into_inner();
        let value = rmp_serde::from_slice(&value).map_err(unreadable)?;
        let node = NodeName::from(node.as_str());
        let ask = Ask::Private { node, name: name.into(), value };
        Ok(Response::new(changed(self.ask(ask).await?)))
    }

    async fn private(
        &self,
        request: Request<PrivateRequest>,
    ) -> Result<Response<PrivateReply>, Status> {
        self.admit(&request)?;
        let known =
            self.inputs.look(|node, _| node.state().private.clone()).await.ok_or_else(ending)?;
        let attributes = known.iter().flat_map(|(node, pairs)| {
            pairs.iter().map(|(name, value)| PrivateAttribute {
                node: node.to_string(),
                name: name.to_string(),
                value: value.to_string(),
            })
        });
        Ok(Response::new(PrivateReply { attributes: attributes.collect() }))
    }

    async fn wait_idle(
        &self,
        request: Request<WaitRequest>,
    ) -> Result<Response<WaitReply>, Status> {
        self.admit(&request)?;
        let patience = Duration::from_millis(request.into_inner().timeout_ms);
        let reply = match tokio::time::timeout(patience, self.inputs.ask(Ask::WaitIdle)).await {
            Ok(Some(_)) => WaitReply { idle: true, pending: String::new() },
            Ok(None) => return Err(ending()),
            Err(_) => {
                let pending =
                    self.inputs.look(|node, _| node.pending()).await.ok_or_else(ending)?;
                WaitReply { idle: false, pending: pending.join(", ") }
            }
        };
        Ok(Response::new(reply))
    }

    async fn fence(&self, request: Request<FenceRequest>) -> Result<Response<FenceReply>, Status> {
        let by = self.admit(&request)?;
        let FenceRequest { node, action, timeout_ms } = request.into_inner();
        let target = NodeName::from(node.as_str());
        let ask = match action.as_str() {
            "confirm" => Ask::Confirm { target, by },
            "off" => Ask::Fence { target, wish: Wish::Off, by },
            "on" => Ask::Fence { target, wish: Wish::On, by },
            "" | "reboot" => Ask::Fence { target, wish: Wish::Reboot, by },
            other => {
                return Err(Status::invalid_argument(format!(
                    "'{other}' is not one of off, reboot, on, confirm"
                )));
            }
        };
        let is_confirmation = matches!(ask, Ask::Confirm { .. });
        let (done, message) = refused(self.ask(ask).await?);
        if !done || is_confirmation {
            return Ok(Response::new(FenceReply { done, message }));
        }
        let patience = Duration::from_millis(timeout_ms);
        Ok(Response::new(self.until_fenced(node, patience).await?))
    }

    async fn token(&self, request: Request<TokenRequest>) -> Result<Response<TokenReply>, Status> {
        self.admit(&request)?;
        let valid = i64::try_from(request.into_inner().valid_seconds).unwrap_or(i64::MAX);
        let authority = self.directory.authority().map_err(|e| Status::internal(e.to_string()))?;
        let mut addresses = self.settings.links.clone();
        let others = self
            .inputs
            .look(|node, effects| {
                let me = effects.me();
                let others = node.state().roster.values().filter(move |m| m.id != me);
                others.flat_map(|m| m.links.clone()).collect::<Vec<_>>()
            })
            .await
            .ok_or_else(ending)?;
        addresses.extend(others);
        let line = JoinLine::new(addresses, authority.certificate)
            .map_err(|e| Status::internal(e.to_string()))?;
        let ask = Ask::Token {
            digest: secret_digest(&line.secret),
            expires: WallTime(now().wall.0.saturating_add(valid)),
        };
        match refused(self.ask(ask).await?) {
            (true, _) => {
                let join_line = line.encode().map_err(|e| Status::internal(e.to_string()))?;
                Ok(Response::new(TokenReply { join_line }))
            }
            (false, why) => Err(Status::failed_precondition(why)),
        }
    }

    async fn stop(&self, request: Request<StopRequest>) -> Result<Response<StopReply>, Status> {
        self.admit(&request)?;
        let (stopped, message) = refused(self.ask(Ask::Leave).await?);
        Ok(Response::new(StopReply { stopped, message }))
    }

    async fn remove_node(
        &self,
        request: Request<RemoveNodeRequest>,
    ) -> Result<Response<RemoveNodeReply>, Status> {
        self.admit(&request)?;
        let name = NodeName::from(request.into_inner().node.as_str());
        let (done, message) = refused(self.ask(Ask::Remove(name)).await?);
        Ok(Response::new(RemoveNodeReply { done, message }))
    }
}

impl Desk {
    /// Waits until the log holds the end of a fencing that was asked for.
    async fn until_fenced(&self, node: String, patience: Duration) -> Result<FenceReply, Status> {
        const LOOK_AGAIN: Duration = Duration::from_millis(50);
        let deadline = tokio::time::Instant::now() + patience;
        let via = NodeName::from(self.settings.node.as_str());
        loop {
            let (target, via) = (NodeName::from(node.as_str()), via.clone());
            let (stands, report) = self
                .inputs
                .look(move |n, _| {
                    let stands = n.state().fence_asked.contains_key(&target);
                    (stands, report::status(n, &via, now()))
                })
                .await
                .ok_or_else(ending)?;
            let is_of_node = |name: &NodeName| name.as_str() == node;
            if !stands {
                let last = report.fencing_history.iter().rev().find(|f| is_of_node(&f.target));
                let message = last.map(|f| f.outcome.to_string()).unwrap_or_default();
                return Ok(FenceReply { done: true, message });
            }
            if tokio::time::Instant::now() >= deadline {
                let stuck = report.fencing_now.iter().find(|f| is_of_node(&f.target));
                let unclean = report
                    .nodes
                    .iter()
                    .any(|n| is_of_node(&n.name) && n.state == NodeCondition::Unclean);
                let mut message = stuck
                    .map_or_else(|| "no verdict yet".to_owned(), |stuck| stuck.phase.to_string());
                if unclean {
                    message.push_str("; the node stays unclean, and is tried again");
                }
                return Ok(FenceReply { done: false, message });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::has_group;

    #[test]
    fn members_of_the_group_beside_their_own_administer_too() {
        let status = "Name:\trota\nUid:\t1000\t1001\t1000\t1000\nGid:\t100\t100\t100\t100\n\
                      Groups:\t27 105 \nVmPeak:\t105 kB\n";
        assert!(has_group(status, 1001, 105));
        assert!(!has_group(status, 1001, 106), "not in it");
        assert!(!has_group(status, 1000, 105), "another user has the number now");
        assert!(!has_group("", 1001, 105));
    }
}

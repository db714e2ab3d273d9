//! The other nodes: one stream of messages to each, over mutual TLS on the best link.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use rota_ids::{LinkId, NodeId};
use rota_node::Event;
use rota_node::entry::Member;
use rota_node::message::Message;
use rota_settings::{Directory, Settings, node_of_certificate, server_name};
use rota_wire::join::join_server::JoinServer;
use rota_wire::peer::envelope::Body;
use rota_wire::peer::peer_client::PeerClient;
use rota_wire::peer::peer_server::{Peer, PeerServer};
use rota_wire::peer::{Delivered, Envelope};
use tokio::sync::{mpsc, watch};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};

use crate::join::Door;
use crate::node_loop::{Input, Inputs};

/// Messages that may wait for one peer. Beyond it they are dropped: raft and orders are repeated,
/// and a peer that far behind is lost anyway.
const QUEUE_MAX: usize = 4_096;

/// A connection that is not there after this long is tried anew, perhaps on another link.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);

/// Between two tries.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// The largest message between nodes; a snapshot is the largest there is.
const MESSAGE_MAX: usize = rota_replica::limits::MESSAGE_BYTES_MAX;

/// One link to a peer.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Way {
    to: SocketAddr,
    /// Our own address on that link, when it must be said.
    from: Option<IpAddr>,
}

/// Streams to all peers.
pub struct Peers {
    me: NodeId,
    tls: ClientTlsConfig,
    /// From where each link is used, when that must be said.
    bind: Vec<SocketAddr>,
    inputs: Inputs,
    lines: Mutex<BTreeMap<NodeId, Line>>,
}

struct Line {
    addresses: Vec<SocketAddr>,
    queue: mpsc::Sender<Envelope>,
    target: watch::Sender<Option<Way>>,
}

impl Peers {
    /// No peers yet; those of the roster file are met at once.
    ///
    /// # Errors
    /// When this node's certificates cannot be read.
    pub fn new(directory: &Directory, settings: &Settings, inputs: Inputs) -> Result<Self> {
        let identity = directory.identity()?;
        let tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(directory.authority()?.certificate))
            .identity(Identity::from_pem(identity.certificate, identity.key));
        let peers = Self {
            me: settings.node_id,
            tls,
            bind: settings.bind.clone(),
            inputs,
            lines: Mutex::default(),
        };
        let known: Vec<Member> = directory
            .roster()?
            .members
            .into_iter()
            .map(|member| Member {
                id: member.node_id,
                name: member.name.as_str().into(),
                links: member.links,
            })
            .collect();
        peers.meet(&known);
        Ok(peers)
    }

    /// These are the nodes now.
    pub fn meet(&self, members: &[Member]) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.retain(|node, _| members.iter().any(|member| member.id == *node));
        for member in members.iter().filter(|member| member.id != self.me) {
            if lines.get(&member.id).is_some_and(|line| line.addresses == member.links) {
                continue;
            }
            let (queue, waiting) = mpsc::channel(QUEUE_MAX);
            let (target, aim) = watch::channel(self.way(&member.links, LinkId(0)));
            let line = Line { addresses: member.links.clone(), queue, target };
            lines.insert(member.id, line);
            let tls = self.tls.clone().domain_name(server_name(member.id));
            tokio::spawn(keep_line(member.id, tls, waiting, aim, self.inputs.clone()));
        }
    }

    /// Another link to a peer is the best one now.
    pub fn use_link(&self, peer: NodeId, link: Option<LinkId>) {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(line), Some(link)) = (lines.get(&peer), link) {
            let way = self.way(&line.addresses, link);
            line.target.send_if_modified(|target| {
                let changed = way.is_some() && *target != way;
                if changed {
                    *target = way;
                }
                changed
            });
        }
    }

    fn way(&self, addresses: &[SocketAddr], link: LinkId) -> Option<Way> {
        let link = usize::from(link.0);
        let from = self.bind.get(link).map(SocketAddr::ip);
        addresses.get(link).map(|&to| Way { to, from })
    }

    /// Sends a raft message.
    pub fn send_raft(&self, to: NodeId, message: Vec<u8>) {
        self.put(to, Body::Raft(message));
    }

    /// Sends another message.
    pub fn send(&self, to: NodeId, message: &Message) {
        match message.encode() {
            Ok(bytes) => self.put(to, Body::Node(bytes)),
            Err(error) => tracing::error!(%error, "message cannot be written"),
        }
    }

    fn put(&self, to: NodeId, body: Body) {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(&to) {
            // Full: the peer is far behind or gone; see QUEUE_MAX.
            let _ = line.queue.try_send(Envelope { from: self.me.0, body: Some(body) });
        }
    }
}

/// Keeps one stream to a peer open, on whatever link is best.
async fn keep_line(
    peer: NodeId,
    tls: ClientTlsConfig,
    mut waiting: mpsc::Receiver<Envelope>,
    mut aim: watch::Receiver<Option<Way>>,
    inputs: Inputs,
) {
    loop {
        let target = *aim.borrow_and_update();
        if let Some(way) = target
            && let Ok(client) = connect(way, tls.clone()).await
        {
            tracing::debug!(%peer, address = %way.to, "connected");
            if !talk(client, &mut waiting, &mut aim).await {
                return;
            }
        }
        inputs.send(Input::Event(Event::Unreachable(peer)));
        // What waited is out of date by the time a connection comes about.
        while waiting.try_recv().is_ok() {}
        if waiting.is_closed() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(RETRY_AFTER) => {}
            changed = aim.changed() => if changed.is_err() { return },
        }
    }
}

async fn connect(
    way: Way,
    tls: ClientTlsConfig,
) -> Result<PeerClient<tonic::transport::Channel>, tonic::transport::Error> {
    let channel = Endpoint::from_shared(format!("https://{}", way.to))?
        .tls_config(tls)?
        .local_address(way.from)
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(Duration::from_secs(5))
        .connect()
        .await?;
    Ok(PeerClient::new(channel).max_encoding_message_size(MESSAGE_MAX))
}

/// Forwards what waits until the stream breaks or another link is better. Whether the peer is
/// still wanted.
async fn talk(
    mut client: PeerClient<tonic::transport::Channel>,
    waiting: &mut mpsc::Receiver<Envelope>,
    aim: &mut watch::Receiver<Option<Way>>,
) -> bool {
    let (into_stream, stream) = mpsc::channel(64);
    let call = client.deliver(ReceiverStream::new(stream));
    let mut call = std::pin::pin!(call);
    loop {
        tokio::select! {
            _ = &mut call => return true,
            changed = aim.changed() => return changed.is_ok(),
            envelope = waiting.recv() => match envelope {
                Some(envelope) => tokio::select! {
                    _ = &mut call => return true,
                    sent = into_stream.send(envelope) => if sent.is_err() { return true },
                },
                None => return false,
            },
        }
    }
}

/// Listens to peers and newcomers on all links.
///
/// # Errors
/// When this node's certificates cannot be read.
pub fn serve(directory: &Directory, settings: &Settings, inputs: Inputs) -> Result<()> {
    let identity = directory.identity()?;
    let authority = directory.authority()?;
    let tls = ServerTlsConfig::new()
        .identity(Identity::from_pem(identity.certificate, identity.key))
        .client_ca_root(Certificate::from_pem(&authority.certificate))
        // A newcomer has no certificate yet. Peers are checked in `Ears`.
        .client_auth_optional(true);
    for &address in settings.listen() {
        let ears =
            PeerServer::new(Ears { inputs: inputs.clone() }).max_decoding_message_size(MESSAGE_MAX);
        let door = JoinServer::new(Door {
            inputs: inputs.clone(),
            directory: directory.clone(),
            cluster: settings.cluster.clone(),
        });
        let server = Server::builder()
            .tls_config(tls.clone())
            .context("this node's certificate")?
            .tcp_nodelay(true)
            .add_service(ears)
            .add_service(door);
        tokio::spawn(async move {
            loop {
                if let Err(error) = server.clone().serve(address).await {
                    tracing::warn!(%address, ?error, "cannot listen; trying again");
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        });
    }
    Ok(())
}

struct Ears {
    inputs: Inputs,
}

#[tonic::async_trait]
impl Peer for Ears {
    async fn deliver(
        &self,
        request: Request<Streaming<Envelope>>,
    ) -> Result<Response<Delivered>, Status> {
        let from = caller(&request)?;
        let mut stream = request.into_inner();
        while let Some(envelope) = stream.next().await {
            let envelope = envelope?;
            if envelope.from != from.0 {
                return Err(Status::permission_denied("you are somebody else"));
            }
            let event = match envelope.body {
                Some(Body::Raft(message)) => Event::Raft { from, message },
                Some(Body::Node(bytes)) => match Message::decode(&bytes) {
                    Ok(message) => Event::Peer { from, message },
                    Err(error) => {
                        tracing::warn!(%from, %error, "message not understood");
                        continue;
                    }
                },
                // A newer peer says something that we do not know yet.
                None => continue,
            };
            self.inputs.send(Input::Event(event));
        }
        Ok(Response::new(Delivered {}))
    }
}

/// Who calls, by the certificate that our authority gave.
fn caller<T>(request: &Request<T>) -> Result<NodeId, Status> {
    request
        .peer_certs()
        .as_ref()
        .and_then(|chain| chain.first())
        .and_then(|certificate| node_of_certificate(certificate.as_ref()))
        .ok_or_else(|| Status::unauthenticated("only nodes of this cluster may talk to nodes"))
}

//! The daemon on this host, reached by its socket.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use rota_cib::change::{Change, NewValue};
use rota_cib::{Cib, Version, xml};
use rota_node::report::StatusReport;
use rota_wire::admin::admin_client::AdminClient;
use rota_wire::admin::{
    ChangeReply, ChangeRequest, CibRequest, FenceRequest, PrivateAttribute, PrivateRequest,
    RemoveNodeRequest, SetPrivateRequest, StatusRequest, StopRequest, TokenRequest, WaitRequest,
};
use tokio::net::UnixStream;
use tokio::runtime::Runtime;
use tonic::transport::{Channel, Endpoint, Uri};
use tower::service_fn;

use crate::error::Error;

const MESSAGE_MAX: usize = 256 << 20;

const SHADOW: &str = "CIB_shadow is set, and there are no shadow copies here: this would act on the \
                      cluster itself. Unset it, or work on a file that CIB_file names";

/// Where the daemon listens: `ROTA_SOCKET`, or the usual place.
pub fn socket_path() -> PathBuf {
    std::env::var_os("ROTA_SOCKET").map_or_else(|| "/run/rota/rota.sock".into(), PathBuf::from)
}

/// Whether a CIB is to hold what agents did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Histories {
    /// It is.
    Wanted,
    /// It need not; it then is much smaller.
    LeftOut,
}

/// A connection to the daemon; each call waits for its answer.
pub struct Client {
    runtime: Runtime,
    admin: AdminClient<Channel>,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens, or this user may not.
    pub fn connect() -> Result<Self, Error> {
        // Whoever works on a shadow copy believes that nothing happens to the cluster.
        if std::env::var_os("CIB_shadow").is_some_and(|name| !name.is_empty()) {
            return Err(Error::Refused(SHADOW.to_owned()));
        }
        Self::connect_to(&socket_path())
    }

    /// Connects to the daemon that listens there.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub fn connect_to(path: &Path) -> Result<Self, Error> {
        let path = path.to_owned();
        let shown = path.display().to_string();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::File(format!("cannot start: {error}")))?;
        let connect = service_fn(move |_: Uri| {
            let path = path.clone();
            async move { UnixStream::connect(path).await.map(TokioIo::new) }
        });
        let channel = runtime
            .block_on(async {
                // The name is not looked up: the connector knows its socket.
                Endpoint::from_static("http://rotad").connect_with_connector(connect).await
            })
            .map_err(|error| no_daemon(&shown, &error))?;
        let admin = AdminClient::new(channel)
            .max_decoding_message_size(MESSAGE_MAX)
            .max_encoding_message_size(MESSAGE_MAX);
        Ok(Self { runtime, admin })
    }

    /// What the cluster looks like from here.
    ///
    /// # Errors
    /// When the daemon cannot answer.
    pub fn status(&mut self) -> Result<StatusReport, Error> {
        serde_json::from_str(&self.status_json()?)
            .map_err(|error| Error::Refused(format!("the daemon's answer is odd: {error}")))
    }

    /// The same as the daemon writes it.
    ///
    /// # Errors
    /// When the daemon cannot answer.
    pub fn status_json(&mut self) -> Result<String, Error> {
        let reply = self.runtime.block_on(self.admin.status(StatusRequest {})).map_err(answer)?;
        Ok(reply.into_inner().json)
    }

    /// The CIB as XML.
    ///
    /// # Errors
    /// When the daemon cannot answer.
    pub fn cib_xml(&mut self) -> Result<Vec<u8>, Error> {
        let reply = self.runtime.block_on(self.admin.cib(CibRequest::default())).map_err(answer)?;
        Ok(reply.into_inner().xml)
    }

    /// The CIB.
    ///
    /// # Errors
    /// When the daemon cannot answer.
    pub fn cib(&mut self) -> Result<Cib, Error> {
        self.cib_and_name(Histories::Wanted).map(|(cib, _)| cib)
    }

    /// The CIB, and the name of the node that answers.
    ///
    /// # Errors
    /// When the daemon cannot answer.
    pub fn cib_and_name(&mut self, histories: Histories) -> Result<(Cib, String), Error> {
        let request = CibRequest { without_history: histories == Histories::LeftOut };
        let reply = self.runtime.block_on(self.admin.cib(request)).map_err(answer)?;
        let reply = reply.into_inner();
        let cib = xml::read(&reply.xml)
            .map_err(|error| Error::Refused(format!("the daemon's CIB cannot be read: {error}")))?;
        Ok((cib, reply.via))
    }

    /// Asks for a change and waits until it is committed.
    ///
    /// # Errors
    /// When it is refused, or the cluster has no quorum.
    pub fn change(&mut self, change: &Change) -> Result<Version, Error> {
        let change = rmp_serde::to_vec_named(change).map_err(unwritten)?;
        let request = ChangeRequest { change };
        let reply = self.runtime.block_on(self.admin.change(request)).map_err(answer)?;
        version(reply.into_inner())
    }

    /// Writes a private attribute and waits until that is committed.
    ///
    /// # Errors
    /// As [`Client::change`].
    pub fn set_private(
        &mut self,
        node: &str,
        name: &str,
        value: &NewValue,
    ) -> Result<Version, Error> {
        let value = rmp_serde::to_vec_named(value).map_err(unwritten)?;
        let request = SetPrivateRequest { node: node.to_owned(), name: name.to_owned(), value };
        let reply = self.runtime.block_on(self.admin.set_private(request)).map_err(answer)?;
        version(reply.into_inner())
    }

    /// The private attributes of all nodes, by node and name.
    ///
    /// # Errors
    /// When the daemon cannot answer.
    pub fn private(&mut self) -> Result<Vec<PrivateAttribute>, Error> {
        let reply = self.runtime.block_on(self.admin.private(PrivateRequest {})).map_err(answer)?;
        Ok(reply.into_inner().attributes)
    }

    /// Waits until there is nothing left to do.
    ///
    /// # Errors
    /// When that has not come about in time; the text says what is still going on.
    pub fn wait_idle(&mut self, patience: Duration) -> Result<(), Error> {
        let timeout_ms = millis(patience);
        let reply = self
            .runtime
            .block_on(self.admin.wait_idle(WaitRequest { timeout_ms }))
            .map_err(answer)?
            .into_inner();
        if reply.idle {
            return Ok(());
        }
        let pending = if reply.pending.is_empty() {
            "the DC knows what; this node does not".to_owned()
        } else {
            reply.pending
        };
        Err(Error::TimedOut(format!("still going on: {pending}")))
    }

    /// Has a node fenced, or confirms by hand that it is off. What came of it.
    ///
    /// # Errors
    /// When it is refused, or was not done in time.
    pub fn fence(&mut self, node: &str, action: &str, patience: Duration) -> Result<String, Error> {
        let request = FenceRequest {
            node: node.to_owned(),
            action: action.to_owned(),
            timeout_ms: millis(patience),
        };
        let reply = self.runtime.block_on(self.admin.fence(request)).map_err(answer)?.into_inner();
        if reply.done { Ok(reply.message) } else { Err(Error::Refused(reply.message)) }
    }

    /// A new join line.
    ///
    /// # Errors
    /// When the cluster has no quorum.
    pub fn token(&mut self, valid: Duration) -> Result<String, Error> {
        let request = TokenRequest { valid_seconds: valid.as_secs() };
        let reply = self.runtime.block_on(self.admin.token(request)).map_err(answer)?;
        Ok(reply.into_inner().join_line)
    }

    /// Asks the node to empty itself and leave.
    ///
    /// # Errors
    /// When that is refused.
    pub fn stop(&mut self) -> Result<(), Error> {
        let request = StopRequest { now: false };
        let reply = self.runtime.block_on(self.admin.stop(request)).map_err(answer)?.into_inner();
        if reply.stopped { Ok(()) } else { Err(Error::Refused(reply.message)) }
    }

    /// Takes a node out of the cluster for good.
    ///
    /// # Errors
    /// When it is up, unclean or unknown.
    pub fn remove_node(&mut self, node: &str) -> Result<(), Error> {
        let request = RemoveNodeRequest { node: node.to_owned() };
        let reply =
            self.runtime.block_on(self.admin.remove_node(request)).map_err(answer)?.into_inner();
        if reply.done { Ok(()) } else { Err(Error::Refused(reply.message)) }
    }
}

fn version(reply: ChangeReply) -> Result<Version, Error> {
    if reply.refused.contains(rota_cib::change::STALE) {
        return Err(Error::Stale(reply.refused));
    }
    if !reply.refused.is_empty() {
        return Err(Error::Refused(reply.refused));
    }
    Ok(Version {
        admin_epoch: reply.admin_epoch,
        epoch: reply.epoch,
        num_updates: reply.num_updates,
    })
}

fn unwritten(error: rmp_serde::encode::Error) -> Error {
    Error::Refused(format!("the change cannot be written: {error}"))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn no_daemon(socket: &str, error: &dyn std::error::Error) -> Error {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    Error::NoDaemon(format!(
        "rotad does not answer at {socket} ({deepest}). Start it with 'rota cluster start', or \
         look into its log"
    ))
}

fn answer(status: tonic::Status) -> Error {
    match status.code() {
        tonic::Code::Unavailable => Error::NoDaemon(status.message().to_owned()),
        _ => Error::Refused(status.message().to_owned()),
    }
}
